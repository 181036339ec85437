//! Small program files made by hand, for tests that damage them.

#![allow(dead_code, reason = "each test file uses its own part of this")]

pub mod cores;

/// Bytes that are written field by field.
#[derive(Clone, Default)]
pub struct File(pub Vec<u8>);

impl File {
    /// Writes `bytes` at `offset`, growing the file as needed.
    pub fn put(mut self, offset: usize, bytes: &[u8]) -> File {
        let end = offset + bytes.len();
        if self.0.len() < end {
            self.0.resize(end, 0);
        }
        self.0[offset..end].copy_from_slice(bytes);
        self
    }

    /// Writes a 16-bit word.
    pub fn u16(self, offset: usize, word: u16) -> File {
        self.put(offset, &word.to_le_bytes())
    }

    /// Writes a 32-bit word.
    pub fn u32(self, offset: usize, word: u32) -> File {
        self.put(offset, &word.to_le_bytes())
    }

    /// Writes a 64-bit word.
    pub fn u64(self, offset: usize, word: u64) -> File {
        self.put(offset, &word.to_le_bytes())
    }

    /// Writes a big-endian 32-bit word.
    pub fn be32(self, offset: usize, word: u32) -> File {
        self.put(offset, &word.to_be_bytes())
    }

    /// Cuts the file.
    pub fn cut(mut self, len: usize) -> File {
        self.0.truncate(len);
        self
    }
}

/// Where things are in [`elf`].
pub mod elf_at {
    pub const PROGRAM_HEADERS: usize = 64;
    pub const HEADER_LEN: usize = 56;
    /// Fields of a program header.
    pub const OFFSET: usize = 8;
    pub const ADDR: usize = 16;
    pub const FILE_LEN: usize = 32;
    pub const MEMORY_LEN: usize = 40;
    pub const ALIGN: usize = 48;
    pub const CODE: usize = 0x200;
    pub const NOTE: usize = 0x280;
    pub const DYNAMIC: usize = 0x300;
    pub const NAMES: usize = 0x380;
    pub const SYMBOLS: usize = 0x400;
    pub const SECTIONS: usize = 0x500;
    pub const END: usize = 0x680;

    /// Offset of program header `index`.
    pub const fn header(index: usize) -> usize {
        PROGRAM_HEADERS + index * HEADER_LEN
    }
}

/// An x86-64 ELF program with code, data, a note, a library, thread-local data, sections and symbols, but no mark of a system.
/// Its program headers: code, data, note, dynamic table, thread-local template.
pub fn elf() -> File {
    use elf_at::*;
    let mut file = File::default()
        .put(0, b"\x7fELF\x02\x01\x01\x00")
        .u16(16, 2)
        .u16(18, 62)
        .u32(20, 1)
        .u64(24, 0x40_0200)
        .u64(32, PROGRAM_HEADERS as u64)
        .u64(40, SECTIONS as u64)
        .u16(52, 64)
        .u16(54, 56)
        .u16(56, 5)
        .u16(58, 64)
        .u16(60, 5)
        .u16(62, 2);
    let rows: [(u32, u32, u64, u64, u64, u64, u64); 5] = [
        (1, 5, 0, 0x40_0000, 0x300, 0x300, 0x1000),
        (1, 6, 0x300, 0x40_1300, 0x380, 0x900, 0x1000),
        (4, 4, NOTE as u64, 0x40_0280, 0x18, 0x18, 4),
        (2, 6, DYNAMIC as u64, 0x40_1300, 0x60, 0x60, 8),
        (7, 4, 0x300, 0x40_1300, 0x10, 0x20, 8),
    ];
    for (index, (kind, flags, offset, addr, file_len, memory_len, align)) in rows.into_iter().enumerate() {
        let at = header(index);
        file = file.u32(at, kind).u32(at + 4, flags).u64(at + OFFSET, offset).u64(at + ADDR, addr).u64(at + 24, addr);
        file = file.u64(at + FILE_LEN, file_len).u64(at + MEMORY_LEN, memory_len).u64(at + ALIGN, align);
    }
    file = file.put(CODE, b"\xb8\x3c\0\0\0\x0f\x05\xc3").u32(NOTE, 5).u32(NOTE + 4, 4).u32(NOTE + 8, 9);
    file = file.put(NOTE + 12, b"Maker").u32(NOTE + 20, 1);
    let dynamic: [(u64, u64); 6] = [(1, 1), (5, 0x40_1380), (10, 0x20), (6, 0x40_1400), (4, 0x40_13c0), (0, 0)];
    for (index, (tag, value)) in dynamic.into_iter().enumerate() {
        file = file.u64(DYNAMIC + index * 16, tag).u64(DYNAMIC + index * 16 + 8, value);
    }
    file = file.put(NAMES, b"\0libmine.so\0wanted\0start\0.text\0").u32(0x3c0, 1).u32(0x3c4, 3);
    // Symbols: none, one wanted from a library, one function.
    file = file.u32(SYMBOLS + 24, 12).put(SYMBOLS + 28, &[0x22]);
    file = file
        .u32(SYMBOLS + 48, 19)
        .put(SYMBOLS + 52, &[0x12, 0, 1, 0])
        .u64(SYMBOLS + 56, 0x40_0200)
        .u64(SYMBOLS + 64, 8);
    // Sections: none, code, names, symbols, data that takes no space.
    let sections: [(u32, u32, u64, u64, u64, u64, u32); 4] = [
        (25, 1, 6, 0x40_0200, CODE as u64, 8, 0),
        (0, 3, 0, 0, NAMES as u64, 0x20, 0),
        (0, 2, 0, 0, SYMBOLS as u64, 72, 2),
        (0, 8, 3, 0x40_1700, 0, 0x100, 0),
    ];
    for (index, (name, kind, flags, addr, offset, len, link)) in sections.into_iter().enumerate() {
        let at = SECTIONS + (index + 1) * 64;
        file = file.u32(at, name).u32(at + 4, kind).u64(at + 8, flags).u64(at + 16, addr).u64(at + 24, offset);
        file = file.u64(at + 32, len).u32(at + 40, link);
    }
    file.put(END - 1, &[0])
}

/// An arm64 Mach-O program for macOS: page zero, code with a section, a library, the loader, symbols and a main function.
pub fn macho() -> File {
    let mut file = File::default().u32(0, 0xfeed_facf).u32(4, 0x0100_000c).u32(12, 2).u32(16, 7).u32(24, 0x20_0000);
    let mut at = 32;
    let mut command = |mut file: File, kind: u32, len: u32, fields: &dyn Fn(File, usize) -> File| {
        file = fields(file.u32(at, kind).u32(at + 4, len), at);
        at += len as usize;
        file.put(at - 1, &[0])
    };
    file = command(file, 0x19, 72, &|file, at| file.put(at + 8, b"__PAGEZERO").u64(at + 32, 1 << 32));
    file = command(file, 0x19, 152, &|file, at| {
        let file = file.put(at + 8, b"__TEXT").u64(at + 24, 1 << 32).u64(at + 32, 0x4000).u64(at + 48, 0x400);
        let file = file.u32(at + 56, 5).u32(at + 60, 5).u32(at + 64, 1).put(at + 72, b"__text").put(at + 88, b"__TEXT");
        file.u64(at + 104, (1 << 32) + 0x300).u64(at + 112, 8).u32(at + 120, 0x300)
    });
    file = command(file, 0x0e, 32, &|file, at| file.u32(at + 8, 12).put(at + 12, b"/usr/lib/dyld"));
    file = command(file, 0x0c, 56, &|file, at| file.u32(at + 8, 24).put(at + 24, b"/usr/lib/libSystem.B.dylib"));
    file = command(file, 0x32, 24, &|file, at| file.u32(at + 8, 1).u32(at + 12, 13 << 16).u32(at + 16, 15 << 16));
    file = command(file, 0x02, 24, &|file, at| {
        file.u32(at + 8, 0x380).u32(at + 12, 2).u32(at + 16, 0x3c0).u32(at + 20, 0x20)
    });
    file = command(file, 0x8000_0028, 24, &|file, at| file.u64(at + 8, 0x300));
    let commands_len = at as u32 - 32;
    file = file.u32(20, commands_len).put(0x300, &[0xc0, 0x03, 0x5f, 0xd6]);
    file = file.u32(0x380, 1).put(0x384, &[0x0f, 1]).u64(0x388, (1 << 32) + 0x300);
    file = file.u32(0x390, 7).put(0x394, &[0x01, 0, 0, 1]);
    file.put(0x3c0, b"\0_main\0_exit\0").put(0x3ff, &[0])
}

/// A universal file with [`macho`] for arm64 and a program for a CPU nobody knows.
pub fn universal() -> File {
    let program = macho();
    let mut file = File::default().be32(0, 0xcafe_babe).be32(4, 2);
    file = file.be32(8, 0x0100_000c).be32(16, 0x1000).be32(20, program.0.len() as u32).be32(24, 12);
    file = file.be32(28, 99).be32(36, 0x2000).be32(40, 0x10).be32(44, 12);
    file.put(0x1000, &program.0).put(0x200f, &[0])
}

/// An APE file whose script prints the header of an x86-64 program.
pub fn ape() -> File {
    let header = File::default()
        .put(0, b"\x7fELF\x02\x01\x01\x09")
        .u16(16, 2)
        .u16(18, 62)
        .u32(20, 1)
        .u64(24, 0x40_1000)
        .u64(32, 0x800)
        .u16(52, 64)
        .u16(54, 56)
        .u16(56, 1)
        .put(63, &[0]);
    let mut script = b"MZqFpD='\nexec 7<> x\nprintf '".to_vec();
    for byte in header.0 {
        script.extend(format!("\\{byte:o}").bytes());
    }
    script.extend(b"' >&7\n");
    let file = File::default().put(0, &script).u32(0x800, 1).u32(0x804, 5).u64(0x808, 0x1000).u64(0x810, 0x40_1000);
    file.u64(0x820, 8).u64(0x828, 8).u64(0x830, 0x1000).put(0x1000, b"\xb8\x3c\0\0\0\x0f\x05\xc3")
}

/// All samples by name.
pub fn all() -> Vec<(&'static str, File)> {
    vec![("elf", elf()), ("macho", macho()), ("universal", universal()), ("ape", ape())]
}

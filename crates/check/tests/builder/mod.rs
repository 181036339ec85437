//! ELF files written by hand: segments, sections and symbols, nothing a test does not say.

#![allow(dead_code, missing_docs, reason = "each test file uses its own part of this")]

use ashore_base::{Addr, Os};
use ashore_check::{Files, Machine, Platform, Subject, Target, check};

/// `p_flags`.
pub const R: u32 = 4;
pub const RW: u32 = 6;
pub const RX: u32 = 5;
pub const RWX: u32 = 7;
/// `e_machine`.
pub const X86_64: u16 = 62;
pub const AARCH64: u16 = 183;
/// `st_info`: functions, local, global and weak.
pub const LOCAL: u8 = 0x02;
pub const GLOBAL: u8 = 0x12;
pub const WEAK: u8 = 0x22;

struct Segment {
    flags: u32,
    addr: u64,
    bytes: Vec<u8>,
    zeroes: u64,
    offset_skew: u64,
}

struct Section {
    name: &'static str,
    addr: u64,
    len: u64,
    flags: u64,
    is_zero_fill: bool,
    align: u64,
}

/// An ELF file to be.
pub struct Elf {
    machine: u16,
    os_abi: u8,
    kind: u16,
    entry: u64,
    segments: Vec<Segment>,
    sections: Vec<Section>,
    symbols: Vec<(&'static str, u64, u64, u8)>,
    others: Vec<(u32, u32, Vec<u8>)>,
}

impl Elf {
    /// A program with code at `addr`, which is also its entry and its only function.
    pub fn new(machine: u16, addr: u64, code: &[u8]) -> Elf {
        let elf = Elf {
            machine,
            os_abi: 0,
            kind: 2,
            entry: addr,
            segments: Vec::new(),
            sections: Vec::new(),
            symbols: Vec::new(),
            others: Vec::new(),
        };
        elf.segment(RX, addr, code, 0).symbol("start", addr, code.len() as u64, GLOBAL)
    }

    /// The same from words of AArch64.
    pub fn a64(addr: u64, words: &[u32]) -> Elf {
        let code: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        Elf::new(AARCH64, addr, &code)
    }

    pub fn segment(mut self, flags: u32, addr: u64, bytes: &[u8], zeroes: u64) -> Elf {
        self.segments.push(Segment { flags, addr, bytes: bytes.to_vec(), zeroes, offset_skew: 0 });
        self
    }

    /// Moves the last segment's bytes in the file by this much.
    pub fn skewed(mut self, by: u64) -> Elf {
        self.segments.last_mut().unwrap().offset_skew = by;
        self
    }

    pub fn section(mut self, name: &'static str, addr: u64, len: u64, align: u64) -> Elf {
        self.sections.push(Section { name, addr, len, flags: 2, is_zero_fill: false, align });
        self
    }

    /// A writable section, of zero fill when its name says so.
    pub fn data(mut self, name: &'static str, addr: u64, len: u64) -> Elf {
        self.sections.push(Section { name, addr, len, flags: 3, is_zero_fill: name.contains("bss"), align: 8 });
        self
    }

    pub fn symbol(mut self, name: &'static str, addr: u64, len: u64, info: u8) -> Elf {
        self.symbols.push((name, addr, len, info));
        self
    }

    /// Another program header with its bytes.
    pub fn header(mut self, kind: u32, flags: u32, bytes: &[u8]) -> Elf {
        self.others.push((kind, flags, bytes.to_vec()));
        self
    }

    pub fn os_abi(mut self, value: u8) -> Elf {
        self.os_abi = value;
        self
    }

    /// The file.
    pub fn build(&self) -> Vec<u8> {
        const PAGE: u64 = 0x1_0000;
        let count = self.segments.len() + self.others.len();
        let mut file = vec![0u8; 64 + count * 56];
        file[..8].copy_from_slice(b"\x7fELF\x02\x01\x01\0");
        file[7] = self.os_abi;
        put(&mut file, 16, &self.kind.to_le_bytes());
        put(&mut file, 18, &self.machine.to_le_bytes());
        put(&mut file, 20, &1u32.to_le_bytes());
        put(&mut file, 24, &self.entry.to_le_bytes());
        put(&mut file, 32, &64u64.to_le_bytes());
        put(&mut file, 52, &64u16.to_le_bytes());
        put(&mut file, 54, &56u16.to_le_bytes());
        put(&mut file, 56, &(count as u16).to_le_bytes());
        let mut at = 64;
        for segment in &self.segments {
            let start = (file.len() as u64).next_multiple_of(PAGE) + segment.addr % PAGE + segment.offset_skew;
            let len = segment.bytes.len() as u64;
            put(&mut file, start as usize, &segment.bytes);
            let row = [start, segment.addr, segment.addr, len, len + segment.zeroes, PAGE];
            header(&mut file, at, 1, segment.flags, &row);
            at += 56;
        }
        for (kind, flags, bytes) in &self.others {
            let start = (file.len() as u64).next_multiple_of(8);
            put(&mut file, start as usize, bytes);
            let len = bytes.len() as u64;
            header(&mut file, at, *kind, *flags, &[start, 0, 0, len, len, 4]);
            at += 56;
        }
        self.tables(&mut file);
        file
    }

    /// Sections and symbols.
    fn tables(&self, file: &mut Vec<u8>) {
        let mut names = b"\0.symtab\0.strtab\0".to_vec();
        let mut name = |text: &str| {
            let at = names.len() as u32;
            names.extend(text.bytes().chain([0]));
            at
        };
        let mut symbols = vec![0u8; 24];
        for &(text, addr, len, info) in &self.symbols {
            symbols.extend(name(text).to_le_bytes());
            symbols.extend([info, 0, 1, 0]);
            symbols.extend(addr.to_le_bytes());
            symbols.extend(len.to_le_bytes());
        }
        let mut rows: Vec<[u64; 7]> = vec![[0; 7]];
        for section in &self.sections {
            let kind = if section.is_zero_fill { 8 } else { 1 };
            let at = u64::from(name(section.name));
            rows.push([at | kind << 32, section.flags, section.addr, 0x40, section.len, 0, section.align]);
        }
        let symbols_at = file.len().next_multiple_of(8);
        put(file, symbols_at, &symbols);
        let names_at = file.len();
        file.extend(&names);
        let names_index = rows.len() as u64 + 1;
        rows.push([1 | 2 << 32, 0, 0, symbols_at as u64, symbols.len() as u64, names_index, 8]);
        rows.push([9 | 3 << 32, 0, 0, names_at as u64, names.len() as u64, 0, 1]);
        let table_at = file.len().next_multiple_of(8);
        for (index, row) in rows.iter().enumerate() {
            let bytes: Vec<u8> = row.iter().flat_map(|word| word.to_le_bytes()).collect();
            put(file, table_at + index * 64, &bytes);
            put(file, table_at + index * 64 + 63, &[0]);
        }
        put(file, 40, &(table_at as u64).to_le_bytes());
        put(file, 58, &64u16.to_le_bytes());
        put(file, 60, &(rows.len() as u16).to_le_bytes());
        put(file, 62, &(names_index as u16).to_le_bytes());
    }
}

fn header(file: &mut Vec<u8>, at: usize, kind: u32, flags: u32, row: &[u64; 6]) {
    put(file, at, &kind.to_le_bytes());
    put(file, at + 4, &flags.to_le_bytes());
    for (index, word) in row.iter().enumerate() {
        put(file, at + 8 + index * 8, &word.to_le_bytes());
    }
}

fn put(file: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if file.len() < at + bytes.len() {
        file.resize(at + bytes.len(), 0);
    }
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

/// The names of the findings in `file` on a machine.
pub fn on_machine(file: &[u8], name: &str) -> Vec<String> {
    slugs(&text_on_machine(file, name))
}

/// The findings in `file` on a machine, as a person reads them.
pub fn text_on_machine(file: &[u8], name: &str) -> Vec<String> {
    let machine = Machine::named(name, None).unwrap();
    let parsed = ashore_formats::read_bare(file).unwrap();
    let subject = Subject::new(&parsed, &parsed.parts[0]).loaded_by(&machine);
    check(&subject, Target::Machine(&machine)).iter().map(ToString::to_string).collect()
}

/// The same for a raw image.
pub fn raw_on_machine(file: &[u8], name: &str) -> Vec<String> {
    let machine = Machine::named(name, None).unwrap();
    let parsed = ashore_formats::read_raw(file, machine.cpu, Addr(machine.loading.raw_base)).unwrap();
    let subject = Subject::new(&parsed, &parsed.parts[0]).loaded_by(&machine);
    slugs(&check(&subject, Target::Machine(&machine)).iter().map(ToString::to_string).collect::<Vec<_>>())
}

/// The findings under a system.
pub fn text_on_system(file: &[u8], os: Os, files: Option<&dyn Files>) -> Vec<String> {
    let parsed = ashore_formats::read(file).unwrap();
    let subject = Subject::new(&parsed, &parsed.parts[0]);
    check(&subject, Target::System(Platform { os, files })).iter().map(ToString::to_string).collect()
}

/// Their names.
pub fn on_system(file: &[u8], os: Os) -> Vec<String> {
    slugs(&text_on_system(file, os, None))
}

/// The names in texts.
pub fn slugs(texts: &[String]) -> Vec<String> {
    let slug = |text: &String| Some(text.split_once('(')?.1.split_once(')')?.0.to_owned());
    texts.iter().filter_map(slug).collect()
}

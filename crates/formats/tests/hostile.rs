//! Damaged files get one report that says where.

mod samples;

use samples::{File, ape, elf, elf_at::*, macho, universal};

/// What is wrong, the file, the diagnosis and the offset it must name.
type Case = (&'static str, File, &'static str, u64);

fn check(cases: Vec<Case>) {
    for (name, file, slug, offset) in cases {
        let report = match ashore_formats::read(&file.0) {
            Ok(_) => panic!("{name}: was accepted"),
            Err(report) => report,
        };
        assert_eq!((report.diagnosis.slug, report.place.offset), (slug, Some(offset)), "{name}: {report}");
        assert_eq!(report.exit_status(), Some(126), "{name}");
    }
}

#[test]
fn elf_headers() {
    check(vec![
        ("empty", File::default(), "unknown-format", 0),
        ("text", File::default().put(0, b"hello, world\n"), "unknown-format", 0),
        ("only the magic", elf().cut(4), "truncated", 0),
        ("half a header", elf().cut(40), "truncated", 0),
        ("32-bit", elf().put(4, &[1]), "unsupported-layout", 4),
        ("big-endian", elf().put(5, &[2]), "unsupported-layout", 5),
        ("version 2", elf().put(6, &[2]), "unsupported-layout", 6),
        ("object file", elf().u16(16, 1), "not-a-program", 16),
        ("core dump", elf().u16(16, 4), "not-a-program", 16),
        ("no such type", elf().u16(16, 77), "malformed", 16),
        ("32-bit ARM", elf().u16(18, 40), "unsupported-cpu", 18),
        ("unknown CPU", elf().u16(18, 0x7777), "unsupported-cpu", 18),
        ("no program headers", elf().u16(56, 0), "not-a-program", 56),
        ("65535 program headers", elf().u16(56, 0xffff), "malformed", 54),
        ("short program headers", elf().u16(54, 32), "malformed", 54),
        ("program headers beyond the end", elf().u64(32, 0x10_0000), "truncated", 0x10_0000),
        ("program headers wrap around", elf().u64(32, u64::MAX - 8), "truncated", u64::MAX - 8),
        ("entry in data", elf().u64(24, 0x40_1300), "entry-outside", 24),
        ("entry nowhere", elf().u64(24, 0x1234), "entry-outside", 24),
    ]);
}

#[test]
fn elf_segments() {
    let (code, data) = (header(0), header(1));
    let at = |offset: usize| offset as u64;
    check(vec![
        ("no segments", elf().u32(code, 0).u32(data, 0), "not-a-program", at(PROGRAM_HEADERS)),
        (
            "overlap",
            elf().u64(data + ADDR, 0x40_0300 - 0x1000 + 0x1000 - 0x100).u64(data + OFFSET, 0x200),
            "segments-overlap",
            at(PROGRAM_HEADERS),
        ),
        ("more file than memory", elf().u64(code + FILE_LEN, 0x301), "segment-range", at(code)),
        ("past the end of the file", elf().u64(data + FILE_LEN, 0x900), "truncated", at(data)),
        ("offset wraps around", elf().u64(data + OFFSET, u64::MAX - 0xff), "truncated", at(data)),
        ("address wraps around", elf().u64(data + ADDR, u64::MAX - 0x100), "segment-range", at(data)),
        ("kernel address", elf().u64(data + ADDR, 0xffff_8000_0000_0300), "segment-range", at(data)),
        ("huge memory", elf().u64(data + MEMORY_LEN, 1 << 45), "segment-range", at(data)),
        ("memory of everything", elf().u64(data + MEMORY_LEN, u64::MAX), "segment-range", at(data)),
        ("cannot be mapped", elf().u64(data + ADDR, 0x40_1310), "segment-range", at(data)),
        ("alignment 3", elf().u64(data + ALIGN, 3), "segment-range", at(data)),
        ("alignment of half of everything", elf().u64(data + ALIGN, 1 << 63), "segment-range", at(data)),
        ("template past the end", elf().u64(header(4) + OFFSET, 1 << 40), "truncated", 1 << 40),
        ("template too long", elf().u64(header(4) + FILE_LEN, 0x21), "segment-range", at(header(4))),
        ("dynamic table past the end", elf().u64(header(3) + FILE_LEN, 1 << 30), "truncated", at(DYNAMIC)),
        ("interpreter without end", elf().u32(header(2), 3), "malformed", at(NOTE)),
        ("library without name", elf().u64(DYNAMIC + 8, 0x1000), "malformed", at(DYNAMIC)),
    ]);
}

#[test]
fn damage_that_no_loader_depends_on_is_a_remark() {
    let cases = [
        ("sections beyond the end", elf().u64(40, 1 << 40)),
        ("a million sections", elf().u16(60, 0).u64(SECTIONS + 32, 1 << 20)),
        ("a note past its end", elf().u32(NOTE + 4, 0x1000)),
    ];
    for (name, file) in cases {
        let parsed = ashore_formats::read(&file.0).unwrap_or_else(|report| panic!("{name}: {report}"));
        assert_eq!(parsed.remarks.len(), 1, "{name}");
    }
}

#[test]
fn mach_o() {
    check(vec![
        ("half a header", macho().cut(20), "truncated", 0),
        ("unknown CPU", macho().u32(4, 0x55), "unsupported-cpu", 4),
        ("object file", macho().u32(12, 1), "not-a-program", 12),
        ("no such type", macho().u32(12, 0x99), "malformed", 12),
        ("commands past the end", macho().u32(20, 0x1000), "truncated", 32),
        ("a command of no length", macho().u32(36, 0), "malformed", 32),
        ("a command of odd length", macho().u32(36, 71), "malformed", 32),
        ("a command too long", macho().u32(36, 0x1000), "malformed", 32),
        ("more commands than there are", macho().u32(16, 9), "malformed", 32 + 384),
        ("sections past the command", macho().u32(32 + 72 + 64, 2), "malformed", 32 + 72),
        ("segment past the end", macho().u64(32 + 72 + 48, 0x3000), "truncated", 32 + 72),
        ("segments overlap", macho().u64(32 + 32, (1 << 32) + 1), "segments-overlap", 32),
        ("no entry", macho().u32(32 + 72 + 152 + 32 + 56 + 24 + 24, 0x99), "not-a-program", 32),
        ("entry outside", macho().u64(32 + 72 + 152 + 32 + 56 + 24 + 24 + 8, 0x5000), "entry-outside", 32 + 360),
        ("symbols past the end", macho().u32(32 + 72 + 152 + 32 + 56 + 24 + 12, 0x1000_0000), "truncated", 0x380),
        ("32-bit", macho().u32(0, 0xfeed_face), "foreign-format", 0),
    ]);
}

#[test]
fn collections() {
    check(vec![
        ("universal, table cut", universal().cut(30), "truncated", 8),
        ("universal, program past the end", universal().be32(20, 0x10_0000), "truncated", 0x1000),
        ("universal, programs share bytes", universal().be32(36, 0x1010), "malformed", 28),
        ("universal, only unknown CPUs", universal().be32(8, 98), "no-image-for-cpu", 8),
        ("a Java class", File::default().put(0, b"\xca\xfe\xba\xbe\0\0\0\x41"), "foreign-format", 0),
        ("APE without headers", ape().put(0x1c, b"xxxxxxx"), "malformed", 0),
        ("APE, program headers cut", ape().cut(0x810), "truncated", 0x800),
        ("APE, code cut", ape().cut(0x1004), "truncated", 0x800),
        ("Windows", File::default().put(0, b"MZ\x90\0"), "foreign-format", 0),
        ("WebAssembly", File::default().put(0, b"\0asm\x01\0\0\0"), "foreign-format", 0),
        ("archive", File::default().put(0, b"!<arch>\n"), "not-a-program", 0),
        ("script", File::default().put(0, b"#!/bin/sh\n"), "not-a-program", 0),
    ]);
}

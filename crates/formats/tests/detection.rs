//! Which mark of a file decides which system it is for.

mod samples;

use ashore_base::Os;
use ashore_formats::{Detection, detect, read};
use samples::{File, elf, elf_at};

fn decided(file: &File) -> Detection {
    let parsed = read(&file.0).unwrap();
    detect(&parsed, &parsed.parts[0])
}

/// The sample with its note rewritten.
fn noted(owner: &str, kind: u32, word: u32) -> File {
    let at = elf_at::NOTE;
    let file = elf().u32(at, owner.len() as u32 + 1).u32(at + 8, kind).put(at + 12, &[0; 12]);
    let data = at + 12 + (owner.len() + 1).next_multiple_of(4);
    file.put(at + 12, owner.as_bytes())
        .u32(data, word)
        .u64(elf_at::header(2) + elf_at::FILE_LEN, (data + 4 - at) as u64)
}

#[test]
fn every_note_decides() {
    let cases =
        [("FreeBSD", Os::Freebsd), ("NetBSD", Os::Netbsd), ("OpenBSD", Os::Openbsd), ("DragonFly", Os::Dragonfly)];
    for (owner, os) in cases {
        let found = decided(&noted(owner, 1, 1_203_000));
        assert_eq!(found.os, Some(os), "{owner}");
        assert_eq!(found.deciding().unwrap().source, "ABI note");
    }
    assert_eq!(decided(&noted("GNU", 1, 0)).os, Some(Os::Linux));
    assert_eq!(decided(&noted("GNU", 5, 0)).os, None);
    assert_eq!(decided(&noted("FreeBSD", 4, 0)).os, None);
}

#[test]
fn the_identification_byte_decides_after_the_note() {
    for (byte, os) in [(2, Os::Netbsd), (3, Os::Linux), (9, Os::Freebsd), (12, Os::Openbsd)] {
        assert_eq!(decided(&elf().put(7, &[byte])).os, Some(os));
    }
    assert_eq!(decided(&noted("NetBSD", 1, 0).put(7, &[9])).os, Some(Os::Netbsd));
}

#[test]
fn the_interpreter_and_the_libraries_decide() {
    let interpreted = |path: &str| {
        let at = elf_at::header(2);
        let file = elf().u32(at, 3).u64(at + elf_at::FILE_LEN, path.len() as u64 + 1);
        decided(&file.u64(at + elf_at::OFFSET, 0x600).put(0x600, path.as_bytes()).put(0x600 + path.len(), &[0])).os
    };
    assert_eq!(interpreted("/libexec/ld-elf.so.1"), Some(Os::Freebsd));
    assert_eq!(interpreted("/usr/libexec/ld-elf.so.2"), Some(Os::Dragonfly));
    assert_eq!(interpreted("/nix/store/x/lib/ld-linux-x86-64.so.2"), Some(Os::Linux));
    assert_eq!(interpreted("/opt/strange/ld.so"), None);
    let linked = |name: &[u8; 10]| decided(&elf().put(elf_at::NAMES + 1, name)).os;
    assert_eq!(linked(b"libc.so.7\0"), Some(Os::Freebsd));
    assert_eq!(linked(b"libc.so.8\0"), Some(Os::Dragonfly));
    assert_eq!(linked(b"libc.so.12"), Some(Os::Netbsd));
    assert_eq!(linked(b"libc.so.6\0"), Some(Os::Linux));
}

#[test]
fn build_info_decides_where_nothing_else_does() {
    let text = format!("{0}path\texample\nbuild\tGOOS=dragonfly\n{0}", "x".repeat(16));
    let mut record = b"\xff Go buildinf:\x08\x02".to_vec();
    record.resize(32, 0);
    record.push(8);
    record.extend(b"go1.27.3");
    record.push(text.len() as u8);
    record.extend(text.bytes());
    let named = elf().put(0x600, &record).u64(elf_at::header(1) + elf_at::MEMORY_LEN, 0x900);
    // A program that names its sections, and none of Go's, is not searched.
    assert_eq!(decided(&named).os, None);
    // The header's place of the section table.
    let found = decided(&named.u64(0x28, 0));
    assert_eq!(found.os, Some(Os::Dragonfly));
    assert_eq!(found.deciding().unwrap().to_string(), "Go build info: GOOS=dragonfly, go1.27.3 (dragonfly)");
}

#[test]
fn linux_start_up_code_decides_and_one_number_does_not() {
    let prctl = b"\x90\x90\xb8\x9e\0\0\0\x0f\x05";
    let exit = b"\x90\x90\xb8\xe7\0\0\0\x0f\x05";
    let both = elf().put(elf_at::CODE + 0x10, prctl).put(elf_at::CODE + 0x20, exit);
    assert_eq!(decided(&both).os, Some(Os::Linux));
    assert_eq!(decided(&elf().put(elf_at::CODE + 0x10, prctl)).os, None);
    let with_carry = both.put(elf_at::CODE + 0x29, b"\x72\x10");
    assert_eq!(decided(&with_carry).os, None);
}

#[test]
fn what_was_looked_at_is_told() {
    let found = decided(&elf());
    assert_eq!(found.os, None);
    assert!(found.clues.len() >= 8, "{:?}", found.clues);
    assert!(found.clues.iter().any(|clue| clue.to_string() == "needed libraries: libmine.so"));
}

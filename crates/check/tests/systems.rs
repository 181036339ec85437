//! Every rule about systems: a program that it finds, and its correct twin.

mod builder;

use ashore_base::Os;
use ashore_check::Files;
use builder::*;

/// mov eax, 60; syscall; ret.
const RAW: &[u8] = b"\xb8\x3c\0\0\0\x0f\x05\xc3";
/// xor eax, eax; ret.
const QUIET: &[u8] = b"\x31\xc0\xc3";
const AT: u64 = 0x40_1000;

/// `name` is found in `bad` and nothing in `good`.
#[track_caller]
fn pair(name: &str, os: Os, bad: &Elf, good: &Elf) {
    let found = on_system(&bad.build(), os);
    assert!(found.iter().any(|slug| slug == name), "{name} is not among {found:?}");
    let found = text_on_system(&good.build(), os, None);
    assert!(found.is_empty(), "the twin of {name}: {found:#?}");
}

#[test]
fn s1_programs_of_another_system() {
    pair("other-system", Os::Netbsd, &Elf::new(X86_64, AT, QUIET).os_abi(9), &Elf::new(X86_64, AT, QUIET).os_abi(2));
}

#[test]
fn s2_raw_calls() {
    let (raw, quiet) = (Elf::new(X86_64, AT, RAW), Elf::new(X86_64, AT, QUIET));
    pair("raw-call", Os::Openbsd, &raw, &quiet);
    let text = text_on_system(&raw.build(), Os::Openbsd, None).join("\n");
    assert!(text.contains("start: 1, first at 0x401005"), "{text}");
    // The linker's list of calls makes them legal; elsewhere they always were.
    pair("raw-call", Os::Openbsd, &raw, &Elf::new(X86_64, AT, RAW).header(0x65a3_dbe9, 4, &[0; 8]));
    assert!(on_system(&raw.build(), Os::Freebsd).is_empty());
    // The same bytes inside another instruction: mov eax, 0x050f.
    assert!(on_system(&Elf::new(X86_64, AT, b"\xb8\x0f\x05\0\0\xc3").build(), Os::Openbsd).is_empty());
    let svc = Elf::a64(AT, &[0xd400_0001, 0xd65f_03c0]);
    assert!(on_system(&svc.build(), Os::Openbsd).contains(&"raw-call".into()));
}

#[test]
fn s3_thread_registers_of_arm() {
    // mrs x0, tpidrro_el0; mrs x0, tpidr_el0
    let (apple, other) = (Elf::a64(AT, &[0xd53b_d060, 0xd65f_03c0]), Elf::a64(AT, &[0xd53b_d040, 0xd65f_03c0]));
    pair("thread-register", Os::Linux, &apple, &other);
    assert!(on_system(&other.build(), Os::Darwin).contains(&"thread-register".into()));
}

#[test]
fn s3_thread_registers_of_intel() {
    // mov rax, gs:[0x10]; ret, and the same with fs.
    let through = |prefix: u8| Elf::new(X86_64, AT, &[prefix, 0x48, 0x8b, 0x04, 0x25, 0x10, 0, 0, 0, 0xc3]);
    pair("thread-register", Os::Freebsd, &through(0x65), &through(0x64));
}

#[test]
fn s3_the_call_of_another_system() {
    // mov edi, 129; mov eax, 165; syscall; ret: sysarch(AMD64_SET_FSBASE).
    let freebsd = Elf::new(X86_64, AT, b"\xbf\x81\0\0\0\xb8\xa5\0\0\0\x0f\x05\xc3");
    // The same with set_tls_area's number.
    let dragonfly = Elf::new(X86_64, AT, b"\xbf\x81\0\0\0\xb8\xd8\x01\0\0\x0f\x05\xc3");
    pair("thread-register", Os::Dragonfly, &freebsd, &dragonfly);
    assert!(on_system(&freebsd.build(), Os::Freebsd).is_empty());
}

struct Tree(&'static [&'static str]);

impl Files for Tree {
    fn has(&self, path: &str) -> bool {
        self.0.contains(&path)
    }
}

#[test]
fn s4_interpreters_that_are_not_there() {
    let file = Elf::new(X86_64, AT, QUIET).header(3, 4, b"/lib/ld-musl-x86_64.so.1\0").build();
    assert_eq!(slugs(&text_on_system(&file, Os::Linux, Some(&Tree(&[])))), ["missing-interpreter"]);
    assert!(text_on_system(&file, Os::Linux, Some(&Tree(&["/lib/ld-musl-x86_64.so.1"]))).is_empty());
    assert!(text_on_system(&file, Os::Linux, None).is_empty());
}

/// A program with a dynamic table: `flags` in DT_FLAGS, and one library.
fn dynamic(flags: u64) -> Elf {
    let data = 0x50_0000u64;
    let rows: [(u64, u64); 5] = [(1, 1), (5, data + 0x100), (10, 0x20), (30, flags), (0, 0)];
    let mut bytes: Vec<u8> = rows.iter().flat_map(|row| [row.0, row.1]).flat_map(|word| word.to_le_bytes()).collect();
    bytes.resize(0x100, 0);
    bytes.extend(b"\0libmine.so\0");
    bytes.resize(0x140, 0);
    Elf::new(X86_64, AT, QUIET).segment(RW, data, &bytes, 0)
}

/// The dynamic table's own program header must name the bytes in the data segment, which is the second.
fn with_table(flags: u64) -> Vec<u8> {
    let mut file = dynamic(flags).header(2, 6, &[0; 0x50]).build();
    let offset = u64::from_le_bytes(file[64 + 56 + 8..][..8].try_into().unwrap());
    let at = 64 + 2 * 56;
    file[at + 8..at + 16].copy_from_slice(&offset.to_le_bytes());
    file[at + 16..at + 24].copy_from_slice(&0x50_0000u64.to_le_bytes());
    file
}

#[test]
fn s5_libraries_that_are_not_there() {
    let file = with_table(0);
    let found = text_on_system(&file, Os::Linux, Some(&Tree(&[]))).join("\n");
    assert!(found.contains("libmine.so is in none of /lib"), "{found}");
    assert!(text_on_system(&file, Os::Linux, Some(&Tree(&["/usr/lib/libmine.so"]))).is_empty());
}

#[test]
fn s6_and_s7_pages_of_16_kib() {
    let code = || Elf::a64(0x41_0000, &[0xd65f_03c0]);
    let skewed = code().segment(RW, 0x50_0000, &[1; 16], 0).skewed(0x1000);
    let fine = code().segment(RW, 0x50_0000, &[1; 16], 0);
    pair("page-congruence", Os::Darwin, &skewed, &fine);
    pair("larger-pages", Os::Linux, &skewed, &fine);
    // Two segments in one page of 16 KiB, each congruent.
    let shared = code().segment(RW, 0x41_2000, &[1; 16], 0);
    pair("larger-pages", Os::Linux, &shared, &fine);
    assert!(on_system(&shared.build(), Os::Freebsd).is_empty());
}

#[test]
fn s8_low_addresses() {
    pair("low-address", Os::Linux, &Elf::new(X86_64, 0x1000, QUIET), &Elf::new(X86_64, 0x1_0000, QUIET));
}

#[test]
fn s9_code_that_can_be_written() {
    let data = |flags| Elf::new(X86_64, AT, QUIET).segment(flags, 0x50_0000, &[1; 16], 0);
    pair("writable-code", Os::Linux, &data(RWX), &data(RW));
}

#[test]
fn s10_stacks_that_can_be_run() {
    let stack = |flags| Elf::new(X86_64, AT, QUIET).header(0x6474_e551, flags, &[]);
    pair("executable-stack", Os::Linux, &stack(7), &stack(6));
}

#[test]
fn s11_relocations_of_code() {
    assert_eq!(slugs(&text_on_system(&with_table(4), Os::Linux, None)), ["text-relocations"]);
    assert!(text_on_system(&with_table(0), Os::Linux, None).is_empty());
}

#[test]
fn s12_two_systems_in_one_file() {
    let mixed = |abi| Elf::new(X86_64, AT, QUIET).os_abi(abi).header(3, 4, b"/libexec/ld-elf.so.1\0");
    pair("mixed-marks", Os::Freebsd, &mixed(3), &mixed(9));
}

#[test]
fn x86_branches_out_of_the_program() {
    // call .+16 MiB; ret, and a call of the ret.
    let call = |distance: u32| {
        let [a, b, c, d] = distance.to_le_bytes();
        Elf::new(X86_64, AT, &[0xe8, a, b, c, d, 0xc3])
    };
    pair("branch-target", Os::Linux, &call(0x100_0000), &call(0));
}

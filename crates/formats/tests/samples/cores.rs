//! Small core files made by hand: Linux's as our writer makes them, the BSDs' note by note.

#![allow(dead_code, reason = "each test file uses its own part of this")]

use ashore_base::{Addr, AddrRange, Cpu, Os};
use ashore_formats::elf::core::{Core, MappedFile, ProcessInfo, Registers, SignalInfo, Thread, write};
use ashore_image::Perms;

/// Where the memory of [`linux`] is.
pub const TEXT: u64 = 0x40_0000;
pub const DATA: u64 = 0x60_0000;
pub const PAGE: u64 = 4096;
/// The file that was mapped at [`TEXT`].
pub const NAME: &str = "/bin/program";

const READ: Perms = Perms { is_read: true, is_write: false, is_exec: false };

/// A thread whose registers are all different.
pub fn thread(cpu: Cpu, id: i32) -> Thread<'static> {
    let mut registers = Registers::zero(cpu);
    let names: Vec<&str> = registers.iter().map(|(name, _)| name).collect();
    for (index, name) in names.into_iter().enumerate() {
        registers.set(name, 0x1000 * id as u64 + index as u64);
    }
    let info = SignalInfo { signal: 11, code: 1, errno: 0, addr: Addr(0xf1), raw: &[] };
    let first = id == 1;
    Thread {
        id,
        name: None,
        signal: if first { 11 } else { 0 },
        info: first.then_some(info),
        sets: [1, 2],
        registers,
        fp: &[7; 512],
        extended: &[8; 832],
        tls: None,
    }
}

/// What [`linux`] is made of.
pub fn outline(cpu: Cpu) -> Core<'static> {
    let memory = AddrRange { start: Addr(TEXT), end: Addr(TEXT + 4 * PAGE) };
    Core {
        cpu,
        os: Os::Linux,
        guest: Some(Os::Netbsd),
        last_words: b"what it said",
        process: ProcessInfo {
            pid: 1,
            parent: 7,
            group: [1, 2],
            ids: [1000, 100],
            name: "program".into(),
            args: "program one two".into(),
            ..ProcessInfo::default()
        },
        threads: vec![thread(cpu, 1), thread(cpu, 2)],
        auxv: vec![(3, TEXT + 64), (6, 4096), (9, TEXT + 0x100)],
        files: vec![MappedFile { memory, offset: PAGE, name: NAME.into(), bytes: None }],
        segments: Vec::new(),
        remarks: Vec::new(),
    }
}

/// The stretches of memory of [`linux`]: text of which the first page is there, and data.
pub fn stretches() -> [write::Stretch; 2] {
    let memory = |start, pages| AddrRange { start: Addr(start), end: Addr(start + pages * PAGE) };
    [
        write::Stretch { memory: memory(TEXT, 4), perms: Perms { is_exec: true, ..READ }, kept: PAGE },
        write::Stretch { memory: memory(DATA, 2), perms: Perms { is_write: true, ..READ }, kept: 2 * PAGE },
    ]
}

/// Linux's core file of a process with two threads; memory holds the number of its page.
pub fn linux(cpu: Cpu) -> Vec<u8> {
    let head = write::head(&outline(cpu), &stretches());
    let mut file = head.bytes;
    for ((offset, stretch), fill) in head.offsets.iter().zip(stretches()).zip([1u8, 2]) {
        file.resize(*offset as usize, 0);
        file.resize((*offset + stretch.kept) as usize, fill);
    }
    file
}

/// The file that [`linux`] was mapped from: page 1 is what the core has, page 2 on is what it left out.
pub fn mapped_file() -> Vec<u8> {
    let mut file = vec![0; PAGE as usize];
    file.resize(2 * PAGE as usize, 1);
    file.resize(3 * PAGE as usize + 100, 3);
    file
}

/// A note: owner, kind, description.
pub type Note<'a> = (&'a str, u32, Vec<u8>);

/// A core file with only notes.
pub fn of_notes(machine: u16, notes: &[Note<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (owner, kind, data) in notes {
        for word in [owner.len() as u32 + 1, data.len() as u32, *kind] {
            body.extend(word.to_le_bytes());
        }
        body.extend(owner.bytes().chain([0]));
        body.resize(body.len().next_multiple_of(4), 0);
        body.extend(data);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    let file = super::File::default()
        .put(0, b"\x7fELF\x02\x01\x01\x00")
        .u16(16, 4)
        .u16(18, machine)
        .u32(20, 1)
        .u64(32, 64)
        .u16(52, 64)
        .u16(54, 56)
        .u16(56, 1)
        .u32(64, 4)
        .u64(64 + 8, 120)
        .u64(64 + 32, body.len() as u64)
        .put(120, &body);
    file.0
}

/// Words of 8 bytes that count from `first`.
pub fn words(first: u64, count: u64) -> Vec<u8> {
    (first..first + count).flat_map(u64::to_le_bytes).collect()
}

/// The BSDs' core files for x86-64.
pub fn bsds() -> Vec<(Os, Vec<u8>)> {
    let status = |registers: u64| {
        let fields = super::File::default().u32(0, 1).u64(8, 48 + registers * 8).u32(36, 11).u32(40, 100_001);
        fields.put(48, &words(0x100, registers)).0
    };
    let psinfo = super::File::default().u32(0, 1).u64(8, 120).put(16, b"prog").put(33, b"prog -x ").u32(116, 77).0;
    let procinfo = |name_at: usize, pid_at: usize| {
        super::File::default().u32(0, 1).u32(8, 11).u32(pid_at, 77).put(name_at, b"prog").u32(name_at + 32, 2).0
    };
    vec![
        (
            Os::Freebsd,
            of_notes(
                62,
                &[
                    ("FreeBSD", 3, psinfo.clone()),
                    ("FreeBSD", 1, status(22)),
                    ("FreeBSD", 7, b"worker\0\0".to_vec()),
                    ("FreeBSD", 0x200, words(0x7000, 2)),
                    ("FreeBSD", 16, [16u32.to_le_bytes().to_vec(), words(3, 2), words(0, 2)].concat()),
                ],
            ),
        ),
        (Os::Dragonfly, of_notes(62, &[("CORE", 1, status(25)), ("CORE", 3, psinfo)])),
        (
            Os::Netbsd,
            of_notes(
                62,
                &[
                    ("NetBSD-CORE", 1, procinfo(124, 80)),
                    ("NetBSD-CORE@1", 33, words(0x200, 26)),
                    ("NetBSD-CORE@2", 33, words(0x100, 26)),
                    ("NetBSD-CORE@2", 35, vec![1; 512]),
                ],
            ),
        ),
        (Os::Openbsd, of_notes(62, &[("OpenBSD", 10, procinfo(72, 32)), ("OpenBSD@5", 20, words(0x100, 24))])),
    ]
}

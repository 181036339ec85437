//! Programs are loaded as Linux loads them.

use crate::machine::Context;
use crate::memory::Prot;
use crate::process::End;
use crate::testing_calls::{CWD, Program, program};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::layout::auxv;
use ashore_pivot::{Errno, Memory, Sys};

/// A program's file: a kind (2 fixed, 3 movable) and program headers, each with bytes.
struct Elf {
    kind: u16,
    entry: u64,
    rows: Vec<(u32, u32, u64, Vec<u8>, u64)>,
}

const LOAD: u32 = 1;

impl Elf {
    /// Code with two words, data with four bytes and a tail of zeros.
    fn new(kind: u16, base: u64) -> Elf {
        let code = alloc::vec![0x1f, 0x20, 0x03, 0xd5, 0x1f, 0x20, 0x03, 0xd5];
        let data = b"data".to_vec();
        let rows = alloc::vec![(LOAD, 5, base + 0x1000, code, 8), (LOAD, 6, base + 0x1_2ff0, data, 0x3000)];
        Elf { kind, entry: base + 0x1000, rows }
    }

    fn interpreter(mut self, path: &[u8]) -> Elf {
        self.rows.insert(0, (3, 4, 0, [path, b"\0"].concat(), 0));
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
        file.extend(self.kind.to_le_bytes());
        file.extend(183u16.to_le_bytes());
        file.extend(1u32.to_le_bytes());
        [self.entry, 64, 0].iter().for_each(|word| file.extend(word.to_le_bytes()));
        file.extend(0u32.to_le_bytes());
        [64, 56, self.rows.len() as u16, 64, 0, 0].iter().for_each(|half: &u16| file.extend(half.to_le_bytes()));
        let mut at = 0x1000u64;
        let mut body: Vec<u8> = Vec::new();
        for (kind, flags, address, bytes, len) in &self.rows {
            let offset = at + address % 0x1000;
            file.extend(kind.to_le_bytes());
            file.extend(flags.to_le_bytes());
            let words = [offset, *address, *address, bytes.len() as u64, *len, 0x1000];
            words.iter().for_each(|word| file.extend(word.to_le_bytes()));
            body.resize((offset - 0x1000) as usize, 0xee);
            body.extend(bytes);
            at = (offset + bytes.len() as u64).next_multiple_of(0x1000);
        }
        body.resize((at - 0x1000) as usize, 0xee);
        file.resize(0x1000, 0);
        [file, body].concat()
    }
}

fn install(program: &Program, path: &str, bytes: &[u8]) {
    program.make(path, bytes);
    program.must(Sys::FCHMODAT, &[CWD, program.text(path), 0o755]);
}

fn list(program: &Program, strings: &[&str]) -> u64 {
    let mut words: Vec<u64> = strings.iter().map(|string| program.text(string)).collect();
    words.push(0);
    program.bytes(&words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>())
}

fn run(program: &Program, path: &str, args: &[&str]) -> Result<Box<Context>, Errno> {
    let args = [program.text(path), list(program, args), list(program, &["HOME=/", "A=b"])];
    program.switch(Sys::EXECVE, &args)
}

/// What the start-up record says.
struct Record {
    args: Vec<Vec<u8>>,
    env: Vec<Vec<u8>>,
    auxv: BTreeMap<u64, u64>,
}

fn record(program: &Program, context: &Context) -> Record {
    let space = program.thread.space();
    let mut at = Addr(context.regs.sp);
    assert_eq!(at.0 % 16, 0);
    let mut next = || {
        let word = space.read_u64(at).unwrap();
        at = at.plus(8);
        word
    };
    let count = next();
    let args: Vec<u64> = core::iter::from_fn(|| Some(next()).filter(|at| *at != 0)).collect();
    assert_eq!(args.len() as u64, count);
    let env: Vec<u64> = core::iter::from_fn(|| Some(next()).filter(|at| *at != 0)).collect();
    let pairs = core::iter::from_fn(|| Some((next(), next())).filter(|(kind, _)| *kind != 0));
    let auxv = pairs.collect();
    let text = |at: u64| space.cstr(Addr(at), 4096).unwrap();
    Record { args: args.into_iter().map(text).collect(), env: env.into_iter().map(text).collect(), auxv }
}

#[test]
fn a_static_program_is_mapped_and_told_where() {
    let program = program();
    install(&program, "/prog", &Elf::new(2, 0x40_0000).bytes());
    let context = run(&program, "/prog", &["prog", "one"]).unwrap();
    assert_eq!(context.regs.pc, 0x40_1000);
    let record = record(&program, &context);
    assert_eq!(record.args, [b"prog".to_vec(), b"one".to_vec()]);
    assert_eq!(record.env, [b"HOME=/".to_vec(), b"A=b".to_vec()]);
    assert_eq!((record.auxv[&auxv::AT_ENTRY], record.auxv[&auxv::AT_BASE]), (0x40_1000, 0));
    assert_eq!((record.auxv[&auxv::AT_PHNUM], record.auxv[&auxv::AT_PAGESZ]), (2, 4096));
    let space = program.thread.space();
    assert_eq!(space.cstr(Addr(record.auxv[&auxv::AT_EXECFN]), 99).unwrap(), b"/prog");
    assert_eq!(space.read_u32(Addr(record.auxv[&auxv::AT_SYSINFO_EHDR])).unwrap(), 0x464c_457f);
    assert_eq!(space.read_u32(Addr(0x41_2ff0)).unwrap(), u32::from_le_bytes(*b"data"));
    // The tail of the file's page and the pages after it are zero; the file is not changed by that.
    for at in [0x41_2ff4, 0x41_2ff8, 0x41_3000, 0x41_5fe8] {
        assert_eq!(space.read_u64(Addr(at)).unwrap(), 0, "{at:#x}");
    }
    space.write_u32(Addr(0x41_2ff0), 7).unwrap();
    assert_eq!(program.thread.process.inner.lock().program, b"/prog");
    assert_eq!(&program.thread.name.lock()[..5], b"prog\0");
    assert_eq!(space.heap().start, Addr(0x41_6000));
    let again = run_again(&program, "/prog");
    assert_eq!(program.thread.space().read_u32(Addr(0x41_2ff0)).unwrap(), u32::from_le_bytes(*b"data"));
    assert_eq!(again.regs.tls, 0);
    let stack = program.thread.space().areas().into_iter().find(|area| area.name == "[stack]").unwrap();
    assert_eq!((stack.prot, stack.range.end), (Prot(3), Addr(1 << 48)));
}

/// The same from the new program, whose memory knows nothing of the test's: strings on its stack.
fn run_again(program: &Program, path: &str) -> Box<Context> {
    let space = program.thread.space();
    let at = Addr((1 << 48) - 0x8000);
    Memory::write(&*space, at, &[path.as_bytes(), b"\0"].concat()).unwrap();
    program.switch(Sys::EXECVE, &[at.0, 0, 0]).unwrap()
}

#[test]
fn movable_programs_and_interpreters_find_their_places() {
    let program = program();
    install(&program, "/ld.so", &Elf::new(3, 0).bytes());
    install(&program, "/pie", &Elf::new(3, 0).interpreter(b"/ld.so").bytes());
    install(&program, "/alone", &Elf::new(3, 0x5000).bytes());
    let context = run(&program, "/pie", &["pie"]).unwrap();
    let record = record(&program, &context);
    let (base, entry) = (record.auxv[&auxv::AT_BASE], record.auxv[&auxv::AT_ENTRY]);
    assert_eq!((context.regs.pc, entry & 0xfff, entry >> 44), (base + 0x1000, 0, 0xa));
    let space = program.thread.space();
    assert_eq!(space.read_u32(Addr(entry)).unwrap(), 0xd503_201f);
    assert_eq!(space.read_u32(Addr(base + 0x1_2ff0)).unwrap(), u32::from_le_bytes(*b"data"));
    let context = run_again(&program, "/alone");
    assert_eq!(program.thread.space().read_u32(Addr(context.regs.pc)).unwrap(), 0xd503_201f);
}

#[test]
fn what_is_behind_a_segment_in_its_last_page_is_zero() {
    let program = program();
    let mut elf = Elf::new(2, 0x40_0000);
    (elf.rows[1].2, elf.rows[1].4) = (0x41_2100, 8);
    install(&program, "/prog", &elf.bytes());
    run(&program, "/prog", &["x"]).unwrap();
    for at in [0x41_2104, 0x41_2108, 0x41_2110, 0x41_2ff8] {
        assert_eq!(program.thread.space().read_u64(Addr(at)).unwrap(), 0, "{at:#x}");
    }
}

#[test]
fn of_what_prctl_kept_a_new_program_keeps_some() {
    let program = program();
    install(&program, "/prog", &Elf::new(2, 0x40_0000).bytes());
    let prctl = |what: u64, value: u64| program.ask(Sys::PRCTL, &[what, value, 0, 0, 0]);
    assert_eq!((prctl(8, 2), prctl(38, 0), prctl(7, 0)), (Err(Errno::EINVAL), Err(Errno::EINVAL), Ok(0)));
    assert_eq!((prctl(8, 1), prctl(7, 0), prctl(38, 1), prctl(39, 0)), (Ok(0), Ok(1), Ok(0), Ok(1)));
    assert_eq!((prctl(8, 0), prctl(7, 0), prctl(8, 1)), (Ok(0), Ok(0), Ok(0)));
    run(&program, "/prog", &["x"]).unwrap();
    assert_eq!((prctl(7, 0), prctl(39, 0)), (Ok(0), Ok(1)));
}

#[test]
fn scripts_run_their_programs() {
    let program = program();
    install(&program, "/sh", &Elf::new(2, 0x40_0000).bytes());
    install(&program, "/script", b"#! /sh -e x\nexit\n");
    install(&program, "/outer", b"#!/script\n");
    install(&program, "/loop", b"#!/loop\n");
    install(&program, "/gone", b"#!/nobody\n");
    let context = run(&program, "/outer", &["called", "arg"]).unwrap();
    let seen = record(&program, &context);
    let expected: [&[u8]; 5] = [b"/sh", b"-e x", b"/script", b"/outer", b"arg"];
    assert_eq!(seen.args, expected);
    assert_eq!(&program.thread.name.lock()[..6], b"outer\0");
    let other = program.another();
    assert_eq!(run(&other, "/loop", &["x"]).unwrap_err(), Errno::ELOOP);
    assert_eq!(run(&other, "/gone", &["x"]).unwrap_err(), Errno::ENOENT);
}

#[test]
fn what_cannot_be_run_is_told() {
    let program = program();
    let good = Elf::new(2, 0x40_0000);
    program.make("/plain", &good.bytes());
    install(&program, "/text", b"hello");
    install(&program, "/empty", b"");
    let mut other = good.bytes();
    other[18] = 62;
    install(&program, "/other", &other);
    install(&program, "/short", &good.bytes()[..100]);
    install(&program, "/lost", &Elf::new(3, 0).interpreter(b"/ld.so").bytes());
    install(&program, "/odd", &Elf::new(3, 0).interpreter(b"/text").bytes());
    let cases = [
        ("/plain", Errno::EACCES),
        ("/text", Errno::ENOEXEC),
        ("/empty", Errno::ENOEXEC),
        ("/other", Errno::ENOEXEC),
        ("/short", Errno::ENOEXEC),
        ("/lost", Errno::ENOENT),
        ("/odd", Errno::ELIBBAD),
        ("/", Errno::EACCES),
        ("/nobody", Errno::ENOENT),
        ("/text/x", Errno::ENOTDIR),
        ("", Errno::ENOENT),
    ];
    for (path, errno) in cases {
        assert_eq!(run(&program, path, &["x"]).unwrap_err(), errno, "{path}");
    }
    let path = program.text("/text");
    assert_eq!(program.switch(Sys::EXECVE, &[path, 8, 0]).unwrap_err(), Errno::EFAULT);
    assert_eq!(program.switch(Sys::EXECVE, &[8, 0, 0]).unwrap_err(), Errno::EFAULT);
    let long = alloc::string::String::from_utf8(alloc::vec![b'x'; 131_072]).unwrap();
    assert_eq!(run(&program, "/text", &[&long]).unwrap_err(), Errno::E2BIG);
    let much: Vec<&str> = core::iter::repeat_n(&long[..100_000], 30).collect();
    assert_eq!(run(&program, "/text", &much).unwrap_err(), Errno::E2BIG);
    assert_eq!(program.switch(Sys::EXECVEAT, &[CWD, path, 0, 0, 0x4000]).unwrap_err(), Errno::EINVAL);
}

#[test]
fn damaged_segments_end_the_process() {
    for (at, len) in [(u64::MAX - 0x2000, 8), (1 << 48, 8), (0x40_0000, u64::MAX), (0x1000, 8)] {
        let program = program();
        let mut elf = Elf::new(2, 0x40_0000);
        elf.rows[1].2 = at;
        elf.rows[1].4 = len;
        install(&program, "/bad", &elf.bytes());
        assert!(run(&program, "/bad", &["x"]).is_err());
        assert_eq!(program.thread.process.inner.lock().end, Some(End::Killed(11, true)), "{at:#x} {len:#x}");
    }
}

#[test]
fn random_damage_never_harms_the_kernel_and_every_frame_comes_back() {
    let program = program();
    let bytes = Elf::new(3, 0).interpreter(b"/ld.so").bytes();
    install(&program, "/ld.so", &Elf::new(3, 0).bytes());
    install(&program, "/bad", &bytes);
    let mut dice = crate::testing::Dice(99);
    let fd = program.open("/bad", 1).unwrap();
    let free = |program: &Program| program.kernel.physical.frames.free();
    let mut at_first = None;
    for _ in 0..400 {
        let other = program.another();
        other.thread.files().enter();
        let mut damaged = bytes[..0x200].to_vec();
        for _ in 0..1 + dice.roll(3) {
            let room = [64, 0x120][dice.roll(2) as usize];
            let at = dice.roll(room) as usize;
            damaged[at] = dice.roll(256) as u8;
        }
        let at = other.bytes(&damaged);
        other.must(Sys::PWRITE64, &[fd, at, damaged.len() as u64, 0]);
        let _ = run(&other, "/bad", &["x"]);
        *other.thread.parts.lock() = other.kernel.nothing.clone();
        drop(other);
        let now = free(&program);
        assert!(*at_first.get_or_insert(now) <= now + 1);
    }
}

#[test]
fn descriptors_that_close_on_exec_are_closed() {
    let program = program();
    install(&program, "/prog", &Elf::new(2, 0x40_0000).bytes());
    let stays = program.open("/prog", 0).unwrap();
    let closes = program.open("/prog", 0o2_000_000).unwrap();
    run(&program, "/prog", &["x"]).unwrap();
    let files = program.thread.files();
    assert!(files.get(stays).is_ok() && files.get(closes).is_err());
}

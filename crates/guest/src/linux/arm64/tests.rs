//! The convention's start-up stack, calls and signal frames. Second source: `frame.c`, run under qemu-aarch64.

extern crate std;

mod calls;

use super::frame::{Entry, Fault};
use super::*;
use crate::testing::FakeMemory;
use crate::{Action, AltStack, Delivery, Handler, SaFlags};
use alloc::vec::Vec;
use ashore_base::AddrRange;
use ashore_isa::aarch64::{FLAG_C, FLAG_N};
use ashore_pivot::layout::auxv;
use ashore_pivot::layout::sigaction::SA_RESTORER;
use ashore_pivot::layout::siginfo::{SEGV_MAPERR, SigInfo};
use ashore_pivot::{SigSet, Signal};

const FRAME: &str = include_str!("tests/frame.txt");
const TOP: u64 = 0x7f_0000_8000;
const STACK: AddrRange = AddrRange { start: Addr(TOP - 0x8000), end: Addr(TOP) };

fn memory() -> FakeMemory {
    let memory = FakeMemory::default();
    memory.map(STACK.start, STACK.len());
    memory
}

/// Where the program of the second source found a field.
fn place(field: &str) -> u64 {
    let line = FRAME.lines().find_map(|line| line.strip_prefix(field)).expect("a field");
    line.trim().parse().expect("a number")
}

fn word(memory: &FakeMemory, at: u64) -> u64 {
    let mut bytes = [0; 8];
    memory.read(Addr(at), &mut bytes).expect("memory");
    u64::from_le_bytes(bytes)
}

fn half(memory: &FakeMemory, at: u64) -> u32 {
    memory.load_u32(Addr(at)).expect("memory")
}

fn set(memory: &FakeMemory, at: u64, word: u64) {
    memory.write(Addr(at), &word.to_le_bytes()).expect("memory");
}

fn interrupted() -> Regs {
    let x = core::array::from_fn(|n| 0x100 + n as u64);
    Regs { x, sp: TOP - 0x1008, pc: 0x40_0040, pstate: FLAG_N | FLAG_C, tls: 0x5000 }
}

fn vectors() -> Vectors {
    let v = core::array::from_fn(|n| (n as u128 + 1) << 64 | 0xab);
    Vectors { v, fpsr: 0x11, fpcr: 0x0100_0000, padding: [0; 2] }
}

fn entry(flags: u32) -> Entry {
    Entry {
        info: SigInfo::kill(Signal::USR1, 7, 8),
        action: Action {
            handler: Handler::Guest(Addr(0x40_2000)),
            flags: SaFlags(flags),
            trampoline: Addr(0x40_3000),
            ..Action::DEFAULT
        },
        handler: Addr(0x40_2000),
        trampoline: Addr(0x70_0000),
        mask: SigSet(0x55),
        stack: Addr(TOP - 0x1008),
        alt_stack: AltStack { base: Addr(0x9000), len: 0x4000 },
        fault: None,
    }
}

/// A frame on the stack, with the registers its handler is entered with.
fn entered(entry: &Entry, memory: &FakeMemory) -> Regs {
    let mut regs = interrupted();
    frame::build(&mut regs, &vectors(), entry, memory).expect("room");
    regs
}

#[test]
fn the_frame_lies_as_linux_lays_it_out() {
    let memory = memory();
    let regs = entered(&entry(SaFlags::SIGINFO), &memory);
    let (at, before) = (regs.sp, interrupted());
    assert_eq!(at % 16, place("sp % 16"));
    assert_eq!((regs.x[0], regs.pc, regs.pstate, regs.tls), (10, 0x40_2000, before.pstate, before.tls));
    assert_eq!((regs.x[1], regs.x[2]), (at + place("info - sp"), at + place("context - sp")));
    assert_eq!((regs.x[29], regs.x[30]), (at + place("x29 - sp"), 0x70_0000));
    assert_eq!((word(&memory, regs.x[29]), word(&memory, regs.x[29] + 8)), (before.x[29], before.x[30]));
    assert_eq!(place("frame"), frame::LEN);
    assert_eq!(half(&memory, at), 10);
    for (field, value) in [
        ("uc.uc_flags", 0),
        ("uc.uc_link", 0),
        ("uc.uc_stack", 0x9000),
        ("uc.uc_sigmask", 0x55),
        ("uc.uc_mcontext.fault_address", 0),
        ("uc.uc_mcontext.regs", before.x[0]),
        ("uc.uc_mcontext.sp", before.sp),
        ("uc.uc_mcontext.pc", before.pc),
        ("uc.uc_mcontext.pstate", before.pstate),
    ] {
        assert_eq!(word(&memory, at + place(field)), value, "{field}");
    }
    assert_eq!(word(&memory, at + place("uc.uc_mcontext.regs") + 8 * 30), before.x[30]);
    assert_eq!(word(&memory, at + place("uc.uc_stack") + 16), 0x4000);
    let vector_record = at + place("uc.uc_mcontext.__reserved");
    assert_eq!([0, 4, 8, 12].map(|n| half(&memory, vector_record + n)), [0x4650_8001, 528, 0x11, 0x0100_0000]);
    assert_eq!((word(&memory, vector_record + 16), word(&memory, vector_record + 24)), (0xab, 1));
    assert_eq!(word(&memory, vector_record + 528), 0);
    assert!(FRAME.contains("record 0x46508001 528\nrecord 0 0\n"));
}

#[test]
fn a_handler_without_details_keeps_its_registers_and_a_restorer_is_returned_to() {
    let regs = entered(&entry(SA_RESTORER), &memory());
    assert_eq!((regs.x[1], regs.x[2], regs.x[30]), (0x101, 0x102, 0x40_3000));
}

#[test]
fn a_fault_tells_its_address_and_syndrome() {
    let memory = memory();
    let fault = Fault { address: Addr(0xdead_0000), syndrome: 0x9200_0046 };
    let info = SigInfo::fault(Signal::SEGV, SEGV_MAPERR, 0xdead_0000);
    let at = entered(&Entry { fault: Some(fault), info, ..entry(SaFlags::SIGINFO) }, &memory).sp;
    assert_eq!(word(&memory, at + 304), 0xdead_0000);
    assert_eq!(word(&memory, at + 16), 0xdead_0000);
    let record = at + 592 + 528;
    assert_eq!((half(&memory, record), half(&memory, record + 4)), (0x4553_5201, 16));
    assert_eq!((word(&memory, record + 8), word(&memory, record + 16)), (0x9200_0046, 0));
}

#[test]
fn what_a_handler_changed_holds_when_it_returns() {
    let memory = memory();
    let at = entered(&entry(0), &memory).sp;
    let mut vectors = Vectors::default();
    let mut regs = Regs { tls: 0x6000, ..Regs::default() };
    let resumed = frame::read(&mut regs, &mut vectors, Addr(at), &memory).expect("a frame");
    assert_eq!(regs, Regs { tls: 0x6000, ..interrupted() });
    assert_eq!(vectors, self::vectors());
    assert_eq!(resumed.mask, Some(SigSet(0x55)));
    assert_eq!(resumed.alt_stack, Some(AltStack { base: Addr(0x9000), len: 0x4000 }));

    set(&memory, at + 312 + 8, 77);
    set(&memory, at + 568, 0x1234);
    set(&memory, at + 168, 0x99);
    // Reserved bits, single stepping and an illegal state are not the program's to set.
    set(&memory, at + 576, 0xffff_ffff_f230_1c20);
    set(&memory, at + 592 + 16, 5);
    let resumed = frame::read(&mut regs, &mut vectors, Addr(at), &memory).expect("a frame");
    assert_eq!((regs.x[1], regs.pc, regs.pstate, resumed.mask), (77, 0x1234, 0xf200_1c00, Some(SigSet(0x99))));
    assert_eq!(vectors.v[0], 1 << 64 | 5);
}

#[test]
fn a_frame_is_refused_when_linux_refuses_it() {
    let memory = memory();
    let at = entered(&entry(0), &memory).sp;
    let records = at + 592;
    let read = |at: u64| frame::read(&mut Regs::default(), &mut Vectors::default(), Addr(at), &memory);
    let with = |place: u64, value: u64| {
        let old = word(&memory, place);
        set(&memory, place, value);
        let result = read(at).map(|_| ());
        set(&memory, place, old);
        result
    };
    assert_eq!(read(at + 8).map(|_| ()), Err(Errno::EFAULT));
    assert_eq!(read(TOP).map(|_| ()), Err(Errno::EFAULT));
    assert_eq!(read(!15).map(|_| ()), Err(Errno::EFAULT));
    let head = |magic: u64, len: u64| magic | len << 32;
    let refused = [
        (at + 576, 5),
        (at + 576, 0x10),
        (at + 576, 0x80),
        (records, 0),
        (records, head(0, 8)),
        (records, head(0x4650_8001, 527)),
        (records, head(0x4650_8001, 536)),
        (records, head(0x4650_8001, 0xffff_fff0)),
        (records, head(0x1234_5678, 528)),
        (records + 528, head(0x4650_8001, 528)),
        (records + 528, head(0x1234_5678, 7)),
        (records + 528, head(0x1234_5678, 0)),
        (records + 528, head(0x1234_5678, 4096)),
    ];
    for (place, value) in refused {
        assert_eq!(with(place, value), Err(Errno::EINVAL), "{value:#x} at {}", place - at);
    }
    // One of a kind that is not known here is passed over; the end behind it is zero.
    assert_eq!(with(records + 528, head(0x1234_5678, 32)), Ok(()));
    assert_eq!(with(records + 528, head(0x4553_5201, 16)), Ok(()));
}

#[test]
fn a_stack_without_room_makes_no_frame() {
    let memory = memory();
    for stack in [0, 16, STACK.start.0 + 4000, u64::MAX] {
        let mut regs = interrupted();
        let entry = Entry { stack: Addr(stack), ..entry(0) };
        assert_eq!(frame::build(&mut regs, &vectors(), &entry, &memory), Err(Errno::EFAULT), "{stack:#x}");
        assert_eq!(regs, interrupted());
    }
}

#[test]
fn an_engine_delivers_and_resumes_the_same_frame() {
    let memory = memory();
    let Entry { action, handler, trampoline, mask, stack, alt_stack, .. } = entry(SaFlags::SIGINFO);
    let delivery =
        Delivery { code: SEGV_MAPERR, addr: Addr(0x10), trap_error: 0x9200_0006, ..Delivery::plain(Signal::SEGV) };
    let fp = vectors().to_bytes();
    let frame = Frame { delivery, action, handler, trampoline, mask, stack, on_alt_stack: false, alt_stack, fp: &fp };
    let mut regs = interrupted();
    ARM64.deliver(&mut regs, &frame, &memory).expect("room");
    assert_eq!((word(&memory, regs.sp + 304), word(&memory, regs.sp + 592 + 536)), (0x10, 0x9200_0006));
    let at = Addr(regs.sp);
    let resumed = ARM64.resume(&mut regs, at, &memory).expect("a frame");
    assert_eq!((regs, resumed.fp.as_deref()), (interrupted(), Some(&fp[..])));
}

#[test]
fn a_call_is_read_answered_and_made_again() {
    let mut regs = interrupted();
    regs.x[8] = 0xdead_0000_0000_0040;
    let frame = call(&regs);
    assert_eq!((frame.number, frame.args), (64, [0x100, 0x101, 0x102, 0x103, 0x104, 0x105, 0, 0]));
    let before = regs;
    ARM64.answer(&mut regs, Err(Errno::EINTR.into()));
    assert_eq!((regs.x[0], ARM64.failure(&regs)), (-4i64 as u64, Some(4)));
    restart(&mut regs, frame.args[0]);
    assert_eq!(regs, Regs { pc: before.pc - 4, ..before });
    answer(&mut regs, Ok(u64::MAX - 4095));
    assert_eq!(ARM64.failure(&regs), None);
    regs = before;
    ARM64.rewind(&mut regs, 98);
    assert_eq!((regs.x[0], regs.x[8], regs.pc), (before.x[0], 98, before.pc - 4));
}

#[test]
fn a_child_returns_zero_on_the_stack_it_was_given() {
    let memory = memory();
    let mut regs = interrupted();
    ARM64.begin(&mut regs, &ThreadStart::Copy { stack: Addr(0x8000) }, &memory).expect("a thread");
    assert_eq!((regs.x[0], regs.x[1], regs.sp, regs.pc), (0, 0x101, 0x8000, 0x40_0040));
    ARM64.begin(&mut regs, &ThreadStart::Copy { stack: Addr::NULL }, &memory).expect("a thread");
    assert_eq!(regs.sp, 0x8000);
    ARM64.forked(&mut regs, 5);
    assert_eq!(regs.x[0], 0);
}

#[test]
fn a_program_finds_what_the_auxiliary_vector_says() {
    let memory = memory();
    let strings = |list: &[&str]| list.iter().map(|text| text.as_bytes().to_vec()).collect::<Vec<_>>();
    let (args, env) = (strings(&["prog", "x"]), strings(&["A=1"]));
    let request = StartRequest {
        entry: Addr(0x40_1000),
        first: Addr(0x50_1000),
        stack: STACK,
        args: &args,
        env: &env,
        program: b"/bin/prog",
        headers: Addr(0x40_0040),
        header_count: 7,
        header_size: 56,
        base: Addr(0x1_0000),
        random: *b"0123456789abcdef",
        ids: [1, 2, 3, 4],
        cpus: 8,
        hwcap: [auxv::aarch64::HWCAP_FP | auxv::aarch64::HWCAP_ASIMD, auxv::aarch64::HWCAP2_BTI],
        shared_page: Addr(0x70_0000),
    };
    let mut regs = interrupted();
    ARM64.start(&mut regs, &request, &memory).expect("room");
    assert_eq!(regs, Regs { pc: 0x50_1000, sp: regs.sp, ..Regs::default() });
    assert_eq!((regs.sp % 16, word(&memory, regs.sp)), (0, 2));
    let text = |at: u64| {
        let mut bytes = alloc::vec![0; memory.cstr_len(Addr(at), 100).expect("a string")];
        memory.read(Addr(at), &mut bytes).expect("memory");
        bytes
    };
    assert_eq!([1, 2, 4].map(|n| text(word(&memory, regs.sp + 8 * n))), [&b"prog"[..], b"x", b"A=1"]);
    assert_eq!([3, 5].map(|n| word(&memory, regs.sp + 8 * n)), [0, 0]);
    let vector = (0..).map(|n| regs.sp + 48 + 16 * n).map(|at| (word(&memory, at), word(&memory, at + 8)));
    let vector: Vec<(u64, u64)> = vector.take_while(|(kind, _)| *kind != auxv::AT_NULL).collect();
    let of = |kind: u64| vector.iter().find(|(known, _)| *known == kind).map(|(_, value)| *value).expect("an entry");
    assert_eq!((vector[0], vector[1]), ((auxv::AT_SYSINFO_EHDR, 0x70_0000), (auxv::AT_MINSIGSTKSZ, 4720)));
    assert_eq!([auxv::AT_PLATFORM, auxv::AT_EXECFN].map(|kind| text(of(kind))), [&b"aarch64"[..], b"/bin/prog"]);
    assert_eq!(&text(of(auxv::AT_RANDOM))[..], b"0123456789abcdef");
    for (kind, value) in [
        (auxv::AT_HWCAP, 3),
        (auxv::AT_HWCAP2, 1 << 17),
        (auxv::AT_PAGESZ, 4096),
        (auxv::AT_CLKTCK, 100),
        (auxv::AT_PHDR, 0x40_0040),
        (auxv::AT_PHENT, 56),
        (auxv::AT_PHNUM, 7),
        (auxv::AT_BASE, 0x1_0000),
        (auxv::AT_ENTRY, 0x40_1000),
        (auxv::AT_UID, 1),
        (auxv::AT_EGID, 4),
        (auxv::AT_SECURE, 0),
    ] {
        assert_eq!(of(kind), value, "entry {kind}");
    }
    let huge = strings(&[&"x".repeat(0x5000)]);
    let request = StartRequest { args: &huge, ..request };
    assert_eq!(ARM64.start(&mut regs, &request, &memory), Err(Errno::E2BIG));
}

#[test]
fn noise_in_a_frame_is_refused_or_read_and_sets_no_state_of_the_kernels() {
    let memory = memory();
    let at = entered(&entry(0), &memory).sp;
    let mut seed = 1u64;
    for _ in 0..4000 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // The records and what stands before them, a word at a time.
        let place = at + 560 + (seed >> 33) % 73 * 8;
        let old = word(&memory, place);
        set(&memory, place, old ^ 1 << (seed >> 58));
        let mut regs = Regs::default();
        if frame::read(&mut regs, &mut Vectors::default(), Addr(at), &memory).is_ok() {
            assert_eq!(regs.pstate & 0x3ff, 0);
        }
        if seed >> 60 == 0 {
            // A whole frame again.
            frame::build(&mut interrupted(), &vectors(), &entry(0), &memory).expect("room");
        }
    }
}

use super::*;
use crate::testing::FakeMemory;
use crate::{Action, AltStack, Delivery, Fail, Handler, Value};
use alloc::vec;
use alloc::vec::Vec;
use ashore_base::AddrRange;
use ashore_isa::aarch64::{FLAG_Z, Vectors};
use ashore_pivot::Signal;

static SYSTEMS: &[&Convention] = &[&crate::freebsd::ARM64, &crate::netbsd::ARM64];

const STACK: AddrRange = AddrRange { start: Addr(0x7f00_0000), end: Addr(0x7f01_0000) };

fn memory() -> FakeMemory {
    let memory = FakeMemory::default();
    memory.map(STACK.start, STACK.len());
    memory
}

fn u64_at(memory: &FakeMemory, at: u64) -> u64 {
    let mut bytes = [0; 8];
    memory.read(Addr(at), &mut bytes).expect("memory");
    u64::from_le_bytes(bytes)
}

#[test]
fn a_program_starts_as_its_kernel_starts_it() {
    let args = [b"prog".to_vec(), b"x".to_vec()];
    let request = StartRequest {
        entry: Addr(0x1_1000),
        first: Addr(0x1_1000),
        stack: STACK,
        args: &args,
        env: &[],
        program: b"/bin/prog",
        headers: Addr(0x1_0040),
        header_count: 7,
        header_size: 56,
        base: Addr::NULL,
        random: *b"0123456789abcdef",
        ids: [1, 2, 3, 4],
        cpus: 8,
        hwcap: [0x1_2345, 0x6789],
        shared_page: Addr::NULL,
    };
    for system in SYSTEMS {
        let memory = memory();
        let mut regs = Regs { x: [1; 31], tls: 3, ..Regs::default() };
        system.start(&mut regs, &request, &memory).expect("room");
        let is_freebsd = system.os.name == "freebsd";
        let ps_strings = STACK.end.0 - 32;
        let expected = if is_freebsd { [regs.sp, 0, 0] } else { [0, 0, ps_strings] };
        assert_eq!(regs.x[..3], expected);
        assert_eq!((regs.sp % 16, regs.pc, regs.tls), (0, 0x1_1000, 0));
        assert_eq!(regs.x[30], if is_freebsd { 0x1_1000 } else { 0 });
        assert_eq!((u64_at(&memory, regs.sp), u64_at(&memory, ps_strings + 8)), (2, 2));
        // Arguments and their end, no environment but its end.
        let vector = regs.sp + 8 * 5;
        let pairs: Vec<[u64; 2]> = (0..)
            .map(|n| [0, 8].map(|at| u64_at(&memory, vector + 16 * n + at)))
            .take_while(|pair| pair[0] != 0)
            .collect();
        let features = [[25, 0x1_2345], [26, 0x6789]];
        assert_eq!(features.iter().all(|pair| pairs.contains(pair)), is_freebsd);
        assert!(pairs.contains(&[9, 0x1_1000]));
    }
}

#[test]
fn a_calls_number_is_where_its_system_has_it() {
    let memory = memory();
    let pc = STACK.start.0 + 4;
    let svc = |number: u32| memory.write(STACK.start, &(0xd400_0001 | number << 5).to_le_bytes()).expect("memory");
    let mut x = core::array::from_fn(|n| n as u64 + 1);
    (x[8], x[17]) = (3, 4);
    let regs = Regs { x, pc, ..Regs::default() };
    let words = [1, 2, 3, 4, 5, 6, 7, 8];
    let [freebsd, netbsd] = [SYSTEMS[0], SYSTEMS[1]];
    let call = |system: &Convention, regs: &Regs| {
        let CallFrame { number, args } = system.call(regs, &memory);
        (number, args)
    };
    svc(0);
    assert_eq!(call(freebsd, &regs), (3, words));
    assert_eq!(call(netbsd, &regs), (4, words));
    svc(478);
    assert_eq!(call(netbsd, &regs), (478, words));
    svc(198);
    assert_eq!(call(netbsd, &regs), (4, words));
    for indirect in [0, 198] {
        x[8] = indirect;
        assert_eq!(call(freebsd, &Regs { x, ..regs }), (1, [2, 3, 4, 5, 6, 7, 8, 0]));
    }
    assert_eq!(call(netbsd, &Regs { pc: 8, ..regs }).0, u64::MAX);
    for system in SYSTEMS {
        let mut again = regs;
        system.rewind(&mut again, 99);
        assert_eq!(again, Regs { pc: pc - 4, ..regs });
    }
}

#[test]
fn answers_are_told_by_the_carry_flag() {
    for system in SYSTEMS {
        let mut before = Regs { pstate: FLAG_C | FLAG_Z, ..Regs::default() };
        [before.x[0], before.x[1], before.x[2]] = [6, 7, 8];
        let after = |answer| {
            let mut regs = before;
            system.answer(&mut regs, answer);
            (regs.x[0], regs.x[1], regs.x[2], regs.pstate & FLAG_C != 0, system.failure(&regs))
        };
        assert_eq!(after(Ok(Value::One(5))), (5, 0, 8, false, None));
        assert_eq!(after(Ok(Value::Two(5, 6))), (5, 6, 8, false, None));
        assert_eq!(after(Err(Errno::EAGAIN.into())), (35, 7, 8, true, Some(35)));
        assert_eq!(after(Err(Errno::RESTART.into())), (4, 7, 8, true, Some(4)));
        assert_eq!(after(Err(Fail::Own(45))), (45, 7, 8, true, Some(45)));
        let mut child = before;
        system.forked(&mut child, 99);
        let second = u64::from(system.os.name == "netbsd");
        assert_eq!((child.x[0], child.x[1], child.pstate), (0, second, FLAG_Z));
    }
}

#[test]
fn threads_begin_where_their_systems_say() {
    let memory = memory();
    let [freebsd, netbsd] = [SYSTEMS[0], SYSTEMS[1]];
    let mut regs = interrupted();
    let start = ThreadStart::Entry { entry: Addr(0x10), arg: 0x20, stack: Addr(0x30008), stack_len: 0x1000 };
    freebsd.begin(&mut regs, &start, &memory).expect("begun");
    assert_eq!((regs.pc, regs.sp, regs.x[0], regs.x[29], regs.x[30]), (0x10, 0x31000, 0x20, 0, 0));
    // What Go's start of a thread writes: pc, sp, x0 to x2, and flags that say mask and registers.
    let at = STACK.start;
    netbsd.save(&interrupted(), at, SigSet::EMPTY, &[0; Vectors::LEN], &memory).expect("saved");
    for (index, word) in [(32, 0x40_0000u64), (31, 0x50_0000), (0, 8), (1, 9), (2, 0x60_0000)] {
        memory.write(at.plus(64 + 8 * index), &word.to_le_bytes()).expect("memory");
    }
    memory.write(at, &5u32.to_le_bytes()).expect("memory");
    let mut regs = Regs { tls: 77, ..Regs::default() };
    netbsd.begin(&mut regs, &ThreadStart::Context(at), &memory).expect("begun");
    let got = (regs.pc, regs.sp, regs.x[0], regs.x[1], regs.x[2], regs.x[3], regs.tls);
    assert_eq!(got, (0x40_0000, 0x50_0000, 8, 9, 0x60_0000, 103, 77));
}

/// Registers that all differ.
fn interrupted() -> Regs {
    Regs {
        x: core::array::from_fn(|n| 100 + n as u64),
        sp: STACK.end.0 - 0x4000,
        pc: 0x40_1234,
        pstate: FLAG_C | FLAG_Z,
        tls: 0xf5,
    }
}

fn vectors() -> Vectors {
    let v = core::array::from_fn(|n| u128::from(n as u8) * 0x0101_0000_0000_0000_0000_0000_0000_0203);
    Vectors { v, fpsr: 0x11, fpcr: 0x0100_0000, padding: [0; 2] }
}

const HANDLER: Addr = Addr(0x40_5000);
const TRAMPOLINE: Addr = Addr(0x6000_0000);
const MASK: SigSet = SigSet(1 << 16 | 1 << 9 | 1);

fn frame<'a>(fp: &'a [u8], stack: Addr) -> Frame<'a> {
    Frame {
        delivery: Delivery { code: 1, addr: Addr(0x123_4567), ..Delivery::plain(Signal::SEGV) },
        action: Action { handler: Handler::Guest(HANDLER), trampoline: TRAMPOLINE, ..Action::DEFAULT },
        handler: HANDLER,
        trampoline: TRAMPOLINE,
        mask: MASK,
        stack,
        on_alt_stack: false,
        alt_stack: AltStack { base: Addr(0x9000), len: 0x8000 },
        fp,
    }
}

/// The state right at the handler's first instruction and the context's address.
fn delivered(system: &Convention, memory: &FakeMemory) -> (Regs, Addr) {
    let (mut regs, fp) = (interrupted(), vectors().to_bytes());
    system.deliver(&mut regs, &frame(&fp, Addr(interrupted().sp)), memory).expect("room");
    (regs, Addr(regs.x[2]))
}

#[test]
fn a_handler_finds_what_its_system_promises() {
    for system in SYSTEMS {
        let memory = memory();
        let (regs, context) = delivered(system, &memory);
        let word = |at: u64| u64_at(&memory, context.0 + at);
        let info = |at: u64| u64_at(&memory, regs.x[1] + at);
        let before = interrupted();
        assert_eq!((regs.x[0], regs.x[1], regs.sp % 16), (11, regs.sp, 0));
        if system.os.name == "netbsd" {
            assert_eq!((regs.pc, regs.x[28], regs.x[30], regs.x[8]), (HANDLER.0, context.0, TRAMPOLINE.0, 108));
            let greg = |index: u64| word(64 + 8 * index);
            assert_eq!([0, 30, 31, 32, 33, 34].map(greg), [100, 130, before.sp, before.pc, before.pstate, 0xf5]);
            assert_eq!((word(0) as u32, word(16)), (0xc_000d, 1 | 1 << 29 | 1 << 19));
            assert_eq!((word(32), word(40), word(48)), (0x9000, 0x8000, 0));
            assert_eq!((word(64 + 288 + 16), word(864)), (0x203, 0x11_0100_0000));
            assert_eq!((info(0), info(16)), (11 | 1 << 32, 0x123_4567));
        } else {
            assert_eq!((regs.pc, regs.x[8], regs.x[30]), (TRAMPOLINE.0, HANDLER.0, 130));
            let greg = |index: u64| word(16 + 8 * index);
            assert_eq!([0, 30, 31, 32, 33].map(greg), [100, 130, before.sp, before.pc, before.pstate]);
            assert_eq!((word(0), word(16 + 800)), (1 | 1 << 29 | 1 << 19, 1));
            assert_eq!(u64_at(&memory, word(16 + 808)), 0x8_a5a5_a5a5);
            assert_eq!((word(904), word(912), word(920)), (0x9000, 0x8000, 0));
            assert_eq!((word(16 + 272 + 16), word(16 + 272 + 512)), (0x203, 0x0100_0000_0000_0011));
            assert_eq!((info(0), info(8) as u32, info(24)), (11, 1, 0x123_4567));
        }
    }
}

#[test]
fn a_handlers_return_restores_everything_as_edited() {
    for system in SYSTEMS {
        let memory = memory();
        let (handler, context) = delivered(system, &memory);
        let mut regs = Regs { pc: 99, ..handler };
        let resumed = system.resume(&mut regs, context, &memory).expect("a context");
        assert_eq!((regs, resumed.mask, resumed.tls), (interrupted(), Some(MASK), None));
        assert_eq!(resumed.fp, Some(vectors().to_bytes().to_vec()));
        let at = |index: u64| context.plus(system.context.regs + 8 * index);
        memory.write(at(32), &0x40_9998u64.to_le_bytes()).expect("memory");
        let mut regs = handler;
        system.resume(&mut regs, context, &memory).expect("a context");
        assert_eq!(regs.pc, 0x40_9998);
        // No program runs at a higher exception level.
        memory.write(at(33), &4u64.to_le_bytes()).expect("memory");
        let mut regs = handler;
        assert_eq!(system.resume(&mut regs, context, &memory).err(), Some(Errno::EINVAL));
        assert_eq!(regs, handler);
    }
}

#[test]
fn a_frame_stays_on_its_alternate_stack() {
    let fp = vectors().to_bytes();
    for system in SYSTEMS {
        let memory = memory();
        let alt_stack = AltStack { base: STACK.start.plus(0x1000), len: 0x2000 };
        let frame = Frame { on_alt_stack: true, alt_stack, ..frame(&fp, alt_stack.top()) };
        let mut regs = interrupted();
        system.deliver(&mut regs, &frame, &memory).expect("room");
        assert!(alt_stack.holds(Addr(regs.sp)));
        let alt_stack = AltStack { len: 0x400, ..alt_stack };
        let frame = Frame { alt_stack, stack: alt_stack.top(), ..frame };
        assert_eq!(system.deliver(&mut interrupted(), &frame, &memory), Err(Errno::EFAULT));
    }
}

#[test]
fn a_saved_context_returns_zero() {
    for system in SYSTEMS {
        let memory = memory();
        let at = STACK.start;
        system.save(&interrupted(), at, MASK, &vectors().to_bytes(), &memory).expect("memory");
        let mut regs = Regs { tls: 0xf5, ..Regs::default() };
        let resumed = system.resume(&mut regs, at, &memory).expect("a context");
        let mut expected = Regs { pstate: FLAG_Z, ..interrupted() };
        expected.x[0] = 0;
        assert_eq!((regs, resumed.mask), (expected, Some(MASK)), "{}", system.os.name);
    }
}

#[test]
fn the_trampoline_agrees_with_the_frame() {
    let system = SYSTEMS[0];
    let word = |at: usize| {
        let code = system.os.trampoline;
        u64::from(u32::from_le_bytes([code[at], code[at + 1], code[at + 2], code[at + 3]]))
    };
    // The immediates of `add` and `mov`.
    assert_eq!(word(4) >> 10 & 0xfff, system.frames.context);
    assert_eq!(crate::row_of(system.os.calls, word(8) >> 5 & 0xffff).expect("a row").name(), "sigreturn");
    assert!(SYSTEMS[1].os.trampoline.is_empty());
}

#[test]
fn hostile_contexts_are_refused_or_harmless() {
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for system in SYSTEMS {
        let memory = memory();
        let (handler, context) = delivered(system, &memory);
        let mut good = vec![0; system.context.len as usize];
        memory.read(context, &mut good).expect("memory");
        for _ in 0..150 {
            let mut bytes = good.clone();
            for _ in 0..1 + random() % 8 {
                let at = random() as usize % bytes.len();
                bytes[at] = random() as u8;
            }
            memory.write(context, &bytes).expect("memory");
            let mut regs = handler;
            if system.resume(&mut regs, context, &memory).is_err() {
                assert_eq!(regs, handler, "a refused context changes nothing");
            }
        }
        assert!(system.resume(&mut handler.clone(), Addr(8), &memory).is_err());
        assert!(system.deliver(&mut interrupted(), &frame(&[], Addr(64)), &memory).is_err());
    }
}

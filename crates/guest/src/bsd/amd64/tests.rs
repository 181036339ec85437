use super::*;
use crate::testing::FakeMemory;
use crate::{Action, AltStack, Delivery, Fail, Handler, SaFlags, Value};
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use ashore_base::AddrRange;
use ashore_pivot::Signal;

static SYSTEMS: &[&Convention] = &[&crate::dragonfly::AMD64, &crate::freebsd::AMD64, &crate::netbsd::AMD64];

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

fn string_at(memory: &FakeMemory, at: u64) -> Vec<u8> {
    let mut bytes = vec![0; memory.cstr_len(Addr(at), 100).expect("a string")];
    memory.read(Addr(at), &mut bytes).expect("memory");
    bytes
}

fn started(system: &Convention, memory: &FakeMemory, args: &[&str]) -> Regs {
    let strings = |list: &[&str]| list.iter().map(|s| s.as_bytes().to_vec()).collect::<Vec<_>>();
    let (args, env) = (strings(args), strings(&["A=1", "B="]));
    let request = StartRequest {
        entry: Addr(0x40_1000),
        first: Addr(0x40_1000),
        stack: STACK,
        args: &args,
        env: &env,
        program: b"/bin/prog",
        headers: Addr(0x40_0040),
        header_count: 7,
        header_size: 56,
        base: Addr::NULL,
        random: *b"0123456789abcdef",
        ids: [1, 2, 3, 4],
        cpus: 8,
        hwcap: [u64::MAX; 2],
        shared_page: Addr::NULL,
    };
    let mut regs = Regs { rax: 1, r15: 2, fs_base: 3, ..Regs::default() };
    system.start(&mut regs, &request, memory).expect("room");
    regs
}

#[test]
fn a_program_finds_its_arguments_environment_and_vector() {
    for system in SYSTEMS {
        for args in [&["prog"][..], &["prog", "x"], &[]] {
            let memory = memory();
            let regs = started(system, &memory, args);
            let is_netbsd = system.os.name == "netbsd";
            let record = if is_netbsd { regs.rsp } else { regs.rdi };
            assert_eq!(regs.rsp % 16, if is_netbsd { 0 } else { 8 }, "{}", system.os.name);
            assert_eq!((regs.rip, regs.rax, regs.r15, regs.fs_base, regs.rdx, regs.rsi), (0x40_1000, 0, 0, 0, 0, 0));
            assert_eq!(u64_at(&memory, record), args.len() as u64);
            let argv = record + 8;
            for (n, arg) in args.iter().enumerate() {
                assert_eq!(string_at(&memory, u64_at(&memory, argv + 8 * n as u64)), arg.as_bytes());
            }
            let envp = argv + 8 * args.len() as u64 + 8;
            assert_eq!(u64_at(&memory, envp - 8), 0);
            assert_eq!(string_at(&memory, u64_at(&memory, envp)), b"A=1");
            assert_eq!(string_at(&memory, u64_at(&memory, envp + 8)), b"B=");
            assert_eq!(u64_at(&memory, envp + 16), 0);
            vector_is_right(system, &memory, envp + 24);
            let ps_strings = STACK.end.0 - 32;
            let expected = [argv, args.len() as u64, envp, 2];
            assert_eq!([0, 8, 16, 24].map(|at| u64_at(&memory, ps_strings + at)), expected);
            if system.os.name != "freebsd" {
                assert_eq!(regs.rbx, ps_strings);
            }
        }
    }
}

fn vector_is_right(system: &Convention, memory: &FakeMemory, at: u64) {
    let mut vector = BTreeMap::new();
    for n in 0.. {
        let (tag, value) = (u64_at(memory, at + 16 * n), u64_at(memory, at + 16 * n + 8));
        if tag == 0 {
            break;
        }
        assert_eq!(vector.insert(tag, value), None, "{tag} twice");
    }
    assert_eq!((vector[&3], vector[&4], vector[&5], vector[&6], vector[&9]), (0x40_0040, 56, 7, 4096, 0x40_1000));
    // 22 is a clock page, 25 and 26 are CPU features, 33 the pointer to a virtual shared object.
    let known: &[u64] = match system.os.name {
        "freebsd" => &[7, 8, 15, 16, 17, 18, 19, 20, 21, 23, 24, 28, 29, 30, 31, 32, 35, 36],
        "dragonfly" => &[7, 8, 15, 18],
        _ => &[7, 8, 13, 2000, 2001, 2002, 2003, 2014],
    };
    let rest: Vec<u64> = vector.keys().copied().filter(|tag| ![3, 4, 5, 6, 9].contains(tag)).collect();
    assert_eq!(rest, known, "{}", system.os.name);
    let path = if system.os.name == "netbsd" { 2014 } else { 15 };
    assert_eq!(string_at(memory, vector[&path]), b"/bin/prog");
    if system.os.name == "freebsd" {
        assert_eq!([0, 8].map(|at| u64_at(memory, vector[&20] + at)), [4096, 2 << 20]);
        assert_ne!(u64_at(memory, vector[&16]), u64_at(memory, vector[&16] + 8));
    }
}

#[test]
fn arguments_that_fill_the_stack_are_too_many() {
    let memory = memory();
    let args = [vec![b'x'; 40_000]];
    let request = StartRequest {
        entry: Addr(0),
        first: Addr(0),
        stack: STACK,
        args: &args,
        env: &[],
        program: b"",
        headers: Addr(0),
        header_count: 0,
        header_size: 0,
        base: Addr(0),
        random: [0; 16],
        ids: [0; 4],
        cpus: 1,
        hwcap: [0; 2],
        shared_page: Addr::NULL,
    };
    let mut regs = Regs::default();
    assert_eq!(crate::freebsd::AMD64.start(&mut regs, &request, &memory), Err(Errno::E2BIG));
}

#[test]
fn calls_read_registers_and_only_wide_ones_the_stack() {
    let memory = memory();
    let rsp = STACK.start.0 + 64;
    for (n, word) in [70u64, 80, 90].into_iter().enumerate() {
        memory.write(Addr(rsp + 8 + 8 * n as u64), &word.to_le_bytes()).expect("memory");
    }
    let regs = Regs { rax: 197, rdi: 1, rsi: 2, rdx: 3, r10: 4, r8: 5, r9: 6, rsp, ..Regs::default() };
    let call = |regs: &Regs| crate::dragonfly::AMD64.call(regs, &memory);
    assert_eq!(call(&regs).args, [1, 2, 3, 4, 5, 6, 70, 80]);
    let narrow = call(&Regs { rax: 0xffff_ffff_0000_0003, ..regs });
    assert_eq!((narrow.number, narrow.args), (3, [1, 2, 3, 4, 5, 6, 0, 0]));
    for indirect in [0, 198] {
        let frame = call(&Regs { rax: indirect, ..regs });
        assert_eq!((frame.number, frame.args), (1, [2, 3, 4, 5, 6, 70, 80, 90]));
    }
    let bad = call(&Regs { rsp: 16, ..regs });
    assert_eq!(bad.args, [1, 2, 3, 4, 5, 6, 0, 0]);
}

#[test]
fn answers_are_told_by_the_carry_flag() {
    for system in SYSTEMS {
        let before = Regs { rdx: 7, r8: 8, r9: 9, r10: 10, rflags: 0x247, ..Regs::default() };
        let after = |answer| {
            let mut regs = before;
            system.answer(&mut regs, answer);
            (regs.rax, regs.rdx, regs.rflags & FLAG_CARRY)
        };
        assert_eq!(after(Ok(Value::One(5))), (5, 7, 0));
        assert_eq!(after(Ok(Value::Two(5, 6))), (5, 6, 0));
        assert_eq!(after(Err(Errno::EAGAIN.into())), (35, 7, 1));
        assert_eq!(after(Err(Errno::RESTART.into())), (4, 7, 1));
        assert_eq!(after(Err(Fail::Own(45))), (45, 7, 1));
        let mut child = before;
        system.forked(&mut child, 99);
        assert_eq!((child.rax, child.rdx, child.rflags), (0, 1, 0x246));
    }
}

#[test]
fn a_restarted_call_keeps_its_words() {
    for system in SYSTEMS {
        let mut regs = Regs { rax: 3, rip: 0x1002, ..Regs::default() };
        system.rewind(&mut regs, 3);
        assert_eq!((regs.rax, regs.rip), (3, 0x1000));
        let mut indirect = Regs { rax: 198, rdi: 3, rip: 0x1002, ..Regs::default() };
        system.rewind(&mut indirect, 3);
        assert_eq!((indirect.rax, indirect.rdi, indirect.rip), (198, 3, 0x1000));
    }
}

#[test]
fn threads_begin_where_their_systems_say() {
    let memory = memory();
    let creator = Regs { rax: 9, rdx: 9, rflags: 0x203, r12: 12, ..Regs::default() };
    let entry = |stack_len| ThreadStart::Entry { entry: Addr(0x10), arg: 0x20, stack: Addr(0x30008), stack_len };
    let mut regs = creator;
    crate::freebsd::AMD64.begin(&mut regs, &entry(0x1000), &memory).expect("begun");
    assert_eq!((regs.rip, regs.rdi, regs.rsp, regs.rax, regs.rflags), (0x10, 0x20, 0x30ff8, 0, 0x202));
    let mut regs = creator;
    crate::dragonfly::AMD64.begin(&mut regs, &entry(0), &memory).expect("begun");
    assert_eq!((regs.rip, regs.rdi, regs.rsp), (0x10, 0x20, 0x30008));
    // What Go's start of a thread on NetBSD writes: rip, rsp, r8, r9, r12, and flags that say mask and registers.
    let at = STACK.start;
    let netbsd = &crate::netbsd::AMD64;
    netbsd.save(&creator, at, SigSet::EMPTY, &[0; 512], &memory).expect("saved");
    for (index, word) in [(21, 0x40_0000u64), (24, 0x50_0000), (4, 8), (5, 9), (8, 0x60_0000)] {
        memory.write(at.plus(56 + 8 * index), &word.to_le_bytes()).expect("memory");
    }
    memory.write(at, &5u32.to_le_bytes()).expect("memory");
    let mut regs = Regs { fs_base: 77, ..creator };
    netbsd.begin(&mut regs, &ThreadStart::Context(at), &memory).expect("begun");
    let got = (regs.rip, regs.rsp, regs.r8, regs.r9, regs.r12, regs.rax, regs.fs_base);
    assert_eq!(got, (0x40_0000, 0x50_0000, 8, 9, 0x60_0000, 0, 77));
}

/// Registers that all differ.
fn interrupted() -> Regs {
    Regs {
        rax: 1,
        rbx: 2,
        rcx: 3,
        rdx: 4,
        rsi: 5,
        rdi: 6,
        rbp: 7,
        rsp: STACK.end.0 - 0x4008,
        r8: 8,
        r9: 9,
        r10: 10,
        r11: 11,
        r12: 12,
        r13: 13,
        r14: 14,
        r15: 15,
        rip: 0x40_1234,
        rflags: 0x10247 | FLAG_DIRECTION,
        fs_base: 0xf5,
        gs_base: 0,
    }
}

fn image(len: usize) -> Vec<u8> {
    let mut image: Vec<u8> = (0..len).map(|n| (n * 7 + n / 256) as u8).collect();
    if len > 512 {
        image[512] = 7;
    }
    image
}

const HANDLER: Addr = Addr(0x40_5000);
const TRAMPOLINE: Addr = Addr(0x6000_0000);
const MASK: SigSet = SigSet(1 << 16 | 1 << 9 | 1);

fn frame<'a>(fp: &'a [u8], stack: Addr) -> Frame<'a> {
    let delivery =
        Delivery { code: 1, addr: Addr(0x123_4567), trap: 14, trap_error: 6, ..Delivery::plain(Signal::SEGV) };
    let action = Action {
        handler: Handler::Guest(HANDLER),
        flags: SaFlags(SaFlags::SIGINFO),
        trampoline: TRAMPOLINE,
        ..Action::DEFAULT
    };
    Frame {
        delivery,
        action,
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
fn delivered(system: &Convention, memory: &FakeMemory, fp: &[u8]) -> (Regs, Addr) {
    let mut regs = interrupted();
    let frame = frame(fp, Addr(regs.rsp));
    system.deliver(&mut regs, &frame, memory).expect("room");
    let context = Addr(regs.rdx);
    (regs, context)
}

#[test]
fn a_handler_finds_what_its_system_promises() {
    for system in SYSTEMS {
        let memory = memory();
        let (regs, context) = delivered(system, &memory, &image(2696));
        let name = system.os.name;
        assert_eq!((regs.rdi, regs.rflags & (FLAG_DIRECTION | FLAG_TRAP)), (11, 0), "{name}");
        assert!(regs.rsp < interrupted().rsp - 128 - 2696);
        let word = |at: u64| u64_at(&memory, context.0 + at);
        let info = |at: u64| u64_at(&memory, regs.rsi + at);
        if name == "netbsd" {
            assert_eq!((regs.rip, regs.r15, regs.rsp % 16), (HANDLER.0, context.0, 8));
            assert_eq!(u64_at(&memory, regs.rsp), TRAMPOLINE.0);
            // Registers by number: rip 21, rflags 23, rsp 24, trap number 19, error 20.
            let greg = |index: u64| word(56 + 8 * index);
            assert_eq!((greg(21), greg(24), greg(0), greg(11)), (0x40_1234, interrupted().rsp, 6, 15));
            assert_eq!((greg(19), greg(20), word(264)), (6, 6, 0xf5));
            assert_eq!((word(0) as u32, word(16)), (0xa_000d, 1 | 1 << 29 | 1 << 19));
            assert_eq!((info(0), info(8), info(16), info(24) as u32), (11 | 1 << 32, 0, 0x123_4567, 14));
        } else {
            assert_eq!((regs.rip, regs.rsp % 16), (TRAMPOLINE.0, 0));
            assert_eq!(u64_at(&memory, regs.rsp), HANDLER.0);
            let (mc, rip, rsp, rflags) = if name == "freebsd" { (16, 160, 184, 176) } else { (64, 168, 192, 184) };
            assert_eq!((word(mc + rip), word(mc + rsp)), (0x40_1234, interrupted().rsp));
            assert_eq!((word(mc + 8), word(mc + 120)), (6, 15));
            assert_eq!(word(mc + rflags), interrupted().rflags);
            assert_eq!(word(0), 1 | 1 << 29 | 1 << 19);
            assert_eq!((info(0), info(8) as u32, info(24)), (11, 1, 0x123_4567));
        }
        if name == "freebsd" {
            let got = (word(16 + 128) as u32, word(16 + 136), word(16 + 152), word(16 + 200), word(16 + 736));
            assert_eq!(got, (12, 0x123_4567, 6, 800, 0xf5));
            assert_eq!([0x9000, 0x8000, 0], [824, 832, 840].map(word), "the alternate stack's record");
        }
    }
}

#[test]
fn a_handlers_return_restores_everything() {
    for system in SYSTEMS {
        for len in [512, 832, 2696] {
            let memory = memory();
            let image = image(len);
            let (handler, context) = delivered(system, &memory, &image);
            let mut regs = Regs { rip: 99, rflags: 0x202, ..handler };
            let resumed = system.resume(&mut regs, context, &memory).expect("a context");
            assert_eq!(regs, interrupted(), "{} {len}", system.os.name);
            assert_eq!(resumed.mask, Some(MASK));
            assert_eq!(resumed.tls, None, "the thread pointer did not change");
            let mut expected = image;
            if len > 512 {
                expected[512] |= 3;
            }
            assert_eq!(resumed.fp, Some(expected), "{} {len}", system.os.name);
        }
    }
}

#[test]
fn a_handler_may_edit_its_context() {
    for system in SYSTEMS {
        let memory = memory();
        let (handler, context) = delivered(system, &memory, &image(2696));
        let at = |reg| system.context.regs.iter().find(|(it, _)| *it == reg).map(|(_, at)| context.plus(*at));
        let put = |reg, word: u64| memory.write(at(reg).expect("a register"), &word.to_le_bytes()).expect("memory");
        put(Reg::Rip, 0x40_9999);
        put(Reg::Rsp, interrupted().rsp - 8);
        put(Reg::Rflags, u64::MAX);
        let xmm = context.plus(system.context.fp.at + 160);
        memory.write(xmm, &[0xee; 256]).expect("memory");
        let mut regs = handler;
        let resumed = system.resume(&mut regs, context, &memory).expect("a context");
        assert_eq!((regs.rip, regs.rsp), (0x40_9999, interrupted().rsp - 8));
        assert_eq!(regs.rflags, FLAGS_USER | FLAGS_FIXED, "no flag that a program cannot set");
        let fp = resumed.fp.expect("a state");
        assert_eq!((fp.len(), &fp[160..416]), (2696, &[0xee; 256][..]));
        assert_eq!(fp[600..], image(2696)[600..]);
        put(Reg::Rip, 1 << 63);
        assert_eq!(system.resume(&mut regs, context, &memory).err(), Some(Errno::EINVAL));
        assert_eq!(regs.rip, 0x40_9999);
    }
}

#[test]
fn a_copied_context_brings_back_what_it_holds() {
    for system in SYSTEMS {
        let memory = memory();
        let (handler, context) = delivered(system, &memory, &image(2696));
        let mut bytes = vec![0; system.context.len as usize];
        memory.read(context, &mut bytes).expect("memory");
        let copy = STACK.start.plus(0x800);
        memory.write(copy, &bytes).expect("memory");
        let mut regs = handler;
        let resumed = system.resume(&mut regs, copy, &memory).expect("a context");
        assert_eq!(regs, interrupted());
        let fp = resumed.fp.expect("a state");
        // FreeBSD's own record names the rest of the image; the others know only what they hold.
        assert_eq!(fp.len(), if system.os.name == "freebsd" { 2696 } else { 512 });
        assert_eq!(fp[..512], image(2696)[..512]);
    }
}

#[test]
fn a_frame_stays_on_its_alternate_stack() {
    for system in SYSTEMS {
        let memory = memory();
        let image = image(2696);
        let alt_stack = AltStack { base: STACK.start.plus(0x1000), len: 0x2000 };
        let frame = Frame { on_alt_stack: true, alt_stack, ..frame(&image, alt_stack.top()) };
        let mut regs = interrupted();
        system.deliver(&mut regs, &frame, &memory).expect("room");
        assert!(alt_stack.holds(Addr(regs.rsp)));
        let alt_stack = AltStack { len: 0x800, ..alt_stack };
        let frame = Frame { alt_stack, stack: alt_stack.top(), ..frame };
        assert_eq!(system.deliver(&mut interrupted(), &frame, &memory), Err(Errno::EFAULT));
    }
}

#[test]
fn a_handler_without_siginfo_gets_the_code() {
    let memory = memory();
    let mut regs = interrupted();
    let mut frame = frame(&[], Addr(regs.rsp));
    frame.action.flags = SaFlags(0);
    frame.delivery = Delivery { code: 1, ..Delivery::plain(Signal::FPE) };
    crate::freebsd::AMD64.deliver(&mut regs, &frame, &memory).expect("room");
    assert_eq!((regs.rdi, regs.rsi, regs.rcx), (8, 2, 0));
    // No floating-point state in, none out.
    let context = Addr(regs.rdx);
    let resumed = crate::freebsd::AMD64.resume(&mut regs, context, &memory).expect("a context");
    assert_eq!(resumed.fp, None);
}

#[test]
fn a_saved_context_returns_zero() {
    for system in SYSTEMS {
        let memory = memory();
        let at = STACK.start;
        system.save(&interrupted(), at, MASK, &image(832), &memory).expect("memory");
        let mut regs = Regs { fs_base: 0xf5, ..Regs::default() };
        let resumed = system.resume(&mut regs, at, &memory).expect("a context");
        let expected = Regs { rax: 0, rdx: 0, rflags: interrupted().rflags & !FLAG_CARRY, ..interrupted() };
        assert_eq!((regs, resumed.mask), (expected, Some(MASK)), "{}", system.os.name);
    }
}

#[test]
fn trampolines_agree_with_frames() {
    for (system, sigreturn) in [(&crate::freebsd::AMD64, 417u16), (&crate::dragonfly::AMD64, 344)] {
        let Entry::Trampoline { context, info, len } = system.entry else { panic!("no trampoline") };
        assert_eq!((info, len), (context + system.context.len, context + system.context.len + 80));
        let code = system.os.trampoline;
        assert_eq!(u64::from(code[7]), context);
        assert_eq!(u16::from_le_bytes([code[11], code[12]]), sigreturn);
        let row = crate::row_of(system.os.calls, u64::from(sigreturn)).expect("a row");
        assert_eq!(row.name(), "sigreturn");
    }
}

#[test]
fn layouts_name_each_register_once_inside_the_record() {
    for system in SYSTEMS {
        let mut places: Vec<u64> = system.context.regs.iter().map(|(_, at)| *at).collect();
        places.sort_unstable();
        assert_eq!(places.len(), 18);
        assert!(places.is_sorted_by(|a, b| b - a >= 8));
        assert!(system.context.fp.at + system.context.fp.len <= system.context.len);
        assert!(system.wide.has(197) && !system.wide.has(0x1_0000 + 197) && !system.wide.has(4));
    }
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
        let (handler, context) = delivered(system, &memory, &image(832));
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
            if let Ok(resumed) = system.resume(&mut regs, context, &memory) {
                assert_eq!(regs.rflags & !FLAGS_USER, FLAGS_FIXED);
                assert!(regs.rip < USER_END && regs.rsp < USER_END);
                assert!(resumed.fp.is_none_or(|fp| fp.len() >= 512 && fp.len() <= 512 + (64 << 10)));
            } else {
                assert_eq!(regs, handler, "a refused context changes nothing");
            }
        }
        assert!(system.resume(&mut handler.clone(), Addr(8), &memory).is_err());
        let nowhere = frame(&[], Addr(64));
        assert!(system.deliver(&mut interrupted(), &nowhere, &memory).is_err());
    }
}

use super::*;
use crate::testing::{Fake, Given};
use crate::{Action, AltStack, Fail, Handler, SaFlags, Value};
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::{Errno, SigSet, Signal, Sys};

static SYSTEMS: &[&crate::Os] = &[&crate::dragonfly::OS, &crate::freebsd::OS, &crate::netbsd::OS];

fn words(os: &'static crate::Os) -> &'static Words {
    match os.name {
        "dragonfly" => crate::dragonfly::FAMILY.signals,
        "freebsd" => crate::freebsd::FAMILY.signals,
        _ => crate::netbsd::FAMILY.signals,
    }
}

#[test]
fn numbers_go_both_ways() {
    for os in SYSTEMS {
        for linux in 1..=64 {
            let number = (os.signal)(Signal(linux));
            if number != 0 {
                assert_eq!((os.signal_from)(u64::from(number)), Some(Signal(linux)), "{} {linux}", os.name);
            }
        }
        for number in 1..=31 {
            let linux = (os.signal_from)(number).expect("a signal");
            assert_eq!((os.signal)(linux), number as u32);
            // The second source: the name, which Linux has under another number.
            let name = (os.signal_name)(number as u32).expect("a name");
            if !matches!(name, "SIGEMT" | "SIGINFO") {
                assert_eq!(linux.name(), Some(name));
            }
        }
        assert_eq!(((os.signal_from)(0), (os.signal_from)(129), (os.signal)(Signal::STKFLT)), (None, None, 0));
    }
    assert_eq!((crate::netbsd::OS.signal_from)(32), Some(Signal::PWR));
    assert_eq!((crate::freebsd::OS.signal_from)(65), Some(Signal(35)));
}

#[test]
fn sets_have_a_bit_for_each_number() {
    for os in SYSTEMS {
        let map = words(os).map;
        let set = SigSet::of(Signal::CHLD).with(Signal::HUP).with(Signal::BUS);
        assert_eq!(map.set_from_linux(set), (1u128 << 19 | 1 | 1 << 9).to_le_bytes());
        assert_eq!(map.set_to_linux(map.set_from_linux(set)), set);
        let all = map.set_to_linux([0xff; 16]);
        assert_eq!(map.set_to_linux(map.set_from_linux(all)), all);
        assert!(all.has(Signal::SEGV) && all.has(Signal::URG) && !all.has(Signal::STKFLT));
    }
}

#[test]
fn wait_statuses_name_the_guests_signals() {
    for os in SYSTEMS {
        let status = |linux| words(os).status_from_linux(linux);
        assert_eq!((status(0x2a00), status(0)), (0x2a00, 0));
        assert_eq!((status(7), status(0x8b), status(10)), (10, 0x8b, 30));
        assert_eq!(status(19 << 8 | 0x7f), 17 << 8 | 0x7f);
        assert_eq!(status(0xffff), if os.name == "netbsd" { 0xffff } else { 19 });
    }
}

#[test]
fn codes_are_the_systems_own() {
    let code = |os, signal, code| words(os).code_from_linux(signal, code);
    let [dragonfly, freebsd, netbsd] = [SYSTEMS[0], SYSTEMS[1], SYSTEMS[2]];
    assert_eq!([dragonfly, freebsd, netbsd].map(|os| code(os, Signal::INT, 0)), [0, 0x10001, 0]);
    assert_eq!([dragonfly, freebsd, netbsd].map(|os| code(os, Signal::FPE, 1)), [2, 2, 1]);
    assert_eq!([dragonfly, freebsd, netbsd].map(|os| code(os, Signal::FPE, 2)), [1, 1, 2]);
    assert_eq!([dragonfly, freebsd, netbsd].map(|os| code(os, Signal::SEGV, 2)), [2, 2, 2]);
    assert_eq!([dragonfly, freebsd, netbsd].map(|os| code(os, Signal::URG, -6)), [0, 0x10007, -5]);
    assert_eq!([dragonfly, freebsd, netbsd].map(|os| code(os, Signal::TRAP, 0x80)), [1, 1, 1]);
    let mut child = crate::Delivery { code: 2, status: 10, pid: 5, ..crate::Delivery::plain(Signal::CHLD) };
    let info = words(freebsd).info.encode(words(freebsd), &child);
    assert_eq!((info.len(), info[0], info[8], info[12], info[20]), (80, 20, 2, 5, 30));
    child.code = 1;
    let info = words(netbsd).info.encode(words(netbsd), &child);
    assert_eq!((info.len(), info[0], info[4], info[16], info[24]), (128, 20, 1, 5, 10));
}

/// The number of sigaction, where its flags are and where its mask is.
fn sigaction_of(os: &crate::Os) -> (u16, usize, usize) {
    match os.name {
        "dragonfly" => (342, 8, 12),
        "freebsd" => (416, 8, 12),
        _ => (340, 24, 8),
    }
}

#[test]
fn an_action_is_set_and_read_back() {
    for os in SYSTEMS {
        let (number, flags_at, mask_at) = sigaction_of(os);
        let mut fake = Fake::new(os);
        let mut record = [0u8; 32];
        record[..8].copy_from_slice(&0x40_1000u64.to_le_bytes());
        record[flags_at] = 0x43;
        record[mask_at + 1] = 0x80 | 0x02; // SIGURG is 16, SIGBUS 10
        let (new, old) = (fake.put(&record), fake.alloc(32));
        assert_eq!(fake.call(number, &[30, new.0, 0, 0x7777, 2]), Ok(Value::One(0)));
        let action = fake.kernel.actions.borrow()[&Signal::USR1];
        let expected = Action {
            handler: Handler::Guest(Addr(0x40_1000)),
            flags: SaFlags(SaFlags::ONSTACK | SaFlags::RESTART | SaFlags::SIGINFO),
            mask: SigSet::of(Signal::URG).with(Signal::BUS),
            trampoline: action.trampoline,
            version: action.version,
        };
        assert_eq!(action, expected);
        if os.name == "netbsd" {
            assert_eq!((action.trampoline, action.version), (Addr(0x7777), 2));
            assert_eq!(fake.call(number, &[30, new.0, 0, 0, 2]), Err(Errno::EINVAL.into()));
        }
        assert_eq!(fake.call(number, &[30, 0, old.0, 0, 0]), Ok(Value::One(0)));
        assert_eq!(fake.get(old, 32), record);
        assert_eq!(fake.call(number, &[9, new.0, 0, 1, 2]), Err(Errno::EINVAL.into()));
        assert_eq!(fake.call(number, &[129, 0, 0, 1, 2]), Err(Errno::EINVAL.into()));
        assert_eq!(fake.call(number, &[127, new.0, 0, 1, 2]), Ok(Value::One(0)));
    }
}

#[test]
fn masks_are_blocked_unblocked_and_set() {
    for os in SYSTEMS {
        let number = if os.name == "netbsd" { 293 } else { 340 };
        let mut fake = Fake::new(os);
        let all = fake.put(&[0xff; 16]);
        let chld = fake.put(&(1u128 << 19).to_le_bytes());
        let old = fake.alloc(16);
        fake.call(number, &[3, chld.0, 0]).expect("set");
        assert_eq!(fake.thread.mask, SigSet::of(Signal::CHLD));
        fake.call(number, &[1, all.0, old.0]).expect("blocked");
        assert!(!fake.thread.mask.has(Signal::KILL) && fake.thread.mask.has(Signal::URG));
        assert_eq!(fake.get(old, 16), (1u128 << 19).to_le_bytes());
        fake.call(number, &[2, all.0, 0]).expect("unblocked");
        assert_eq!(fake.thread.mask, SigSet::EMPTY);
        assert_eq!(fake.call(number, &[0, all.0, 0]), Err(Errno::EINVAL.into()));
        // Without a set the first word means nothing.
        assert_eq!(fake.call(number, &[0, 0, old.0]), Ok(Value::One(0)));
    }
}

#[test]
fn alternate_stacks_have_pointer_size_flags() {
    for os in SYSTEMS {
        let number = if os.name == "netbsd" { 281 } else { 53 };
        let mut fake = Fake::new(os);
        let record = |base: u64, len: u64, flags: u64| [base, len, flags].map(u64::to_le_bytes).as_flattened().to_vec();
        let old = fake.alloc(24);
        let new = fake.put(&record(0x10_0000, 0x8000, 0));
        assert_eq!(fake.call(number, &[new.0, old.0]), Ok(Value::One(0)));
        assert_eq!(fake.get(old, 24), record(0, 0, 4));
        assert_eq!(fake.thread.alt_stack, AltStack { base: Addr(0x10_0000), len: 0x8000 });
        let small = fake.put(&record(0x10_0000, 64, 0));
        assert_eq!(fake.call(number, &[small.0, 0]), Err(Errno::ENOMEM.into()));
        let odd = fake.put(&record(0x10_0000, 0x8000, 2));
        assert_eq!(fake.call(number, &[odd.0, 0]), Err(Errno::EINVAL.into()));
        fake.thread.sp = Addr(0x10_4000);
        assert_eq!(fake.call(number, &[new.0, 0]), Err(Errno::EPERM.into()));
        fake.call(number, &[0, old.0]).expect("asked");
        assert_eq!(fake.get(old, 24), record(0x10_0000, 0x8000, 1));
        fake.thread.sp = Addr(0x20_0000);
        let off = fake.put(&record(0, 0, 4));
        fake.call(number, &[off.0, 0]).expect("disabled");
        assert_eq!(fake.thread.alt_stack, AltStack::default());
    }
}

#[test]
fn signals_are_sent_under_linuxs_numbers() {
    for os in SYSTEMS {
        let mut fake = Fake::new(os);
        fake.call(37, &[0xffff_fff0, 20]).expect("sent");
        let made = fake.one();
        assert_eq!((made.sys, made.word(0) as i64, made.word(1)), (Sys::KILL, -16, 17));
        fake.call(37, &[5, 0]).expect("asked");
        assert_eq!(fake.one().word(1), 0);
        assert_eq!(fake.call(37, &[5, 200]), Err(Errno::EINVAL.into()));
    }
}

#[test]
fn a_signal_waited_for_is_told_in_the_guests_words() {
    let mut fake = Fake::new(&crate::freebsd::OS);
    let (set, info) = (fake.put(&(1u128 << 29).to_le_bytes()), fake.alloc(80));
    let mut linux = [0u8; 128];
    linux[0] = 10;
    linux[16] = 77;
    fake.reply(Ok(10), &[&linux]);
    assert_eq!(fake.call(346, &[set.0, info.0]), Ok(Value::One(30)));
    let made = fake.one();
    assert_eq!((made.bytes(0), &made.args[1]), (&(1u64 << 9).to_le_bytes()[..], &Given::Out(128)));
    let info = fake.get(info, 80);
    assert_eq!((info[0], &info[8..12], info[12]), (30, &0x10001u32.to_le_bytes()[..], 77));
    fake.reply(Err(Errno::RESTART), &[]);
    assert_eq!(fake.call(345, &[set.0, 0, 0]), Err(Fail::Linux(Errno::EINTR)));
}

#[test]
fn error_numbers_agree_with_their_names() {
    for os in SYSTEMS {
        let mut seen: Vec<u16> = Vec::new();
        for (errno, linux) in ashore_pivot::ERRNOS {
            let number = (os.errno)(*errno);
            assert_ne!(number, 0);
            let name = (os.errno_name)(number).unwrap_or_else(|| panic!("{} has no {number}", os.name));
            if name == *linux {
                assert!(!seen.contains(&number), "{number} twice");
                seen.push(number);
            }
        }
        // All that the systems share came through under their own names.
        assert!(seen.len() >= 82, "{}: {}", os.name, seen.len());
        let number = |errno| (os.errno)(errno);
        assert_eq!((number(Errno::EAGAIN), number(Errno::EDEADLK), number(Errno::ENOSYS)), (35, 11, 78));
        assert_eq!((number(Errno::RESTART), number(Errno::EOPNOTSUPP), number(Errno(999))), (4, 45, 22));
    }
    // What the systems number differently: ECANCELED, EILSEQ, EPROTO, ENOTRECOVERABLE, ENOMEDIUM.
    let differ = [Errno::ECANCELED, Errno::EILSEQ, Errno::EPROTO, Errno::ENOTRECOVERABLE, Errno::ENOMEDIUM];
    let numbers: Vec<[u16; 5]> = SYSTEMS.iter().map(|os| differ.map(os.errno)).collect();
    assert_eq!(numbers, [[85, 86, 92, 22, 93], [85, 86, 92, 95, 6], [87, 85, 96, 98, 6]]);
}

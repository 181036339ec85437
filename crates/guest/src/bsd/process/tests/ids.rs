//! Ids, limits, priorities, timers and the break.

use super::SYSTEMS;
use crate::testing::{Fake, PID};
use crate::{Value, dragonfly, freebsd, netbsd};
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::{Errno, Sys};

fn words(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

#[test]
fn netbsd_tells_two_ids_at_once() {
    let mut fake = Fake::new(&netbsd::OS);
    fake.reply(Ok(6), &[]);
    assert_eq!(fake.call(20, &[]), Ok(Value::Two(PID as u64, 6)));
    assert_eq!(fake.made()[0].sys, Sys::GETPPID);
    for (number, first) in [(24, Sys::GETUID), (47, Sys::GETGID)] {
        fake.reply(Ok(5), &[]);
        fake.reply(Ok(6), &[]);
        assert_eq!(fake.call(number, &[]), Ok(Value::Two(5, 6)));
        assert_eq!(fake.made()[0].sys, first);
    }
    let mut fake = Fake::new(&freebsd::OS);
    fake.reply(Ok(5), &[]);
    assert_eq!(fake.call(20, &[]), Ok(Value::One(5)));
}

#[test]
fn the_effective_group_comes_first() {
    for os in [&dragonfly::OS, &freebsd::OS] {
        let mut fake = Fake::new(os);
        let groups = fake.alloc(64);
        fake.reply(Ok(100), &[]);
        fake.reply(Ok(3), &[&[4, 0, 0, 0, 100, 0, 0, 0, 27, 0, 0, 0]]);
        assert_eq!(fake.call(79, &[16, groups.0]), Ok(3.into()));
        assert_eq!(fake.get(groups, 12), [100, 0, 0, 0, 4, 0, 0, 0, 27, 0, 0, 0]);
        fake.reply(Ok(100), &[]);
        fake.reply(Ok(1), &[&[4, 0, 0, 0]]);
        assert_eq!(fake.call(79, &[1, groups.0]), Err(Errno::EINVAL.into()));
    }
}

#[test]
fn limits_have_other_numbers_and_another_infinity() {
    for os in SYSTEMS {
        let mut fake = Fake::new(os);
        let limit = fake.alloc(16);
        for (guest, linux) in [(6u64, 8), (7, 6), (8, 7), (10, 9), (3, 3)] {
            fake.reply(Ok(0), &[&words(&[1024, u64::MAX])]);
            fake.call(194, &[guest, limit.0]).unwrap();
            assert_eq!(fake.get(limit, 16), words(&[1024, i64::MAX as u64]), "{} {guest}", os.name);
            assert_eq!(fake.one().word(1), linux);
        }
        let new = fake.put(&words(&[1 << 62, i64::MAX as u64]));
        fake.call(195, &[8, new.0]).unwrap();
        assert_eq!(fake.one().bytes(2), words(&[1 << 62, u64::MAX]));
        let new = fake.put(&words(&[7, 8]));
        fake.call(195, &[9, new.0]).unwrap();
        fake.call(194, &[9, limit.0]).unwrap();
        assert_eq!((fake.get(limit, 16), fake.made()), (words(&[7, 8]), Vec::new()));
        assert_eq!(fake.call(194, &[40, limit.0]), Err(Errno::EINVAL.into()));
    }
}

#[test]
fn a_nice_value_may_be_below_zero() {
    for os in SYSTEMS {
        let mut fake = Fake::new(os);
        fake.reply(Ok(25), &[]);
        assert_eq!(fake.call(100, &[0, 0]), Ok((-5i64 as u64).into()));
    }
}

#[test]
fn the_thread_or_the_machine_is_not_made_to_lie() {
    for os in SYSTEMS {
        let mut fake = Fake::new(os);
        assert_eq!(fake.call(26, &[0, 0, 0, 0]), Err(Errno::EPERM.into()));
        assert_eq!(fake.call(45, &[0; 4]), Err(Errno::ENOSYS.into()));
    }
    let mut fake = Fake::new(&freebsd::OS);
    assert_eq!(fake.call(516, &[]), Err(Errno::ENOSYS.into()));
    assert!(fake.made().is_empty());
}

#[test]
fn a_login_name_is_for_the_superuser_to_set() {
    for os in SYSTEMS {
        let mut fake = Fake::new(os);
        let (name, buffer) = (fake.put_str("ann"), fake.alloc(32));
        fake.reply(Ok(1000), &[]);
        assert_eq!(fake.call(50, &[name.0]), Err(Errno::EPERM.into()));
        fake.call(50, &[name.0]).unwrap();
        fake.call(49, &[buffer.0, 32]).unwrap();
        assert_eq!(fake.get(buffer, 5), b"ann\0\0", "{}", os.name);
    }
}

#[test]
fn a_timers_event_changes_its_layout() {
    for (os, number) in [(&freebsd::OS, 235), (&netbsd::OS, 235)] {
        let mut fake = Fake::new(os);
        let mut event = [0; 80];
        event[0] = 1;
        event[4] = 30;
        event[8] = 0x77;
        let (event, id) = (fake.put(&event), fake.alloc(4));
        fake.reply(Ok(0), &[&[5, 0, 0, 0]]);
        fake.call(number, &[0, event.0, id.0]).unwrap();
        let made = fake.one();
        assert_eq!(made.bytes(1)[..16], [0x77, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(fake.u32(id), 5);
    }
}

#[test]
fn the_break_grows_and_shrinks_by_pages() {
    for os in SYSTEMS {
        let mut fake = Fake::new(os);
        let start = 0x50_0000;
        fake.call(17, &[start - 100]).unwrap();
        assert!(fake.kernel.maps.borrow().is_empty());
        fake.call(17, &[start + 0x1800]).unwrap();
        let map = fake.kernel.maps.borrow()[0];
        assert_eq!((map.at, map.len, map.flags), (Addr(start), 0x2000, 0x10_0022));
        fake.call(17, &[start + 0x800]).unwrap();
        assert_eq!(fake.kernel.unmaps.borrow()[0].start, Addr(start + 0x1000), "{}", os.name);
    }
}

#[test]
fn a_timer_may_be_a_descriptor() {
    for (os, create, set, cloexec) in [(&freebsd::OS, 585, 587, 0x10_0000), (&netbsd::OS, 177, 178, 0x40_0000)] {
        let mut fake = Fake::new(os);
        let monotonic = if os.name == "netbsd" { 3 } else { 4 };
        fake.call(create, &[monotonic, cloexec | 4]).unwrap();
        let made = fake.one();
        assert_eq!((made.sys, made.word(0), made.word(1)), (Sys::TIMERFD_CREATE, 1, 0x8_0800));
        assert_eq!(fake.call(set, &[5, 4, 0, 0]), Err(Errno::EINVAL.into()));
    }
}

#[test]
fn no_thread_keeps_what_another_gives_up() {
    for os in SYSTEMS {
        let mut fake = Fake::new(os);
        fake.call(23, &[1000]).unwrap();
        assert_eq!(fake.one().sys, Sys::SETUID);
        fake.kernel.threads.borrow_mut().push((2, 1002));
        let id = 1000u32.to_le_bytes();
        fake.reply(Ok(0), &[&id, &id, &id]);
        fake.call(23, &[1000]).unwrap();
        fake.reply(Ok(0), &[&[0; 4], &[0; 4], &[0; 4]]);
        assert_eq!(fake.call(23, &[1000]), Err(Errno::EPERM.into()), "{}", os.name);
        fake.reply(Ok(0), &[&[0; 4], &id, &[0; 4]]);
        fake.call(183, &[1000]).unwrap();
        let groups = fake.put(&id);
        assert_eq!(fake.call(80, &[1, groups.0]), Err(Errno::EPERM.into()));
        assert_eq!(fake.kernel.notes.borrow().len(), 2);
    }
}

#[test]
fn the_first_group_set_is_the_effective_one() {
    for os in [&dragonfly::OS, &freebsd::OS] {
        let mut fake = Fake::new(os);
        let groups = fake.put(&[7, 0, 0, 0, 8, 0, 0, 0]);
        fake.call(80, &[2, groups.0]).unwrap();
        let made = fake.made();
        assert_eq!((made[0].sys, made[0].word(0), made[0].bytes(1)), (Sys::SETGROUPS, 1, &[8, 0, 0, 0][..]));
        assert_eq!((made[1].sys, made[1].word(1)), (Sys::SETRESGID, 7));
    }
}

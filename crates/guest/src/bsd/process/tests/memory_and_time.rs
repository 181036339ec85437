//! Mappings, clocks and sleeping, through the calls.

use super::SYSTEMS;
use crate::testing::{Fake, Given};
use crate::{Fail, Os, Value, freebsd, netbsd};
use alloc::vec::Vec;
use ashore_base::{Addr, AddrRange};
use ashore_pivot::{Errno, Sys};

fn map(os: &'static Os, words: [u64; 6]) -> Result<crate::MapRequest, Fail> {
    let mut fake = Fake::new(os);
    let number = if os.name == "freebsd" { 477 } else { 197 };
    let [a, b, c, d, e, offset] = words;
    let words = if number == 477 { [a, b, c, d, e, offset, 0] } else { [a, b, c, d, e, 0xdead, offset] };
    fake.call(number, &words)?;
    let maps = fake.kernel.maps.borrow();
    Ok(maps[0])
}

#[test]
fn anonymous_memory_is_private_by_default() {
    for os in SYSTEMS {
        let request = map(os, [0, 0x2000, 3, 0x1002, -1i64 as u64, 0]).unwrap();
        assert_eq!((request.flags, request.fd, request.align), (0x22, -1, 0), "{}", os.name);
        assert_eq!(map(os, [0, 0x2000, 3, 0x1000, -1i64 as u64, 0]).unwrap().flags, 0x22);
        assert_eq!(map(os, [0x5000, 0x2000, 0, 0x1012, -1i64 as u64, 0]).unwrap().flags, 0x32);
        assert_eq!(map(os, [0, 0, 3, 0x1002, -1i64 as u64, 0]).unwrap_err(), Errno::EINVAL.into());
    }
}

#[test]
fn offsets_need_not_be_whole_pages_and_come_after_a_pad() {
    for os in SYSTEMS {
        let mut fake = Fake::new(os);
        let number = if os.name == "freebsd" { 477 } else { 197 };
        let words: [u64; 7] = if number == 477 { [0, 10, 1, 1, 5, 0x1007, 0] } else { [0, 10, 1, 1, 5, 9, 0x1007] };
        let Ok(Value::One(at)) = fake.call(number, &words) else { panic!("{}", os.name) };
        let request = fake.kernel.maps.borrow()[0];
        assert_eq!((request.len, request.offset, request.fd, at & 0xfff), (17, 0x1000, 5, 7));
    }
}

#[test]
fn the_allocators_flags_of_freebsd() {
    let os = &freebsd::OS;
    let stack = map(os, [0, 0x10000, 3, 0x400, -1i64 as u64, 0]).unwrap();
    assert_eq!(stack.flags, 0x22 | 0x4000);
    let guard = map(os, [0, 0x10000, 0, 0x2000, -1i64 as u64, 0]).unwrap();
    assert_eq!((guard.flags, guard.prot.0), (0x22 | 0x4000, 0));
    let exclusive = map(os, [0x10000, 0x1000, 3, 0x5012, -1i64 as u64, 0]).unwrap();
    assert_eq!(exclusive.flags, 0x22 | 0x10_0000);
    assert_eq!(map(os, [0, 0x1000, 3, 0x1002 | 21 << 24, -1i64 as u64, 0]).unwrap().align, 2 << 20);
    assert_eq!(map(os, [0, 0x1000, 3, 0x1002 | 1 << 24, -1i64 as u64, 0]).unwrap().align, 2 << 20);
    assert_eq!(map(os, [0, 0x1000, 3, 0x8_1002, -1i64 as u64, 0]).unwrap().flags, 0x62);
    // PROT_MAX(READ | WRITE) with READ.
    assert_eq!(map(os, [0, 0x1000, 1 | 3 << 16, 0x1002, -1i64 as u64, 0]).unwrap().prot.0, 1);
    for bad in [0x4000_u64 | 0x1002, 0x1003, 0x1002 | 0x100, 0x1002 | 2 << 24] {
        assert_eq!(map(os, [0, 0x1000, 3, bad, -1i64 as u64, 0]).unwrap_err(), Errno::EINVAL.into(), "{bad:#x}");
    }
    assert!(map(os, [0, 0x1000, 3, 0x1002, 5, 0]).is_err());
}

#[test]
fn unmapping_takes_the_pages_it_touches() {
    for os in SYSTEMS {
        let mut fake = Fake::new(os);
        fake.call(73, &[0x1001, 0x1000]).unwrap();
        let range = AddrRange { start: Addr(0x1000), end: Addr(0x3000) };
        assert_eq!(*fake.kernel.unmaps.borrow(), [range]);
        assert!(fake.call(73, &[u64::MAX - 5, 100]).is_err());
    }
}

#[test]
fn unneeded_memory_keeps_its_contents() {
    for (os, free) in SYSTEMS.into_iter().zip([5, 5, 6]) {
        let mut fake = Fake::new(os);
        fake.call(75, &[0x1000, 0x1000, 4]).unwrap();
        assert!(fake.made().is_empty(), "{}", os.name);
        fake.call(75, &[0x1000, 0x1000, free]).unwrap();
        assert_eq!((fake.made()[0].sys, 8), (Sys::MADVISE, 8));
        assert!(fake.call(75, &[0x1000, 0x1000, 77]).is_err());
    }
}

#[test]
fn a_disturbed_sleep_tells_the_rest() {
    for (os, number) in SYSTEMS.into_iter().zip([240, 240, 430]) {
        let mut fake = Fake::new(os);
        let time = |sec: i64, nanos: i64| [sec.to_le_bytes(), nanos.to_le_bytes()].concat();
        let wanted = fake.put(&time(5, 0));
        let rest = fake.alloc(16);
        fake.reply(Ok(0), &[&time(100, 500_000_000)]);
        fake.reply(Err(Errno::RESTART), &[]);
        fake.reply(Ok(0), &[&time(102, 0)]);
        assert_eq!(fake.call(number, &[wanted.0, rest.0]), Err(Errno::EINTR.into()));
        assert_eq!(fake.get(rest, 16), time(3, 500_000_000));
        let made = fake.made();
        assert_eq!((made[1].sys, made[1].bytes(2)), (Sys::CLOCK_NANOSLEEP, &time(105, 500_000_000)[..]));
        assert!(made[1].waits);

        let never = fake.put(&time(1, 1_000_000_000));
        assert_eq!(fake.call(number, &[never.0, rest.0]), Err(Errno::EINVAL.into()));
    }
}

#[test]
fn the_monotonic_clock_has_its_own_number() {
    for (os, (number, clock)) in SYSTEMS.into_iter().zip([(232, 4), (232, 4), (427, 3)]) {
        let mut fake = Fake::new(os);
        fake.call(number, &[clock, 0x9000]).unwrap();
        let made = fake.one();
        assert_eq!((made.sys, made.word(0), made.word(1)), (Sys::CLOCK_GETTIME, 1, 0x9000), "{}", os.name);
        assert_eq!(fake.call(number, &[99, 0x9000]), Err(Errno::EINVAL.into()));
    }
}

#[test]
fn short_microseconds_ignore_their_padding() {
    let mut fake = Fake::new(&netbsd::OS);
    let mut timer: Vec<u8> = Vec::new();
    for (sec, usec) in [(1i64, 2u32), (3, 4)] {
        timer.extend_from_slice(&sec.to_le_bytes());
        timer.extend_from_slice(&usec.to_le_bytes());
        timer.extend_from_slice(&[0xff; 4]);
    }
    let timer = fake.put(&timer);
    fake.call(425, &[2, timer.0, 0]).unwrap();
    let made = fake.one();
    let words: Vec<u8> = [1u64, 2, 3, 4].iter().flat_map(|word| word.to_le_bytes()).collect();
    assert_eq!((made.sys, made.bytes(1), &made.args[2]), (Sys::SETITIMER, &words[..], &Given::Out(32)));
}

#[test]
fn a_cpu_mask_is_as_long_as_it_was_asked() {
    let mut fake = Fake::new(&freebsd::OS);
    let mask = fake.put(&[0xaa; 128]);
    fake.reply(Ok(8), &[&[3, 0, 0, 0, 0, 0, 0, 0]]);
    fake.call(487, &[3, 2, -1i64 as u64, 128, mask.0]).unwrap();
    let mut wanted = [0; 128];
    wanted[0] = 3;
    assert_eq!(fake.get(mask, 128), wanted);
}

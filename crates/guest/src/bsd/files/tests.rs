//! The file calls, asked as a program would.

use super::open::{flags_to_linux, linux_flag, status_from_linux};
use crate::testing::Fake;
use crate::{Fail, Value, dragonfly, freebsd, netbsd};
use alloc::vec;
use alloc::vec::Vec;
use ashore_base::{Addr, Bytes};
use ashore_pivot::{Errno, Sys};

/// The word of a directory descriptor that means the working directory.
const DRAGONFLY_CWD: u64 = 0xfffa_fdcd;
const LINUX_CWD: u64 = -100i64 as u64;

fn path(fake: &mut Fake, text: &str) -> u64 {
    let at = fake.alloc(text.len() as u64 + 1);
    fake.with(|ctx| ctx.write(at, text.as_bytes())).unwrap();
    at.0
}

fn bytes(fake: &mut Fake, at: Addr, len: u64) -> Vec<u8> {
    fake.with(|ctx| ctx.read_vec(at, len)).unwrap()
}

/// The record that `statx` writes for a file of this mode.
fn facts(mode: u16) -> [u8; 256] {
    let mut record = [0; 256];
    record[0..4].copy_from_slice(&0xfffu32.to_le_bytes());
    record[4..8].copy_from_slice(&4096u32.to_le_bytes());
    record[16..20].copy_from_slice(&2u32.to_le_bytes());
    record[20..24].copy_from_slice(&1000u32.to_le_bytes());
    record[24..28].copy_from_slice(&100u32.to_le_bytes());
    record[28..30].copy_from_slice(&mode.to_le_bytes());
    record[32..40].copy_from_slice(&0x1122_3344_5566u64.to_le_bytes());
    record[40..48].copy_from_slice(&77u64.to_le_bytes());
    record[48..56].copy_from_slice(&8u64.to_le_bytes());
    for (at, seconds) in [(64, 11u64), (80, 44), (96, 33), (112, 22)] {
        record[at..at + 8].copy_from_slice(&seconds.to_le_bytes());
    }
    record[136..140].copy_from_slice(&8u32.to_le_bytes());
    record[140..144].copy_from_slice(&1u32.to_le_bytes());
    record
}

#[test]
fn open_flags_are_those_of_each_system() {
    // O_RDWR, O_CREAT, O_EXCL and O_CLOEXEC, as Go's tables have them.
    for (os, cloexec) in [(&dragonfly::OS, 0x2_0000), (&freebsd::OS, 0x10_0000), (&netbsd::OS, 0x40_0000)] {
        let mut fake = Fake::new(os);
        let name = path(&mut fake, "/tmp/x");
        fake.reply(Ok(3), &[]);
        assert_eq!(fake.call(5, &[name, 2 | 0x200 | 0x800 | cloexec, 0o1666]), Ok(Value::One(3)));
        let made = fake.one();
        let expected = linux_flag::RDWR | linux_flag::CREAT | linux_flag::EXCL | linux_flag::CLOEXEC;
        assert_eq!((made.sys, made.word(0), made.bytes(1)), (Sys::OPENAT, LINUX_CWD, &b"/tmp/x\0"[..]));
        assert_eq!((made.word(2), made.word(3)), (expected.into(), 0o666));
        assert!(made.waits);
    }
}

#[test]
fn every_open_bit_has_one_meaning() {
    for family in [&dragonfly::FAMILY, &freebsd::FAMILY, &netbsd::FAMILY] {
        for (bit, linux) in family.files.open {
            assert_eq!(flags_to_linux(family.files, *bit), *linux);
            assert_eq!(bit.count_ones(), 1);
        }
        // What F_GETFL tells of a file opened to append without blocking.
        let linux = linux_flag::WRONLY | linux_flag::APPEND | linux_flag::NONBLOCK | 0x8000;
        assert_eq!(status_from_linux(family.files, linux), 1 | 8 | 4);
    }
}

#[test]
fn a_refused_link_has_the_systems_error() {
    for (os, errno) in [(&dragonfly::OS, 31), (&freebsd::OS, 31), (&netbsd::OS, 79)] {
        let mut fake = Fake::new(os);
        let name = path(&mut fake, "link");
        fake.reply(Err(Errno::ELOOP), &[]);
        fake.reply(Ok(0), &[&facts(0o120_777)]);
        assert_eq!(fake.call(5, &[name, 0x100, 0]), Err(Fail::Own(errno)));
        // A loop on the way there is a loop.
        fake.reply(Err(Errno::ELOOP), &[]);
        fake.reply(Err(Errno::ELOOP), &[]);
        assert_eq!(fake.call(5, &[name, 0x100, 0]), Err(Errno::ELOOP.into()));
    }
}

#[test]
fn an_exclusive_opening_cuts_the_file_once_it_is_locked() {
    let mut fake = Fake::new(&freebsd::OS);
    let name = path(&mut fake, "locked");
    for result in [Ok(7), Ok(0), Ok(0)] {
        fake.reply(result, &[]);
    }
    assert_eq!(fake.call(5, &[name, 1 | 0x20 | 0x400 | 4, 0]), Ok(Value::One(7)));
    let made = fake.made();
    assert_eq!(made.iter().map(|made| made.sys).collect::<Vec<_>>(), [Sys::OPENAT, Sys::FLOCK, Sys::FTRUNCATE]);
    assert_eq!(made[0].word(2), u64::from(linux_flag::WRONLY | linux_flag::NONBLOCK));
    assert_eq!(made[1].word(1), 2 | 4);
    fake.reply(Ok(7), &[]);
    fake.reply(Err(Errno::EAGAIN), &[]);
    assert_eq!(fake.call(5, &[name, 1 | 0x20 | 0x400 | 4, 0]), Err(Errno::EAGAIN.into()));
    assert_eq!(fake.made().last().map(|made| made.sys), Some(Sys::CLOSE));
}

#[test]
fn directory_marks_and_bits_are_translated() {
    let mut fake = Fake::new(&dragonfly::OS);
    let name = path(&mut fake, "dir");
    fake.call(508, &[DRAGONFLY_CWD, name, 2]).unwrap();
    let made = fake.one();
    assert_eq!((made.sys, made.word(0), made.word(2)), (Sys::UNLINKAT, LINUX_CWD, 0x200));
    assert_eq!(fake.call(508, &[DRAGONFLY_CWD, name, 4]), Err(Errno::EINVAL.into()), "AT_EACCESS is no bit of it");
    let mut fake = Fake::new(&freebsd::OS);
    let name = path(&mut fake, "dir");
    fake.reply(Err(Errno::EISDIR), &[]);
    assert_eq!(fake.call(503, &[LINUX_CWD, name, 0]), Err(Errno::EPERM.into()));
}

#[test]
fn stat_records_are_those_of_go() {
    // Offsets of mode, number, size, modification and birth time: Go's ztypes files and the systems' headers.
    let cases = [
        (&dragonfly::OS, 477, 128, 16, 0, 80, 48, None, 12),
        (&netbsd::OS, 441, 152, 8, 16, 112, 64, Some(96), 0),
        (&freebsd::OS, 190, 120, 8, 4, 72, 40, Some(104), 0),
    ];
    for (os, call, len, mode, number, size, mtime, birth, device) in cases {
        let mut fake = Fake::new(os);
        let (name, buf) = (path(&mut fake, "file"), fake.alloc(256));
        fake.reply(Ok(0), &[&facts(0o100_644)]);
        fake.call(call, &[name, buf.0]).unwrap();
        assert_eq!(fake.one().word(2), 0x100, "a link is not followed");
        let record = bytes(&mut fake, buf, 256);
        let record = Bytes(&record);
        assert_eq!(record.u16(mode), Some(0o100_644));
        assert_eq!(record.u32(number), Some(0x3344_5566));
        assert_eq!(record.u64(size), Some(77));
        assert_eq!(record.u64(mtime), Some(22));
        assert_eq!(birth.and_then(|at| record.u64(at)), birth.map(|_| 44));
        assert_eq!(record.u32(device), Some(0x801));
        assert!(record.slice(len, 256 - len).unwrap().iter().all(|byte| *byte == 0));
    }
}

/// An entry as Linux writes it.
fn linux_entry(number: u64, next: u64, kind: u8, name: &str) -> Vec<u8> {
    let len = (19 + name.len() + 1).next_multiple_of(8);
    let mut record = vec![0; len];
    record[0..8].copy_from_slice(&number.to_le_bytes());
    record[8..16].copy_from_slice(&next.to_le_bytes());
    record[16..18].copy_from_slice(&(len as u16).to_le_bytes());
    record[18] = kind;
    record[19..19 + name.len()].copy_from_slice(name.as_bytes());
    record
}

#[test]
fn directory_entries_have_the_systems_layout() {
    let entries = [linux_entry(5, 100, 4, "."), linux_entry(6, 200, 8, "name")].concat();
    // The call, and where the record's length, the name's length, the kind and the name stand.
    let cases = [
        (&freebsd::OS, 554, Some(16), 20, 18, 24),
        (&dragonfly::OS, 479, None, 8, 10, 16),
        (&netbsd::OS, 390, Some(8), 10, 12, 13),
    ];
    for (os, call, record_len, name_len, kind, name) in cases {
        let mut fake = Fake::new(os);
        let (buf, base) = (fake.alloc(4096), fake.alloc(8));
        fake.reply(Ok(50), &[]);
        fake.reply(Ok(entries.len() as u64), &[&entries]);
        let answer = fake.call(call, &[3, buf.0, 4096, base.0]);
        let second = (name as usize + 2).next_multiple_of(8);
        let total = second + (name as usize + 5).next_multiple_of(8);
        assert_eq!(answer, Ok(Value::One(total as u64)));
        let found = bytes(&mut fake, buf, total as u64);
        let record = Bytes(&found[second..]);
        assert_eq!(record.u64(0), Some(6));
        assert_eq!(record_len.and_then(|at| record.u16(at)), record_len.map(|_| (total - second) as u16));
        assert_eq!((record.u16(name_len), record.u8(kind)), (Some(4), Some(8)));
        assert_eq!(record.cstr(name), Some(&b"name"[..]));
        if call != 390 {
            assert_eq!(bytes(&mut fake, base, 8), 50u64.to_le_bytes());
        }
    }
}

#[test]
fn entries_that_do_not_fit_are_read_again() {
    let mut fake = Fake::new(&freebsd::OS);
    let buf = fake.alloc(4096);
    // Three entries of 24 bytes there and 32 here, in room for two.
    let entries = [linux_entry(5, 100, 4, "a"), linux_entry(6, 200, 8, "b"), linux_entry(7, 300, 8, "c")].concat();
    fake.reply(Ok(0), &[]);
    fake.reply(Err(Errno::EINVAL), &[]);
    fake.reply(Ok(entries.len() as u64), &[&entries]);
    assert_eq!(fake.call(554, &[3, buf.0, 72, 0]), Ok(Value::One(64)));
    let made = fake.made();
    assert_eq!((made[1].word(2), made[2].word(2)), (54, 72));
    let back = made.last().unwrap();
    assert_eq!((back.sys, back.word(1), back.word(2)), (Sys::LSEEK, 200, 0));
}

#[test]
fn record_locks_change_order_and_types() {
    let mut fake = Fake::new(&dragonfly::OS);
    let at = fake.alloc(32);
    let mut lock = [0; 24];
    lock[0..8].copy_from_slice(&10u64.to_le_bytes());
    lock[8..16].copy_from_slice(&20u64.to_le_bytes());
    lock[20..22].copy_from_slice(&3u16.to_le_bytes());
    fake.with(|ctx| ctx.write(at, &lock)).unwrap();
    fake.call(92, &[4, 9, at.0]).unwrap();
    let made = fake.one();
    assert_eq!((made.sys, made.word(1), made.waits), (Sys::FCNTL, 7, true));
    let record = Bytes(made.bytes(2));
    assert_eq!((record.u16(0), record.u64(8), record.u64(16)), (Some(1), Some(10), Some(20)));
    // Who holds it, as F_GETLK tells.
    let mut held = [0; 32];
    held[24..28].copy_from_slice(&99u32.to_le_bytes());
    fake.reply(Ok(0), &[&held]);
    fake.call(92, &[4, 7, at.0]).unwrap();
    let found = bytes(&mut fake, at, 24);
    assert_eq!((Bytes(&found).u32(16), Bytes(&found).u16(20)), (Some(99), Some(1)));
}

#[test]
fn pipes_come_in_registers_or_in_memory() {
    let fds = [3u32.to_le_bytes(), 4u32.to_le_bytes()].concat();
    let mut fake = Fake::new(&dragonfly::OS);
    fake.reply(Ok(0), &[&fds]);
    assert_eq!(fake.call(538, &[0, 0x2_0004]), Ok(Value::Two(3, 4)));
    assert_eq!(fake.one().word(1), u64::from(linux_flag::CLOEXEC | linux_flag::NONBLOCK));
    for (os, call) in [(&freebsd::OS, 542), (&netbsd::OS, 453)] {
        let mut fake = Fake::new(os);
        let at = fake.alloc(8);
        fake.reply(Ok(0), &[&fds]);
        assert_eq!(fake.call(call, &[at.0, 0]), Ok(Value::One(0)));
        assert_eq!(bytes(&mut fake, at, 8), fds);
    }
}

#[test]
fn padded_calls_take_the_word_after_the_pad() {
    for os in [&dragonfly::OS, &netbsd::OS] {
        let mut fake = Fake::new(os);
        fake.call(199, &[3, 0xdead, 42, 2]).unwrap();
        let made = fake.one();
        assert_eq!((made.sys, made.word(1), made.word(2)), (Sys::LSEEK, 42, 2));
        fake.call(173, &[3, 0x1000, 16, 0, 42]).unwrap();
        let made = fake.one();
        assert_eq!((made.sys, made.word(3)), (Sys::PREAD64, 42));
    }
    let mut fake = Fake::new(&dragonfly::OS);
    fake.call(173, &[3, 0x1000, 16, 0, u64::MAX]).unwrap();
    assert_eq!(fake.one().sys, Sys::READ, "the offset -1 reads where the file stands");
}

#[test]
fn times_have_the_systems_marks() {
    // UTIME_OMIT for the access time, as Go passes it.
    for (os, call, omit) in [(&freebsd::OS, 547, -2i64), (&dragonfly::OS, 539, -2), (&netbsd::OS, 467, 0x3fff_fffe)] {
        let mut fake = Fake::new(os);
        let (name, times) = (path(&mut fake, "file"), fake.alloc(32));
        fake.with(|ctx| ctx.write(times.plus(8), &omit.to_le_bytes())).unwrap();
        fake.call(call, &[if call == 539 { DRAGONFLY_CWD } else { LINUX_CWD }, name, times.0, 0]).unwrap();
        let made = fake.one();
        assert_eq!(made.sys, Sys::UTIMENSAT);
        assert_eq!(Bytes(made.bytes(2)).u64(8), Some(0x3fff_fffe));
    }
}

#[test]
fn netbsd_microseconds_have_four_bytes() {
    let mut fake = Fake::new(&netbsd::OS);
    let (name, times) = (path(&mut fake, "file"), fake.alloc(32));
    fake.with(|ctx| ctx.write(times.plus(8), &(0xdead_beef_0000_0007u64).to_le_bytes())).unwrap();
    fake.call(420, &[name, times.0]).unwrap();
    assert_eq!(Bytes(fake.one().bytes(2)).u64(8), Some(7000));
}

#[test]
fn a_set_of_descriptors_has_the_systems_words() {
    let mut fake = Fake::new(&netbsd::OS);
    let set = fake.alloc(64);
    fake.with(|ctx| ctx.write(set, &[0xff; 16])).unwrap();
    fake.reply(Ok(1), &[&[2, 0, 0, 0, 0, 0, 0, 0]]);
    assert_eq!(fake.call(417, &[5, set.0, 0, 0, 0]), Ok(Value::One(1)));
    assert_eq!(bytes(&mut fake, set, 6), [2, 0, 0, 0, 0xff, 0xff], "only one word is the call's");
}

#[test]
fn the_running_program_has_a_link_to_it() {
    for (os, call, link) in [(&dragonfly::OS, 58, "/proc/curproc/file"), (&netbsd::OS, 58, "/proc/curproc/exe")] {
        let mut fake = Fake::new(os);
        let (name, buf) = (path(&mut fake, link), fake.alloc(64));
        assert_eq!(fake.call(call, &[name, buf.0, 64]), Ok(Value::One(19)));
        assert_eq!(bytes(&mut fake, buf, 19), b"/home/guest/program");
    }
}

#[test]
fn unknown_requests_are_for_no_terminal() {
    let mut fake = Fake::new(&freebsd::OS);
    assert_eq!(fake.call(54, &[1, 0x2000_1234, 0]), Err(Errno::ENOTTY.into()));
    fake.call(54, &[1, 0xffff_ffff_8004_7476, 0x5000]).unwrap();
    let made = fake.one();
    assert_eq!((made.sys, made.word(1), made.word(2)), (Sys::IOCTL, 0x5410, 0x5000));
}

//! Calls whose words, flags and records are not those of the pivot.

use super::super::OS;
use crate::testing::{Fake, Given};
use crate::{Answer, Fail, Handler, ThreadStart, Value};
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::layout::event::{EPOLLET, EPOLLIN, EpollEvent, EpollEventX86_64};
use ashore_pivot::layout::open::{O_CLOEXEC, O_CREAT, OpenHow, aarch64, x86_64};
use ashore_pivot::layout::sigaction::{SS_DISABLE, SigStack};
use ashore_pivot::layout::stat::{Stat, StatX86_64};
use ashore_pivot::layout::system::{Utsname, name};
use ashore_pivot::{Errno, Sys};

fn number(name: &str) -> u16 {
    OS.calls.iter().find(|row| row.name() == name).expect("a call").number
}

fn call(fake: &mut Fake, name: &str, words: &[u64]) -> Answer {
    fake.call(number(name), words)
}

fn failed(errno: Errno) -> Answer {
    Err(Fail::Linux(errno))
}

#[test]
fn flags_of_open_are_translated_both_ways() {
    let mut fake = Fake::new(&OS);
    let path = fake.put_str("/tmp").0;
    let words = u64::from(aarch64::O_DIRECTORY | aarch64::O_NOFOLLOW | O_CLOEXEC);
    let translated = u64::from(x86_64::O_DIRECTORY | x86_64::O_NOFOLLOW | O_CLOEXEC);
    call(&mut fake, "openat", &[3, path, words, 0o644]).expect("a descriptor");
    let made = fake.one();
    assert_eq!((made.sys, made.bytes(1), made.word(2), made.word(3)), (Sys::OPENAT, &b"/tmp\0"[..], translated, 0o644));
    call(&mut fake, "pipe2", &[0x5000, u64::from(aarch64::O_DIRECT)]).expect("a pipe");
    assert_eq!(fake.one().word(1), u64::from(x86_64::O_DIRECT));
    call(&mut fake, "fcntl", &[3, 4, u64::from(aarch64::O_DIRECT)]).expect("set");
    assert_eq!(fake.one().word(2), u64::from(x86_64::O_DIRECT));
    fake.reply(Ok(u64::from(x86_64::O_LARGEFILE | 2)), &[]);
    assert_eq!(call(&mut fake, "fcntl", &[3, 3, 9]), Ok(Value::One(u64::from(aarch64::O_LARGEFILE | 2))));
    fake.made();
    call(&mut fake, "fcntl", &[3, 0, 9]).expect("a duplicate");
    assert_eq!(fake.one().word(2), 9);

    let how = OpenHow { flags: u64::from(O_CREAT | aarch64::O_NOFOLLOW) | 1 << 40, mode: 0o600, resolve: 8 };
    let at = fake.put(&how.encode()).0;
    call(&mut fake, "openat2", &[3, path, at, 24]).expect("a descriptor");
    let flags = u64::from(O_CREAT | x86_64::O_NOFOLLOW) | 1 << 40;
    assert_eq!(fake.one().bytes(2), OpenHow { flags, ..how }.encode());
    assert_eq!(call(&mut fake, "openat2", &[3, path, at, 23]), failed(Errno::EINVAL));
    assert_eq!(call(&mut fake, "openat2", &[3, path, at, 1 << 40]), failed(Errno::E2BIG));
}

#[test]
fn a_file_is_told_in_the_cpus_layout() {
    let mut fake = Fake::new(&OS);
    let (path, at) = (fake.put_str("").0, fake.alloc(128));
    let stat = Stat { ino: 7, mode: 0o100_600, nlink: 2, size: 9, blksize: 4096, ..Stat::default() };
    for (name, words) in [("fstat", &[5, at.0][..]), ("newfstatat", &[5, path, at.0, 0x1000])] {
        fake.reply(Ok(0), &[&StatX86_64::from(stat).encode()]);
        assert_eq!(call(&mut fake, name, words), Ok(Value::One(0)));
        assert_eq!(fake.get(at, 128), stat.encode(), "{name}");
    }
    fake.reply(Err(Errno::EBADF), &[]);
    assert_eq!(call(&mut fake, "fstat", &[5, at.0]), failed(Errno::EBADF));
    assert_eq!(call(&mut fake, "fstat", &[5, 8]), failed(Errno::EFAULT));
}

#[test]
fn events_are_packed_for_the_pivot_and_unpacked_for_the_program() {
    let mut fake = Fake::new(&OS);
    let event = |data| EpollEvent { events: EPOLLIN | EPOLLET, data };
    let packed = |data| EpollEventX86_64 { events: EPOLLIN | EPOLLET, data }.encode();
    let at = fake.put(&event(0x1122_3344_5566_7788).encode()).0;
    call(&mut fake, "epoll_ctl", &[4, 1, 5, at]).expect("added");
    assert_eq!(fake.one().bytes(3), packed(0x1122_3344_5566_7788));
    call(&mut fake, "epoll_ctl", &[4, 2, 5, 0]).expect("removed");
    assert_eq!(fake.one().word(3), 0);

    let room = fake.alloc(64);
    fake.reply(Ok(2), &[&[packed(1), packed(2), [9; 12]].concat()]);
    assert_eq!(call(&mut fake, "epoll_pwait", &[4, room.0, 3, 10, 0, 8]), Ok(Value::One(2)));
    assert_eq!(fake.get(room, 48), [&event(1).encode()[..], &event(2).encode(), &[0; 16]].concat());
    let made = fake.made().pop().expect("a wait");
    assert_eq!((made.sys, made.waits, made.args.get(1)), (Sys::EPOLL_PWAIT, true, Some(&Given::Out(36))));
    for max in [0, 0xffff_ffff] {
        assert_eq!(call(&mut fake, "epoll_pwait", &[4, room.0, max, 0, 0, 8]), failed(Errno::EINVAL));
    }
    fake.reply(Err(Errno::RESTART), &[]);
    assert_eq!(call(&mut fake, "epoll_pwait2", &[4, room.0, 0x7fff_ffff, 0, 0, 8]), failed(Errno::EINTR));
}

#[test]
fn a_thread_pointer_comes_before_the_childs_word() {
    let mut fake = Fake::new(&OS);
    let words = [0x3d_0f00, 0x8000, 0x100, 0x200, 0x300];
    call(&mut fake, "clone", &words).expect("a thread");
    let spawn = fake.kernel.spawns.borrow().first().copied().expect("a thread");
    assert!(matches!(spawn.start, ThreadStart::Copy { stack: Addr(0x8000) }));
    assert_eq!((spawn.tls, spawn.tid_at[0], spawn.clear_tid), (Some(Addr(0x200)), Some((Addr(0x100), 4)), Addr(0x300)));
}

#[test]
fn what_only_the_cpu_decides_is_the_programs() {
    let mut fake = Fake::new(&OS);
    let at = fake.alloc(390);
    let host = Utsname { sysname: name("Linux"), machine: name("x86_64"), ..Utsname::default() };
    fake.reply(Ok(0), &[&host.encode()]);
    call(&mut fake, "uname", &[at.0]).expect("names");
    assert_eq!(fake.get(at, 390), Utsname { machine: name("aarch64"), ..host }.encode());
    assert_eq!(call(&mut fake, "rseq", &[at.0, 32, 0, 0]), failed(Errno::ENOSYS));
    call(&mut fake, "mprotect", &[0x1000, 0x1000, 0x15]).expect("permissions");
    assert_eq!(fake.kernel.protects.borrow().first().map(|(_, prot)| prot.0), Some(5));

    for (flags, size, answer) in
        [(0, 5119, failed(Errno::ENOMEM)), (0, 5120, Ok(Value::One(0))), (SS_DISABLE, 0, Ok(Value::One(0)))]
    {
        let stack = SigStack { sp: 0x9000, flags, size };
        let at = fake.put(&stack.encode()).0;
        assert_eq!(call(&mut fake, "sigaltstack", &[at, 0]), answer, "{stack:?}");
    }
}

#[test]
fn an_action_is_set_as_on_every_cpu() {
    let mut fake = Fake::new(&OS);
    let action: Vec<u8> = [0x40_2000u64, 4, 0, 0x55].iter().flat_map(|word| word.to_le_bytes()).collect();
    let at = fake.put(&action).0;
    call(&mut fake, "rt_sigaction", &[10, at, 0, 8]).expect("set");
    let actions = fake.kernel.actions.borrow();
    assert!(actions.values().any(|action| action.handler == Handler::Guest(Addr(0x40_2000))));
}

#[test]
fn a_wide_word_does_not_smuggle_an_operation_past_the_net() {
    let mut fake = Fake::new(&OS);
    for operation in [22, 59] {
        assert_eq!(call(&mut fake, "prctl", &[1 << 32 | operation]), failed(Errno::EINVAL));
    }
}

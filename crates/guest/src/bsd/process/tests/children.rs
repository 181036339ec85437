//! Fork, exec and wait.

use super::SYSTEMS;
use crate::testing::{Fake, Given};
use crate::{ForkKind, Value, freebsd, netbsd};
use alloc::vec;
use alloc::vec::Vec;
use ashore_pivot::{Errno, Sys};

#[test]
fn a_fork_has_two_results() {
    for os in SYSTEMS {
        let mut fake = Fake::new(os);
        assert_eq!(fake.call(2, &[]), Ok(Value::Two(4321, 0)), "{}", os.name);
        assert_eq!(fake.call(66, &[]), Ok(Value::Two(4321, 0)));
        assert_eq!(*fake.kernel.forks.borrow(), [ForkKind::Fork, ForkKind::Vfork]);
    }
}

#[test]
fn exec_gathers_the_vectors() {
    for os in SYSTEMS {
        let mut fake = Fake::new(os);
        let path = fake.put_str("bin/tool");
        let mut vector = |strings: &[&str]| {
            let mut words: Vec<u8> = strings.iter().flat_map(|s| fake.put_str(s).0.to_le_bytes()).collect();
            words.extend_from_slice(&[0; 8]);
            fake.put(&words)
        };
        let (args, env) = (vector(&["tool", "", "-x"]), vector(&["A=1"]));
        assert_eq!(fake.call(59, &[path.0, args.0, env.0]), Err(Errno::ENOENT.into()));
        let request = fake.kernel.execs.borrow_mut().remove(0);
        assert_eq!((request.path.as_slice(), request.dir_fd), (&b"bin/tool"[..], -100));
        assert_eq!(request.args, [b"tool".to_vec(), vec![], b"-x".to_vec()]);
        assert_eq!(request.env, [b"A=1".to_vec()]);
        assert_eq!(fake.call(59, &[path.0, 0, env.0]), Err(Errno::EFAULT.into()));
    }
}

/// (Linux's status, FreeBSD's and DragonFly's, NetBSD's)
const STATUSES: [(u32, u32, u32); 5] = [
    (0x0300, 0x0300, 0x0300),
    (0x0087, 0x008a, 0x008a), // Dumped by SIGBUS, 7 and 10.
    (0x0009, 0x0009, 0x0009),
    (0x137f, 0x117f, 0x117f), // Stopped by SIGSTOP, 19 and 17.
    (0xffff, 0x0013, 0xffff), // Continued.
];

#[test]
fn statuses_speak_the_guests_signals() {
    for (os, number) in SYSTEMS.into_iter().zip([7, 7, 449]) {
        for (linux, common, netbsd) in STATUSES {
            let mut fake = Fake::new(os);
            let (status, usage) = (fake.alloc(4), fake.alloc(144));
            fake.reply(Ok(77), &[&linux.to_le_bytes(), &[5; 144]]);
            let continued = if os.name == "netbsd" { 0x10 } else { 4 };
            let words = [u64::from(u32::MAX), status.0, 1 | 2 | continued, usage.0];
            assert_eq!(fake.call(number, &words), Ok(77.into()));
            let wanted = if os.name == "netbsd" { netbsd } else { common };
            assert_eq!((fake.u32(status), fake.get(usage, 144)), (wanted, vec![5; 144]), "{} {linux:#x}", os.name);
            let made = fake.one();
            assert_eq!((made.sys, made.word(0), made.word(2), made.waits), (Sys::WAIT4, u64::MAX, 1 | 2 | 8, true));
        }
    }
}

#[test]
fn nobody_there_writes_nothing() {
    let mut fake = Fake::new(&freebsd::OS);
    let status = fake.put(&[9; 4]);
    assert_eq!(fake.call(7, &[u64::MAX, status.0, 1, 0]), Ok(0.into()));
    assert_eq!(fake.get(status, 4), [9; 4]);
    assert_eq!(fake.call(7, &[u64::MAX, 0, 0x40, 0]), Err(Errno::EINVAL.into()));
}

/// Linux's siginfo of a child killed by signal 7.
fn killed() -> [u8; 128] {
    let mut info = [0; 128];
    for (at, word) in [(0, 17), (8, 2), (16, 77), (20, 1000), (24, 7i32)] {
        info[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }
    info
}

#[test]
fn wait6_looks_without_taking() {
    for (os, (number, options, pid)) in
        SYSTEMS.into_iter().zip([(548, 16 | 8, 0), (532, 16 | 8, 0), (481, 0x20 | 0x1_0000, 1)])
    {
        let mut fake = Fake::new(os);
        let (status, usage, info) = (fake.alloc(4), fake.alloc(288), fake.alloc(128));
        fake.reply(Ok(0), &[&killed(), &[6; 144]]);
        let words = [pid, 77, status.0, options, usage.0, info.0];
        assert_eq!(fake.call(number, &words), Ok(77.into()), "{}", os.name);
        assert_eq!(fake.u32(status), 10);
        assert_eq!((fake.get(usage, 144), fake.get(usage.plus(144), 144)), (vec![6; 144], vec![0; 144]));
        assert_eq!(fake.u32(info), 20);
        let made = fake.one();
        assert_eq!((made.sys, made.word(0), made.word(1), made.word(3)), (Sys::WAITID, 1, 77, 0x0100_0004));
        assert_eq!(made.args[2], Given::Out(128));
    }
}

#[test]
fn all_children_have_another_number_on_netbsd() {
    for (os, number, all) in [(&freebsd::OS, 532, 7), (&netbsd::OS, 481, 0)] {
        let exited = if number == 532 { 16 } else { 0x20 };
        let mut fake = Fake::new(os);
        assert_eq!(fake.call(number, &[all, 5, 0, exited | 1, 0, 0]), Ok(0.into()));
        assert_eq!(fake.one().word(0), 0);
        assert_eq!(fake.call(number, &[99, 5, 0, exited, 0, 0]), Err(Errno::EINVAL.into()));
    }
}

#[test]
fn a_death_signal_is_translated() {
    let mut fake = Fake::new(&freebsd::OS);
    let signal = fake.put(&30u32.to_le_bytes());
    fake.call(544, &[0, 0, 11, signal.0]).unwrap();
    let made = fake.one();
    assert_eq!((made.sys, made.word(0), made.word(1)), (Sys::PRCTL, 1, 10));
}

#[test]
fn a_process_descriptor_is_written_in_the_parent() {
    let mut fake = Fake::new(&freebsd::OS);
    let fd = fake.alloc(4);
    fake.reply(Ok(9), &[]);
    assert_eq!(fake.call(518, &[fd.0, 2]), Ok(Value::Two(4321, 0)));
    assert_eq!((fake.u32(fd), fake.one().sys), (9, Sys::PIDFD_OPEN));
    assert_eq!(fake.call(518, &[8, 2]), Err(Errno::EFAULT.into()));
    assert_eq!(fake.kernel.forks.borrow().len(), 1);
}

#[test]
fn a_spawn_hears_why_the_child_failed() {
    let mut fake = Fake::new(&netbsd::OS);
    let (path, pid, args) = (fake.put_str("/bin/none"), fake.alloc(4), fake.put(&[0; 8]));
    fake.reply(Ok(0), &[&[5, 0, 0, 0, 6, 0, 0, 0]]);
    fake.reply(Ok(0), &[]);
    fake.reply(Ok(3), &[&[0, 2, 0]]);
    assert_eq!(fake.call(474, &[pid.0, path.0, 0, 0, args.0, args.0]), Err(Errno::ENOENT.into()));
    let made: Vec<Sys> = fake.made().iter().map(|made| made.sys).collect();
    assert_eq!(made, [Sys::PIPE2, Sys::CLOSE, Sys::READ, Sys::CLOSE, Sys::WAIT4]);
    // A pipe that closes without a word: the child became the program.
    assert_eq!(fake.call(474, &[pid.0, path.0, 0, 0, args.0, args.0]), Ok(0.into()));
    assert_eq!(fake.u32(pid), 4321);
}

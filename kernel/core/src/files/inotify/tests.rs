//! inotify, asked by programs. What is told of what, in which order, a program on a machine checks against Linux.

use crate::call::Why;
use crate::testing_calls::{CWD, Program, program};
use alloc::string::String;
use alloc::vec::Vec;
use ashore_pivot::layout::event::*;
use ashore_pivot::{Errno, Sys};

/// The events that wait: watch, mask, name.
fn events(program: &Program, fd: u64) -> Vec<(i32, u32, String)> {
    let mut all = Vec::new();
    while let Ok(bytes) = program.read(fd, 4096) {
        let mut rest = &bytes[..];
        while let Some((record, more)) = rest.split_first_chunk::<{ InotifyEvent::LEN }>() {
            let event = InotifyEvent::decode(record);
            let (name, more) = more.split_at(event.len as usize);
            let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
            all.push((event.wd, event.mask, String::from_utf8(name.to_vec()).unwrap()));
            rest = more;
        }
    }
    all
}

fn watch(program: &Program, fd: u64, path: &str, mask: u32) -> Result<u64, Errno> {
    program.ask(Sys::INOTIFY_ADD_WATCH, &[fd, program.text(path), u64::from(mask)])
}

fn event(wd: i32, mask: u32, name: &str) -> (i32, u32, String) {
    (wd, mask, String::from(name))
}

#[test]
fn a_directory_hears_of_its_files() {
    let program = program();
    let fd = program.must(Sys::INOTIFY_INIT1, &[u64::from(IN_NONBLOCK)]);
    assert_eq!(watch(&program, fd, "/tmp", 0xfff), Ok(1));
    program.make("/tmp/file", b"text");
    let made = [IN_CREATE, IN_OPEN, IN_MODIFY, IN_CLOSE_WRITE].map(|mask| event(1, mask, "file"));
    assert_eq!(events(&program, fd), made);
    program.must(Sys::MKDIRAT, &[CWD, program.text("/tmp/dir"), 0o777]);
    program.must(Sys::RENAMEAT, &[CWD, program.text("/tmp/file"), CWD, program.text("/tmp/dir/moved")]);
    program.must(Sys::UNLINKAT, &[CWD, program.text("/tmp/dir/moved"), 0]);
    program.must(Sys::UNLINKAT, &[CWD, program.text("/tmp/dir"), 0x200]);
    let dir = [IN_CREATE, IN_DELETE].map(|mask| event(1, mask | IN_ISDIR, "dir"));
    assert_eq!(events(&program, fd), [dir[0].clone(), event(1, IN_MOVED_FROM, "file"), dir[1].clone()]);
}

#[test]
fn a_file_tells_of_its_end_when_nobody_has_it_any_more() {
    let program = program();
    program.make("/tmp/file", b"text");
    let fd = program.must(Sys::INOTIFY_INIT1, &[u64::from(IN_NONBLOCK)]);
    assert_eq!(watch(&program, fd, "/tmp/file", IN_DELETE_SELF | IN_ATTRIB), Ok(1));
    let file = program.open("/tmp/file", 0).unwrap();
    program.must(Sys::UNLINKAT, &[CWD, program.text("/tmp/file"), 0]);
    assert_eq!(events(&program, fd), [event(1, IN_ATTRIB, "")]);
    program.must(Sys::CLOSE, &[file]);
    assert_eq!(events(&program, fd), [event(1, IN_DELETE_SELF, ""), event(1, IN_IGNORED, "")]);
    assert_eq!(program.ask(Sys::INOTIFY_RM_WATCH, &[fd, 1]), Err(Errno::EINVAL));
    assert!(program.kernel.tree.notices.is_idle());
}

#[test]
fn who_reads_waits_and_who_closes_watches_no_more() {
    let program = program();
    let fd = program.must(Sys::INOTIFY_INIT1, &[0]);
    assert_eq!(watch(&program, fd, "/tmp", IN_CREATE), Ok(1));
    assert_eq!(watch(&program, fd, "/tmp", IN_CREATE | IN_MASK_CREATE), Err(Errno::EEXIST));
    assert_eq!(watch(&program, fd, "/dev", 0), Err(Errno::EINVAL));
    assert_eq!(watch(&program, 99, "/dev", IN_OPEN), Err(Errno::EBADF));
    let at = program.room(64);
    let Err(waiting) = program.begin(Sys::READ, &[fd, at, 64]) else { panic!("nothing happened") };
    program.make("/tmp/new", b"");
    assert_eq!(program.ask(Sys::READ, &[fd, at, 31]), Err(Errno::EINVAL));
    assert_eq!(program.again(waiting, Why::Woken).ok(), Some(Ok(32)));
    assert!(!program.kernel.tree.notices.is_idle());
    program.must(Sys::CLOSE, &[fd]);
    assert!(program.kernel.tree.notices.is_idle());
    program.make("/tmp/newer", b"");
}

#[test]
fn what_nobody_reads_has_an_end() {
    let program = program();
    let fd = program.must(Sys::INOTIFY_INIT1, &[u64::from(IN_NONBLOCK)]);
    assert_eq!(watch(&program, fd, "/tmp", IN_CREATE | IN_DELETE), Ok(1));
    let path = program.text("/tmp/x");
    for _ in 0..8200 {
        program.must(Sys::MKNODAT, &[CWD, path, 0o100_600, 0]);
        program.must(Sys::UNLINKAT, &[CWD, path, 0]);
    }
    let all = events(&program, fd);
    assert_eq!((all.len(), all.last().map(|last| (last.0, last.1))), (16385, Some((-1, IN_Q_OVERFLOW))));
}

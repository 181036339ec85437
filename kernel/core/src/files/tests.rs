//! Files and names, asked by programs.

use crate::call::Why;
use crate::testing_calls::{CWD, program};
use alloc::string::String;
use alloc::vec::Vec;
use ashore_pivot::layout::dirent::Dirent;
use ashore_pivot::layout::fcntl::*;
use ashore_pivot::layout::stat::Stat;
use ashore_pivot::{Errno, Sys};

fn names(program: &crate::testing_calls::Program, path: &str, size: u64) -> Vec<String> {
    let fd = program.open(path, 0o40000).unwrap();
    let at = program.room(size as usize);
    let mut all = Vec::new();
    loop {
        let count = program.must(Sys::GETDENTS64, &[fd, at, size]);
        if count == 0 {
            break;
        }
        let bytes = program.look(at, count as usize);
        all.extend(Dirent::all(&bytes).map(|entry| String::from_utf8(entry.name.to_vec()).unwrap()));
    }
    program.must(Sys::CLOSE, &[fd]);
    all
}

fn stat(program: &crate::testing_calls::Program, path: &str, flags: u64) -> Result<Stat, Errno> {
    let at = program.room(Stat::LEN);
    program.ask(Sys::NEWFSTATAT, &[CWD, program.text(path), at, flags])?;
    Ok(program.get(at))
}

#[test]
fn names_to_be_made_or_taken_away_are_no_links_to_follow() {
    let program = program();
    let text = |path: &str| program.text(path);
    program.must(Sys::SYMLINKAT, &[text("target"), CWD, text("/tmp/link")]);
    program.make("/tmp/file", b"");
    for path in ["/tmp/link", "/tmp/link/", "/tmp/file/"] {
        assert_eq!(program.ask(Sys::MKDIRAT, &[CWD, text(path), 0o777]), Err(Errno::EEXIST), "{path}");
    }
    assert_eq!(names(&program, "/tmp", 60), [".", "..", "link", "file"]);
    program.must(Sys::MKDIRAT, &[CWD, text("/tmp/target"), 0o777]);
    assert_eq!(program.ask(Sys::UNLINKAT, &[CWD, text("/tmp/link/"), 0x200]), Err(Errno::ENOTDIR));
    assert_eq!(program.ask(Sys::UNLINKAT, &[CWD, text("/tmp/link/"), 0]), Err(Errno::ENOTDIR));
    assert_eq!(program.ask(Sys::RENAMEAT, &[CWD, text("/tmp/link/"), CWD, text("/tmp/x")]), Err(Errno::ENOTDIR));
    assert!(stat(&program, "/tmp/link/", 0).is_ok());
    // What mount cannot do is not done silently.
    let remount = [text("none"), text("/tmp/target"), text("tmpfs"), 0x20 | 0x8, 0];
    assert_eq!(program.ask(Sys::MOUNT, &remount), Err(Errno::EINVAL));
}

#[test]
fn a_file_is_not_copied_onto_what_is_read_of_it() {
    let program = program();
    program.make("/tmp/file", b"hello world\n");
    let (from, to) = (program.open("/tmp/file", 0).unwrap(), program.open("/tmp/file", 1).unwrap());
    let copy = |at: u64, place: u64, len: u64| {
        let (here, there) = (program.record(&at), program.record(&place));
        program.ask(Sys::COPY_FILE_RANGE, &[from, here, to, there, len, 0])
    };
    assert_eq!(
        (copy(0, 0, 12), copy(0, 11, 100), copy(4, 0, 8)),
        (Err(Errno::EINVAL), Err(Errno::EINVAL), Err(Errno::EINVAL))
    );
    assert_eq!((copy(6, 0, 6), copy(0, 12, 100), copy(50, 50, 9)), (Ok(6), Ok(12), Ok(0)));
    assert_eq!(program.file("/tmp/file").unwrap(), "world\nworld\nworld\nworld\n");
}

#[test]
fn names_come_move_and_go() {
    let program = program();
    let text = |path: &str| program.text(path);
    program.must(Sys::MKDIRAT, &[CWD, text("/tmp/a"), 0o777]);
    program.must(Sys::MKDIRAT, &[CWD, text("/tmp/a/b/"), 0o777]);
    assert_eq!(program.ask(Sys::MKDIRAT, &[CWD, text("/tmp/a"), 0o777]), Err(Errno::EEXIST));
    program.make("/tmp/a/file", b"first");
    program.must(Sys::LINKAT, &[CWD, text("/tmp/a/file"), CWD, text("/tmp/a/b/other"), 0]);
    assert_eq!(stat(&program, "/tmp/a/file", 0).unwrap().nlink, 2);
    assert_eq!(stat(&program, "/tmp/a", 0).unwrap().nlink, 3);
    program.must(Sys::SYMLINKAT, &[text("../a/b/other"), CWD, text("/tmp/a/link")]);
    assert_eq!(program.file("/tmp/a/link").unwrap(), "first");
    assert_eq!(stat(&program, "/tmp/a/link", 0x100).unwrap().size, 12);
    assert_eq!(names(&program, "/tmp/a", 60), [".", "..", "b", "file", "link"]);
    // A directory does not move below itself, nor over one that is not empty.
    let rename = |from: &str, to: &str| program.ask(Sys::RENAMEAT, &[CWD, text(from), CWD, text(to)]);
    assert_eq!(rename("/tmp/a", "/tmp/a/b/c"), Err(Errno::EINVAL));
    program.must(Sys::MKDIRAT, &[CWD, text("/tmp/empty"), 0o777]);
    assert_eq!(rename("/tmp/empty", "/tmp/a"), Err(Errno::ENOTEMPTY));
    assert_eq!(rename("/tmp/a/b", "/tmp/empty"), Ok(0));
    assert_eq!(stat(&program, "/tmp/a", 0).unwrap().nlink, 2);
    program.must(Sys::CHDIR, &[text("/tmp/empty")]);
    assert_eq!(rename("/tmp/empty", "/tmp/full"), Ok(0));
    let cwd = program.room(64);
    assert_eq!(program.must(Sys::GETCWD, &[cwd, 64]), 10);
    assert_eq!(program.look(cwd, 10), b"/tmp/full\0");
    assert_eq!(program.file("other").unwrap(), "first");
    assert_eq!(program.file("../a/file").unwrap(), "first");
    let exchange = [CWD, text("other"), CWD, text("../a/link"), 2];
    program.must(Sys::RENAMEAT2, &exchange);
    assert_eq!(program.file("/tmp/a/link").unwrap(), "first");
    assert_eq!(program.ask(Sys::UNLINKAT, &[CWD, text("/tmp/a"), 0x200]), Err(Errno::ENOTEMPTY));
    assert_eq!(program.ask(Sys::UNLINKAT, &[CWD, text("/tmp/a"), 0]), Err(Errno::EISDIR));
    program.must(Sys::UNLINKAT, &[CWD, text("/tmp/a/link"), 0]);
    program.must(Sys::UNLINKAT, &[CWD, text("/tmp/a/file"), 0]);
    program.must(Sys::UNLINKAT, &[CWD, text("/tmp/a/"), 0x200]);
    program.must(Sys::UNLINKAT, &[CWD, text("/tmp/full/other"), 0]);
    program.must(Sys::UNLINKAT, &[CWD, text("/tmp/full"), 0x200]);
    assert_eq!(program.ask(Sys::GETCWD, &[cwd, 64]), Err(Errno::ENOENT));
    assert_eq!(program.open("new", 0o101), Err(Errno::ENOENT));
}

#[test]
fn paths_are_followed_as_linux_does() {
    let program = program();
    program.make("/tmp/file", b"x");
    for (link, target) in [("/tmp/loop", "loop"), ("/tmp/dir", "/tmp/../tmp"), ("/tmp/new", "made")] {
        program.must(Sys::SYMLINKAT, &[program.text(target), CWD, program.text(link)]);
    }
    let long = String::from_utf8(alloc::vec![b'n'; 256]).unwrap();
    for (path, flags, expected) in [
        ("", 0, Err(Errno::ENOENT)),
        ("/tmp/none", 0, Err(Errno::ENOENT)),
        ("/tmp/file/x", 0, Err(Errno::ENOTDIR)),
        ("/tmp/file/", 0, Err(Errno::ENOTDIR)),
        ("/tmp/loop", 0, Err(Errno::ELOOP)),
        ("/tmp/loop", 0o100000, Err(Errno::ELOOP)),
        ("/tmp", 1, Err(Errno::EISDIR)),
        ("/tmp/file", 0o40000, Err(Errno::ENOTDIR)),
        ("/tmp/file", 0o300, Err(Errno::EEXIST)),
        ("/tmp/none/", 0o101, Err(Errno::EISDIR)),
        (&*long, 0o101, Err(Errno::ENAMETOOLONG)),
        ("/../..//tmp/./dir/file", 0, Ok(0)),
        ("/tmp/new", 0o101, Ok(0)),
        ("/tmp/made", 0, Ok(0)),
    ] {
        let opened = program.open(path, flags).map(|fd| program.must(Sys::CLOSE, &[fd]));
        assert_eq!(opened, expected, "{path} {flags:o}");
    }
    let place = program.open("/tmp/loop", 0o10100000).unwrap();
    assert_eq!(program.read(place, 1), Err(Errno::EBADF));
    let into = program.room(9);
    assert_eq!(program.must(Sys::READLINKAT, &[place, program.text(""), into, 9]), 4);
}

#[test]
fn what_was_not_written_is_zeros_and_takes_no_memory() {
    let program = program();
    let fd = program.open("/tmp/file", 0o102).unwrap();
    let at = program.bytes(b"end");
    let free = program.kernel.physical.frames.free();
    program.must(Sys::PWRITE64, &[fd, at, 3, 1 << 30]);
    assert!(free - program.kernel.physical.frames.free() < 4);
    assert_eq!(program.must(Sys::LSEEK, &[fd, 0, u64::from(SEEK_DATA)]), 1 << 30);
    assert_eq!(program.must(Sys::LSEEK, &[fd, 1 << 30, u64::from(SEEK_HOLE)]), (1 << 30) + 3);
    program.must(Sys::LSEEK, &[fd, (1 << 30) - 2, 0]);
    assert_eq!(program.read(fd, 20).unwrap(), b"\0\0end");
    program.must(Sys::FTRUNCATE, &[fd, (1 << 30) + 1]);
    program.must(Sys::FTRUNCATE, &[fd, (1 << 30) + 4]);
    program.must(Sys::LSEEK, &[fd, 1 << 30, 0]);
    assert_eq!(program.read(fd, 20).unwrap(), b"e\0\0\0");
    program.must(Sys::FALLOCATE, &[fd, 3, (1 << 30) - 5, 100]);
    assert_eq!(program.must(Sys::PREAD64, &[fd, at, 1, 1 << 30]), 1);
    assert_eq!(program.look(at, 1), [0]);
    program.must(Sys::UNLINKAT, &[CWD, program.text("/tmp/file"), 0]);
    program.must(Sys::CLOSE, &[fd]);
    assert!(free - program.kernel.physical.frames.free() < 3, "frames come back");
}

#[test]
fn others_may_only_what_they_are_let() {
    let program = program();
    program.make("/tmp/mine", b"secret");
    program.must(Sys::FCHMODAT, &[CWD, program.text("/tmp/mine"), 0o640]);
    program.must(Sys::MKDIRAT, &[CWD, program.text("/root/closed"), 0o700]);
    program.thread.process.inner.lock().ids = [1000; 6];
    assert_eq!(program.open("/tmp/mine", 0), Err(Errno::EACCES));
    assert_eq!(program.open("/root/closed", 0), Err(Errno::EACCES));
    assert_eq!(program.open("/file", 0o101), Err(Errno::EACCES));
    assert_eq!(program.ask(Sys::UNLINKAT, &[CWD, program.text("/tmp/mine"), 0]), Err(Errno::EPERM));
    assert_eq!(program.ask(Sys::FCHMODAT, &[CWD, program.text("/tmp/mine"), 0o777]), Err(Errno::EPERM));
    program.thread.process.inner.lock().groups = alloc::sync::Arc::new(alloc::vec![0]);
    assert!(program.open("/tmp/mine", 0).is_ok());
    assert_eq!(program.open("/tmp/mine", 1), Err(Errno::EACCES));
    program.make("/tmp/theirs", b"");
    assert_eq!(stat(&program, "/tmp/theirs", 0).unwrap().uid, 1000);
    assert_eq!(program.must(Sys::FACCESSAT, &[CWD, program.text("/tmp/theirs"), 6]), 0);
    assert_eq!(program.ask(Sys::FACCESSAT, &[CWD, program.text("/tmp/theirs"), 1]), Err(Errno::EACCES));
}

#[test]
fn locks_keep_others_out_until_a_close() {
    let program = program();
    let other = program.another();
    other.thread.parts.lock().files = alloc::sync::Arc::new(program.thread.files().copy());
    program.make("/tmp/lock", b"0123456789");
    let (mine, theirs) = (program.open("/tmp/lock", 2).unwrap(), other.open("/tmp/lock", 2).unwrap());
    let lock = |kind: u32, start, len| Flock { kind: kind as i16, whence: 0, start, len, pid: 0 };
    let set = |who: &crate::testing_calls::Program, fd, flock: Flock| {
        who.ask(Sys::FCNTL, &[fd, u64::from(F_SETLK), who.record(&flock)])
    };
    assert_eq!(set(&program, mine, lock(F_WRLCK, 2, 4)), Ok(0));
    assert_eq!(set(&other, theirs, lock(F_RDLCK, 5, 1)), Err(Errno::EAGAIN));
    assert_eq!(set(&other, theirs, lock(F_RDLCK, 6, 0)), Ok(0));
    assert_eq!(set(&program, mine, lock(F_UNLCK, 3, 1)), Ok(0));
    assert_eq!(set(&other, theirs, lock(F_WRLCK, 3, 1)), Ok(0));
    let asked = other.record(&lock(F_WRLCK, 4, 0));
    other.must(Sys::FCNTL, &[theirs, u64::from(F_GETLK), asked]);
    let told: Flock = other.get(asked);
    assert_eq!((told.kind, told.start, told.len), (F_WRLCK as i16, 4, 2));
    let wait = other.record(&lock(F_WRLCK, 4, 1));
    let Err(waiting) = other.begin(Sys::FCNTL, &[theirs, u64::from(F_SETLKW), wait]) else { panic!("it is held") };
    program.must(Sys::CLOSE, &[mine]);
    assert_eq!(other.again(waiting, Why::Woken).ok(), Some(Ok(0)));
    let second = other.open("/tmp/lock", 0).unwrap();
    other.must(Sys::FLOCK, &[theirs, u64::from(LOCK_EX)]);
    assert_eq!(other.ask(Sys::FLOCK, &[second, u64::from(LOCK_SH | LOCK_NB)]), Err(Errno::EAGAIN));
    other.must(Sys::CLOSE, &[theirs]);
    other.must(Sys::FLOCK, &[second, u64::from(LOCK_SH | LOCK_NB)]);
}

#[test]
fn descriptors_are_the_least_free_ones_and_wild_pointers_are_errors() {
    let program = program();
    let [first, second, third] = [(); 3].map(|()| program.open("/dev/null", 2).unwrap());
    assert_eq!((first, second, third), (0, 1, 2));
    program.must(Sys::CLOSE, &[second]);
    assert_eq!(program.must(Sys::DUP, &[first]), 1);
    assert_eq!(program.must(Sys::FCNTL, &[first, u64::from(F_DUPFD_CLOEXEC), 10]), 10);
    assert_eq!(program.must(Sys::FCNTL, &[10, u64::from(F_GETFD), 0]), 1);
    assert_eq!(program.must(Sys::DUP3, &[first, 5, 0]), 5);
    program.must(Sys::CLOSE_RANGE, &[3, u64::MAX, 0]);
    assert_eq!(program.ask(Sys::FCNTL, &[10, u64::from(F_GETFD), 0]), Err(Errno::EBADF));
    program.make("/tmp/file", b"abc");
    let fd = program.open("/tmp/file", 2).unwrap();
    for wild in [1, 1 << 47, 1 << 52, u64::MAX - 1] {
        for (sys, args) in [
            (Sys::READ, [fd, wild, 3]),
            (Sys::WRITE, [fd, wild, 3]),
            (Sys::READV, [fd, wild, 3]),
            (Sys::OPENAT, [CWD, wild, 0]),
            (Sys::FSTAT, [fd, wild, 0]),
            (Sys::PIPE2, [wild, 0, 0]),
            (Sys::GETDENTS64, [program.open("/tmp", 0).unwrap(), wild, 100]),
        ] {
            assert_eq!(program.ask(sys, &args), Err(Errno::EFAULT), "{sys:?} {wild:x}");
        }
    }
    assert_eq!(program.must(Sys::SENDFILE, &[first, fd, 0, 100]), 3);
    let zero = program.open("/dev/zero", 0).unwrap();
    assert_eq!(program.read(zero, 3).unwrap(), [0; 3]);
    assert_eq!(program.write(program.open("/dev/full", 1).unwrap(), b"x"), Err(Errno::ENOSPC));
}

#[test]
fn files_keep_attributes_of_the_keeper_and_not_of_users() {
    let program = program();
    program.make("/tmp/file", b"");
    let path = program.text("/tmp/file");
    let set = |name: &str, value: &str, flags: u64| {
        let (name, at) = (program.text(name), program.text(value));
        program.ask(Sys::SETXATTR, &[path, name, at, value.len() as u64, flags])
    };
    let room = program.room(256);
    let get = |name: &str, size: u64| program.ask(Sys::GETXATTR, &[path, program.text(name), room, size]);
    assert_eq!(set("user.a", "x", 0), Err(Errno::EOPNOTSUPP));
    assert_eq!(set("trusted.", "x", 0), Err(Errno::EINVAL));
    assert_eq!(set("", "x", 0), Err(Errno::ERANGE));
    assert_eq!(set("trusted.a", "x", 2), Err(Errno::ENODATA));
    assert_eq!(set("trusted.a", "value", 1), Ok(0));
    assert_eq!(set("trusted.a", "x", 1), Err(Errno::EEXIST));
    assert_eq!((get("trusted.a", 0), get("trusted.a", 4), get("trusted.a", 9)), (Ok(5), Err(Errno::ERANGE), Ok(5)));
    assert_eq!(program.look(room, 5), b"value");
    assert_eq!(program.ask(Sys::LISTXATTR, &[path, room, 256]), Ok(10));
    assert_eq!(program.look(room, 10), b"trusted.a\0");
    assert_eq!(program.ask(Sys::REMOVEXATTR, &[path, program.text("trusted.a")]), Ok(0));
    assert_eq!(get("trusted.a", 9), Err(Errno::ENODATA));
    let proc = program.text("/proc/self/status");
    assert_eq!(program.ask(Sys::LISTXATTR, &[proc, room, 256]), Ok(0));
    assert_eq!(program.ask(Sys::GETXATTR, &[proc, program.text("trusted.a"), room, 9]), Err(Errno::EOPNOTSUPP));
    assert_eq!(program.ask(Sys::LISTXATTR, &[program.text("/tmp/none"), room, 256]), Err(Errno::ENOENT));
}

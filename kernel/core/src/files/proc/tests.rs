//! What programs read there.

use crate::testing_calls::{CWD, Program, program};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::layout::dirent::Dirent;
use ashore_pivot::{Errno, Sys};

fn tree(program: &Program, path: &str, seen: &mut Vec<String>) {
    let fd = program.open(path, 0o40000).unwrap();
    let at = program.room(4096);
    let mut names = Vec::new();
    loop {
        let count = program.must(Sys::GETDENTS64, &[fd, at, 4096]);
        if count == 0 {
            break;
        }
        let bytes = program.look(at, count as usize);
        names.extend(Dirent::all(&bytes).map(|entry| (String::from_utf8_lossy(entry.name).into_owned(), entry.kind)));
    }
    program.must(Sys::CLOSE, &[fd]);
    for (name, kind) in names.into_iter().filter(|(name, _)| name != "." && name != "..") {
        let path = format!("{path}/{name}");
        match kind {
            4 if !matches!(&*name, "task" | "fd" | "fdinfo") => tree(program, &path, seen),
            8 => {
                program.file(&path).unwrap_or_else(|errno| panic!("{path}: {errno:?}"));
            }
            _ => {}
        }
        seen.push(path);
    }
}

#[test]
fn every_file_can_be_read() {
    let program = program();
    let mut seen = Vec::new();
    tree(&program, "/proc", &mut seen);
    tree(&program, "/sys", &mut seen);
    for wanted in ["/proc/sys/kernel/random/uuid", "/sys/devices/system/cpu/cpu0/online", "/proc/self"] {
        assert!(seen.iter().any(|path| path == wanted), "{wanted}");
    }
    assert_eq!(program.file("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size").unwrap(), "2097152\n");
    assert_eq!(program.open("/proc/meminfo", 1).map(|fd| program.write(fd, b"x")), Ok(Err(Errno::EIO)));
    assert_eq!(program.open("/proc/new", 0o101), Err(Errno::EACCES));
}

#[test]
fn a_written_page_is_shared_after_a_fork_and_dirty() {
    let program = program();
    let at = program.must(Sys::MMAP, &[0, 4096, 3, 0x22, u64::MAX, 0]);
    program.thread.space().write_u32(Addr(at), 1).unwrap();
    let sizes = || {
        let smaps = program.file("/proc/self/smaps").unwrap();
        let area = smaps.split_once(&format!("{at:08x}-")).unwrap().1;
        let size = |name: &str| {
            let line = area.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
        };
        ["Rss:", "Private_Dirty:", "Shared_Dirty:"].map(size)
    };
    // What lies beside it may be in one area with it.
    let [_, private, shared] = sizes();
    assert!(private >= 4);
    let child = program.thread.space().fork().unwrap();
    let [there, private_then, shared_then] = sizes();
    assert!(there >= 4 && private_then < private && shared_then > shared);
    drop(child);
}

#[test]
fn a_process_sees_itself() {
    let program = program();
    let pid = program.thread.process.pid;
    *program.thread.name.lock() = *b"a name\0\0\0\0\0\0\0\0\0\0";
    let stat = program.file("/proc/self/stat").unwrap();
    assert!(stat.starts_with(&format!("{pid} (a name) S 1 {pid} {pid} ")), "{stat}");
    assert_eq!(stat.rsplit(')').next().unwrap().split_whitespace().count(), 50);
    let maps = program.file("/proc/self/maps").unwrap();
    assert!(maps.contains(" rw-p 00000000 00:00 0"), "{maps}");
    program.make("/proc/self/comm", b"other\n");
    assert_eq!(program.file("/proc/thread-self/comm").unwrap(), "other\n");
    program.make("/tmp/file", b"text");
    let fd = program.open("/tmp/file", 0).unwrap();
    let into = program.room(64);
    let link = |path: &str| {
        let count = program.must(Sys::READLINKAT, &[CWD, program.text(path), into, 64]);
        String::from_utf8(program.look(into, count as usize)).unwrap()
    };
    assert_eq!(link(&format!("/proc/self/fd/{fd}")), "/tmp/file");
    program.must(Sys::UNLINKAT, &[CWD, program.text("/tmp/file"), 0]);
    assert_eq!(link(&format!("/proc/self/fd/{fd}")), "/tmp/file (deleted)");
    assert_eq!(program.file(&format!("/proc/self/fd/{fd}")).unwrap(), "text");
    assert_eq!(program.file(&format!("/dev/fd/{fd}")).unwrap(), "text");
    assert_eq!(link("/proc/self/cwd"), "/");
    let pipe = program.room(8);
    program.must(Sys::PIPE2, &[pipe, 0]);
    let [read, write]: [u32; 2] = program.get(pipe);
    assert!(link(&format!("/proc/self/fd/{read}")).starts_with("pipe:["));
    let again = program.open(&format!("/proc/self/fd/{write}"), 1).unwrap();
    program.write(again, b"through").unwrap();
    assert_eq!(program.read(u64::from(read), 9).unwrap(), b"through");
}

#[test]
fn what_is_mounted_and_moved_is_told() {
    let program = program();
    let text = |text: &str| program.text(text);
    let mounts = program.file("/proc/mounts").unwrap();
    assert!(mounts.starts_with("rootfs / tmpfs rw 0 0\ndevtmpfs /dev tmpfs rw 0 0\n"), "{mounts}");
    program.must(Sys::MKDIRAT, &[CWD, text("/tmp/a b"), 0o755]);
    program.must(Sys::MOUNT, &[text("name"), text("/tmp/a b"), text("tmpfs"), 0, 0]);
    program.must(Sys::MKDIRAT, &[CWD, text("/tmp/a b/proc"), 0o755]);
    program.must(Sys::MOUNT, &[text("p"), text("/tmp/a b/proc"), text("proc"), 0, 0]);
    let mounts = program.file("/tmp/a b/proc/self/mounts").unwrap();
    assert!(mounts.ends_with("name /tmp/a\\040b tmpfs rw 0 0\np /tmp/a\\040b/proc proc rw 0 0\n"), "{mounts}");
    assert_eq!(program.ask(Sys::UMOUNT2, &[text("/tmp/a b"), 0]), Err(Errno::EBUSY));
    program.must(Sys::UMOUNT2, &[text("/tmp/a b/proc"), 0]);
    program.must(Sys::UMOUNT2, &[text("/tmp/a b"), 0]);
    assert_eq!(program.ask(Sys::UMOUNT2, &[text("/tmp/a b"), 0]), Err(Errno::EINVAL));
    assert!(!program.file("/proc/mounts").unwrap().contains("name"));
    let before = program.thread.moved.get();
    program.make("/tmp/file", b"12345");
    let after = program.thread.moved.get();
    assert_eq!((after.bytes[1] - before.bytes[1], after.calls[1] - before.calls[1]), (5, 1));
    assert!(program.file("/proc/self/io").unwrap().contains(&format!("\nwchar: {}\n", after.bytes[1])));
}

#[test]
fn who_is_nice_stays_so() {
    let program = program();
    assert_eq!(program.ask(Sys::GETPRIORITY, &[0, 0]), Ok(20));
    assert_eq!(program.ask(Sys::SETPRIORITY, &[0, 0, 99]), Ok(0));
    assert_eq!(program.ask(Sys::GETPRIORITY, &[0, 0]), Ok(1));
    assert_eq!(program.ask(Sys::SETPRIORITY, &[3, 0, 0]), Err(Errno::EINVAL));
    assert_eq!(program.ask(Sys::SETPRIORITY, &[0, 4711, 0]), Err(Errno::ESRCH));
    assert!(program.file("/proc/self/stat").unwrap().contains(" 39 19 1 "));
    assert_eq!(program.thread.weighed(1000) / 1000, 69);
}

//! Archives become trees, and their pages the files'.

use super::*;
use crate::testing_calls::program_with;
use ashore_formats::cpio::{FOLDER, Layout, REGULAR};
use ashore_pivot::Sys;
use ashore_pivot::layout::stat::Stat;

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut layout, mut out) = (Layout::default(), Vec::new());
    for (path, bytes) in files {
        let mut entry = Entry { path: path.as_bytes().to_vec(), mode: REGULAR | 0o755, ..Entry::default() };
        entry.data.len = bytes.len() as u64;
        if path.ends_with('/') {
            entry.mode = FOLDER | 0o700;
        }
        out.extend(layout.entry(&entry).unwrap());
        out.extend(*bytes);
    }
    out.extend(layout.link(b"bin/link", b"big").unwrap());
    out.extend(layout.trailer());
    out
}

#[test]
fn files_are_read_without_copies_and_copied_when_written() {
    let big: Vec<u8> = (0..3 * 4096 + 100u32).map(|at| (at / 7) as u8).collect();
    let program = program_with(&archive(&[("bin/big", &big), ("etc/small", b"small"), ("home/", b"")]));
    let free = program.kernel.physical.frames.free();
    let fd = program.open("/bin/link", 2).unwrap();
    let text = program.read(fd, 20000).unwrap();
    assert!(text == big, "the file is what the archive has");
    // One frame for the tail of the file, six for the program's own memory and its tables at most.
    assert!(free - program.kernel.physical.frames.free() < 9);
    assert_eq!(program.file("/etc/small").unwrap(), "small");
    let at = program.bytes(b"XY");
    assert_eq!(program.must(Sys::PWRITE64, &[fd, at, 2, 4095]), 2);
    let into = program.room(4);
    assert_eq!(program.must(Sys::PREAD64, &[fd, into, 4, 4094]), 4);
    assert_eq!(program.look(into, 4), [big[4094], b'X', b'Y', big[4097]]);
    assert_eq!(program.must(Sys::PREAD64, &[fd, into, 4, 3 * 4096 + 98]), 2);
    let stat = program.room(Stat::LEN);
    program.must(Sys::FSTAT, &[fd, stat]);
    let stat: Stat = program.get(stat);
    assert_eq!((stat.size, stat.mode, stat.nlink), (big.len() as i64, REGULAR | 0o755, 1));
    program.must(Sys::CHDIR, &[program.text("/home")]);
    let cwd = program.room(64);
    assert_eq!(program.must(Sys::GETCWD, &[cwd, 64]), 6);
    assert_eq!(program.look(cwd, 6), b"/home\0");
}

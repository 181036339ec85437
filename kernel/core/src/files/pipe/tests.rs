//! Pipes, asked by programs.

use crate::call::Why;
use crate::testing_calls::{CWD, Program, program};
use alloc::vec::Vec;
use ashore_pivot::{Errno, Sys};

fn pipe(program: &Program, flags: u64) -> (u64, u64) {
    let at = program.room(8);
    program.must(Sys::PIPE2, &[at, flags]);
    let [read, write]: [u32; 2] = program.get(at);
    (u64::from(read), u64::from(write))
}

#[test]
fn bytes_come_out_as_they_went_in_and_ends_are_told() {
    let program = program();
    let (read, write) = pipe(&program, 0o4000);
    assert_eq!(program.read(read, 5), Err(Errno::EAGAIN));
    let mut expected = Vec::new();
    for round in 0..200u32 {
        let bytes: Vec<u8> = (0..round * 37 % 3000).map(|at| (at * round) as u8).collect();
        match program.write(write, &bytes) {
            Ok(count) => assert_eq!(count as usize, bytes.len()),
            Err(errno) => {
                assert_eq!(errno, Errno::EAGAIN);
                assert!(expected.len() + bytes.len() > 65536);
                let part = program.read(read, 50_000).unwrap();
                assert!(part == expected[..part.len()]);
                expected.drain(..part.len());
                continue;
            }
        }
        expected.extend(bytes);
    }
    let rest = program.read(read, 65536).unwrap();
    assert!(rest == expected);
    program.must(Sys::CLOSE, &[write]);
    assert_eq!(program.read(read, 5), Ok(Vec::new()));
}

#[test]
fn who_reads_waits_for_who_writes() {
    let program = program();
    let (read, write) = pipe(&program, 0);
    let at = program.room(10);
    let Err(waiting) = program.begin(Sys::READ, &[read, at, 10]) else { panic!("nothing to read") };
    assert_eq!(program.write(write, b"hello"), Ok(5));
    assert_eq!(program.again(waiting, Why::Woken).ok(), Some(Ok(5)));
    let big = program.room(100_000);
    let Err(waiting) = program.begin(Sys::WRITE, &[write, big, 100_000]) else { panic!("it does not fit") };
    assert_eq!(program.read(read, 65536).unwrap().len(), 65536);
    assert_eq!(program.again(waiting, Why::Woken).ok(), Some(Ok(100_000)));
    program.must(Sys::CLOSE, &[read]);
    assert_eq!(program.write(write, b"x"), Err(Errno::EPIPE));
}

#[test]
fn a_named_pipe_waits_for_both_ends() {
    let program = program();
    program.must(Sys::MKNODAT, &[CWD, program.text("/tmp/fifo"), 0o10600, 0]);
    assert_eq!(program.open("/tmp/fifo", 0o4001), Err(Errno::ENXIO));
    let path = program.text("/tmp/fifo");
    let Err(waiting) = program.begin(Sys::OPENAT, &[CWD, path, 0]) else { panic!("nobody writes") };
    let write = program.open("/tmp/fifo", 1).unwrap();
    let Ok(Ok(read)) = program.again(waiting, Why::Woken) else { panic!("somebody writes") };
    program.write(write, b"abc").unwrap();
    assert_eq!(program.read(read, 9).unwrap(), b"abc");
}

#[test]
fn splice_moves_between_pipes_and_files_and_loses_nothing() {
    let program = program();
    let ((read, write), (out, into)) = (pipe(&program, 0), pipe(&program, 0o4000));
    let splice = |from: u64, to: u64, len: u64, flags: u64| program.ask(Sys::SPLICE, &[from, 0, to, 0, len, flags]);
    program.make("/tmp/file", &[7; 70_000]);
    let file = program.open("/tmp/file", 0).unwrap();
    let copy = program.open("/tmp/copy", 0o102).unwrap();
    assert_eq!((splice(file, copy, 9, 0), splice(file, write, 9, 16)), (Err(Errno::EINVAL), Err(Errno::EINVAL)));
    let place = program.record(&0u64);
    assert_eq!(program.ask(Sys::SPLICE, &[file, 0, write, place, 9, 0]), Err(Errno::ESPIPE));
    assert_eq!((splice(read, into, 9, 2), splice(file, write, 100_000, 0)), (Err(Errno::EAGAIN), Ok(65536)));
    assert_eq!(splice(file, write, 9, 2), Err(Errno::EAGAIN));
    // The other pipe takes what it has room for; the rest stays.
    assert_eq!(splice(read, into, 60_000, 0), Ok(60_000));
    assert_eq!(splice(read, into, 60_000, 0), Ok(5536));
    assert_eq!(splice(file, write, 9000, 0), Ok(4464));
    assert_eq!(splice(read, into, 9000, 0), Err(Errno::EAGAIN));
    assert_eq!((splice(read, copy, 9000, 0), splice(out, copy, 70_000, 0)), (Ok(4464), Ok(65536)));
    program.must(Sys::CLOSE, &[write]);
    assert_eq!(splice(read, copy, 9, 0), Ok(0));
    let wanted = alloc::string::String::from_utf8(alloc::vec![7; 70_000]).unwrap();
    assert_eq!(program.file("/tmp/copy").unwrap(), wanted);
}

#[test]
fn bytes_move_between_pipes_and_files_and_back_where_there_is_no_room() {
    let program = program();
    let ((in_read, in_write), (out_read, out_write)) = (pipe(&program, 0o4000), pipe(&program, 0o4000));
    let splice = |from: u64, to: u64, most: u64| program.ask(Sys::SPLICE, &[from, 0, to, 0, most, 0]);
    program.make("/tmp/file", b"0123456789");
    let file = program.open("/tmp/file", 2).unwrap();
    assert_eq!((splice(file, in_write, 4), splice(in_read, file, 4)), (Ok(4), Ok(4)));
    assert_eq!(program.file("/tmp/file").unwrap(), "0123012389");
    assert_eq!((splice(in_read, out_write, 4), splice(in_read, in_write, 4)), (Err(Errno::EAGAIN), Err(Errno::EINVAL)));
    program.write(in_write, b"abcdef").unwrap();
    assert_eq!(program.ask(Sys::TEE, &[in_read, out_write, 3, 0]), Ok(3));
    assert_eq!(splice(in_read, out_write, 2), Ok(2));
    assert_eq!(program.read(out_read, 99).unwrap(), b"abcab");
    // A counter that cannot take what came gives it back.
    let full = program.open("/dev/full", 1).unwrap();
    assert_eq!(splice(in_read, full, 99), Err(Errno::ENOSPC));
    assert_eq!(program.read(in_read, 99).unwrap(), b"cdef");
    let (from, to) = (program.bytes(b"memory"), program.bytes(b"      "));
    let piece = |at: u64| program.bytes(&[at.to_le_bytes(), 6u64.to_le_bytes()].concat());
    assert_eq!(program.ask(Sys::VMSPLICE, &[in_write, piece(from), 1, 0]), Ok(6));
    assert_eq!(program.ask(Sys::VMSPLICE, &[in_read, piece(to), 1, 0]), Ok(6));
    assert_eq!(program.look(to, 6), b"memory");
}

#[test]
fn what_was_taken_goes_back_in_front() {
    use super::Ring;
    use crate::file::OwnBytes;
    let mut ring = Ring::new(16);
    let take = |ring: &mut Ring, count| {
        let mut bytes = Vec::new();
        ring.drain(&mut OwnBytes::Into(&mut bytes, count), count).unwrap();
        bytes
    };
    ring.fill(&mut OwnBytes::From(b"0123456789abcdef"), 16).unwrap();
    let first = take(&mut ring, 6);
    ring.fill(&mut OwnBytes::From(b"ghijkl"), 6).unwrap();
    ring.put_back(&first).unwrap();
    assert_eq!((ring.len(), ring.room()), (22, 0));
    ring.add(b"m").unwrap();
    assert_eq!(take(&mut ring, 99), b"0123456789abcdefghijklm");
    assert_eq!(ring.room(), 16);
}

#[test]
fn a_pipe_opened_anew_waits_for_no_other_end() {
    let program = program();
    let (read, write) = pipe(&program, 0);
    program.write(write, b"left behind").unwrap();
    program.must(Sys::CLOSE, &[write]);
    let again = program.open(&alloc::format!("/proc/self/fd/{read}"), 0).unwrap();
    assert_eq!((program.read(again, 99).unwrap(), program.read(again, 99)), (b"left behind".to_vec(), Ok(Vec::new())));
}

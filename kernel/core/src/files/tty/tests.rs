//! Terminals, asked by programs.

use crate::call::Why;
use crate::testing_calls::{Program, program};
use alloc::vec::Vec;
use ashore_formats::boot::{Start, Stream};
use ashore_pivot::Sys;
use ashore_pivot::layout::ioctl::*;
use ashore_pivot::layout::termios::*;

/// A program at the console.
fn at_console() -> Program {
    let program = program();
    let start = Start { streams: [Stream::Terminal; 3], size: (24, 80), ..Start::default() };
    let files = program.kernel.begin_console(&start).unwrap();
    program.thread.parts.lock().files = alloc::sync::Arc::new(files);
    program.kernel.give_console(&program.thread.process);
    program
}

fn type_in(program: &Program, bytes: &[u8]) {
    program.machine.type_in(bytes);
    let devices = program.kernel.devices.lock().clone();
    devices.iter().for_each(|device| device.interrupt(program.kernel));
}

#[test]
fn lines_are_edited_shown_and_read_one_by_one() {
    let program = at_console();
    let at = program.room(100);
    let Err(waiting) = program.begin(Sys::READ, &[0, at, 100]) else { panic!("nothing was typed") };
    type_in(&program, b"helo\x7flo\rsecond\n\x04");
    assert_eq!(program.machine.printed(), b"helo\x08 \x08lo\r\nsecond\r\n");
    assert_eq!(program.again(waiting, Why::Woken).ok(), Some(Ok(6)));
    assert_eq!(program.look(at, 6), b"hello\n");
    assert_eq!(program.read(0, 3).unwrap(), b"sec");
    assert_eq!(program.read(0, 30).unwrap(), b"ond\n");
    assert_eq!(program.read(0, 30).unwrap(), b"");
    program.write(1, b"a\nb").unwrap();
    assert_eq!(program.machine.printed(), b"a\r\nb");
}

#[test]
fn raw_input_comes_at_once_and_keys_signal_the_foreground() {
    let program = at_console();
    let at = program.room(Termios::LEN);
    program.must(Sys::IOCTL, &[0, u64::from(TCGETS), at]);
    let cooked: Termios = program.get(at);
    assert_eq!(cooked, Termios::NEW);
    type_in(&program, b"\x03");
    assert_eq!(program.machine.printed(), b"^C");
    let set = program.thread.process.signals.lock().queue.set();
    assert!(set.has(ashore_pivot::Signal::INT));
    let raw = program.record(&Termios { lflag: 0, oflag: 0, iflag: 0, ..cooked });
    program.must(Sys::IOCTL, &[0, u64::from(TCSETS), raw]);
    type_in(&program, b"x\x03\r");
    assert_eq!(program.read(0, 9).unwrap(), b"x\x03\r");
    program.write(1, b"\n").unwrap();
    assert_eq!(program.machine.printed(), b"\n");
    let size = program.room(8);
    program.must(Sys::IOCTL, &[1, u64::from(TIOCGWINSZ), size]);
    assert_eq!(program.get::<Winsize>(size), Winsize { row: 24, col: 80, ..Winsize::default() });
}

#[test]
fn a_pair_is_a_terminal_with_a_file_at_its_other_end() {
    let program = program();
    let master = program.open("/dev/ptmx", 2).unwrap();
    let number = program.record(&0u32);
    program.must(Sys::IOCTL, &[master, u64::from(TIOCSPTLCK), number]);
    program.must(Sys::IOCTL, &[master, u64::from(TIOCGPTN), number]);
    assert_eq!(program.get::<u32>(number), 0);
    let slave = program.open("/dev/pts/0", 2).unwrap();
    program.write(master, b"ls\n").unwrap();
    assert_eq!(program.read(slave, 10).unwrap(), b"ls\n");
    program.write(slave, b"file\n").unwrap();
    assert_eq!(program.read(master, 100).unwrap(), b"ls\r\nfile\r\n");
    program.must(Sys::CLOSE, &[master]);
    assert_eq!(program.read(slave, 1).unwrap(), Vec::new());
}

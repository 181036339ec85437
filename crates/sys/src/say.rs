//! Speaking to the person while a guest runs.
//!
//! The guest owns the descriptors: it may have closed the standard error output, put a file of its own in that place, or
//! lost the reader behind it. Then nothing is said; in no case does speaking end the process or write into the guest's file.
//! Nor does the guest wait for long for a reader who does not read: what he has no room for is not said. Only what a person
//! asked for whole, a trace, waits for its reader.

use ashore_pivot::{Errno, SigSet, Signal};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::OnceLock;

const STDERR: i32 = 2;
/// What a pipe that has any room takes at once.
const PIECE: usize = 4096;
/// How long a reader may do nothing, in milliseconds.
const PATIENCE: i32 = 1000;

/// The file that was the standard error output at the start, by device and number.
static BORN: OnceLock<Option<(u64, u64)>> = OnceLock::new();

fn stderr_now() -> Option<(u64, u64)> {
    // SAFETY: the record is plain words, and the call fills it when it says so.
    unsafe {
        let mut stat: libc::stat = core::mem::zeroed();
        (libc::fstat(STDERR, &mut stat) == 0).then_some((stat.st_dev, stat.st_ino))
    }
}

/// Remembers what the standard error output is, before the guest can change it.
pub fn remember_stderr() {
    BORN.get_or_init(stderr_now);
}

/// Whether the standard error output is still the one that the process was born with.
fn is_ours() -> bool {
    BORN.get().is_none_or(|born| born.is_some() && *born == stderr_now())
}

/// Says something on the standard error output, if it is still the one that the process was born with.
pub fn say(text: &str) {
    if !is_ours() {
        return;
    }
    let old = crate::set_signal_mask(SigSet(!0));
    let mut left = text.as_bytes();
    while !left.is_empty() && has_room() {
        let len = left.len().min(PIECE);
        match write(STDERR, left.get(..len).unwrap_or_default()) {
            Ok(written) if written > 0 => left = left.get(written..).unwrap_or_default(),
            Err(Errno::EINTR) => {}
            _ => break,
        }
    }
    crate::set_signal_mask(old);
}

/// As [`say`], but all of it, however long that takes, and with what came of it.
pub fn tell(text: &[u8]) -> Result<(), Errno> {
    if is_ours() { write_all(STDERR, text) } else { Ok(()) }
}

/// Writes all of it, and whatever happens raises no signal.
pub fn write_unsignalled(file: BorrowedFd<'_>, bytes: &[u8]) -> Result<(), Errno> {
    write_all(file.as_raw_fd(), bytes)
}

/// Others than a write's own signals come as ever: it may wait for its reader.
fn write_all(fd: i32, bytes: &[u8]) -> Result<(), Errno> {
    let old = crate::set_signal_mask(SigSet(!0));
    crate::set_signal_mask(old.with(Signal::PIPE).with(Signal::XFSZ));
    let mut left = bytes;
    let mut result = Ok(());
    while !left.is_empty() && result.is_ok() {
        match write(fd, left) {
            Ok(0) => result = Err(Errno::EIO),
            Ok(written) => left = left.get(written..).unwrap_or_default(),
            Err(Errno::EINTR) => {}
            Err(errno) => result = Err(errno),
        }
    }
    crate::set_signal_mask(old);
    result
}

/// One write, without the signal that a failed one raises. The caller has blocked it.
fn write(fd: i32, bytes: &[u8]) -> Result<usize, Errno> {
    let words = [fd as u64, bytes.as_ptr() as u64, bytes.len() as u64, 0, 0, 0];
    let written = crate::call(libc::SYS_write as u64, words);
    match written {
        Err(Errno::EPIPE) => drop_signal(Signal::PIPE),
        // A file that may not grow.
        Err(Errno::EFBIG) => drop_signal(Signal::XFSZ),
        _ => {}
    }
    written.map(|written| written as usize)
}

/// Waits until the output takes something, or says at once why not.
fn has_room() -> bool {
    let mut asked = libc::pollfd { fd: STDERR, events: libc::POLLOUT, revents: 0 };
    let words = [&raw mut asked as u64, 1, PATIENCE as u64, 0, 0, 0];
    loop {
        match crate::call(libc::SYS_poll as u64, words) {
            Ok(ready) => return ready != 0,
            Err(Errno::EINTR) => {}
            Err(_) => return true,
        }
    }
}

/// Takes the signal that a write just raised, which is none of the guest's.
fn drop_signal(signal: Signal) {
    let (set, none) = (SigSet::of(signal).0, [0u64; 2]);
    let words = [&raw const set as u64, 0, none.as_ptr() as u64, 8, 0, 0];
    let _ = crate::call(libc::SYS_rt_sigtimedwait as u64, words);
}

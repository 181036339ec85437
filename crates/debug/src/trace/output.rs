//! Where a trace goes: buffered lines to a file, or to stderr as they come.

use super::text::Text;
use std::fs::File;
use std::os::fd::AsFd;
use std::sync::{Mutex, PoisonError};

/// How much is kept before it is written to a file.
const BUFFER_LEN: usize = 32 * 1024;
/// How many nanoseconds lines may stay in the buffer while calls go on.
const BUFFER_AGE: u64 = 50_000_000;

/// Where lines go.
#[derive(Debug)]
pub struct Sink(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    file: Option<File>,
    buffer: Text,
    /// When, by the clock of [`Sink::line`].
    written: u64,
    is_broken: bool,
    /// The last line is written.
    is_ended: bool,
}

impl Sink {
    /// Lines to stderr, each as it comes.
    pub fn stderr() -> Sink {
        Sink::new(None)
    }

    /// Lines to a file, in pieces.
    pub fn file(file: File) -> Sink {
        Sink::new(Some(file))
    }

    fn new(file: Option<File>) -> Sink {
        let inner = Inner { file, buffer: Text::new(), written: 0, is_broken: false, is_ended: false };
        Sink(Mutex::new(inner))
    }

    /// Adds the line that `write` writes, at a time in nanoseconds. Its end is added here. Whether the buffer was
    /// written out.
    pub(crate) fn line(&self, now: u64, write: impl FnOnce(&mut Text)) -> bool {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.is_ended {
            return false;
        }
        write(&mut inner.buffer);
        inner.buffer.push('\n');
        let is_due = inner.buffer.len() >= BUFFER_LEN || now.saturating_sub(inner.written) >= BUFFER_AGE;
        let is_written = inner.file.is_none() || is_due;
        if is_written {
            inner.written = now;
            inner.write();
        }
        is_written
    }

    /// Adds the last line and writes everything out: no line comes behind it.
    pub(crate) fn end(&self, write: impl FnOnce(&mut Text)) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        write(&mut inner.buffer);
        inner.buffer.push('\n');
        inner.is_ended = true;
        inner.write();
    }

    /// Writes out what is buffered.
    pub(crate) fn flush(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write();
    }

    /// Runs `fork` with nothing in the buffer and nobody writing.
    pub(crate) fn around<T>(&self, fork: impl FnOnce() -> T) -> T {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.write();
        fork()
    }
}

impl Inner {
    /// Of a trace that cannot be written one line tells; the guest goes on, and hears of it by no signal.
    fn write(&mut self) {
        let result = match &self.file {
            Some(file) => ashore_sys::write_unsignalled(file.as_fd(), self.buffer.bytes()),
            None => ashore_sys::tell(self.buffer.bytes()),
        };
        self.buffer.clear();
        if let Err(error) = result
            && !self.is_broken
        {
            self.is_broken = true;
            ashore_sys::say(&format!("ashore: the trace cannot be written: {error}\n"));
        }
    }
}

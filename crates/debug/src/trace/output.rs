//! Where a trace goes: buffered lines to a file, or to stderr as they come.

use std::fs::File;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How much is kept before it is written to a file.
const BUFFER_LEN: usize = 32 * 1024;
/// How long lines may stay in the buffer while calls go on.
const BUFFER_AGE: Duration = Duration::from_millis(50);

/// Where lines go.
#[derive(Debug)]
pub struct Sink(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    file: Option<File>,
    buffer: Vec<u8>,
    written: Instant,
    is_broken: bool,
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
        let inner = Inner { file, buffer: Vec::with_capacity(BUFFER_LEN), written: Instant::now(), is_broken: false };
        Sink(Mutex::new(inner))
    }

    /// Adds one line. Its end is added here.
    pub(crate) fn line(&self, line: &str, now: Instant) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.buffer.extend_from_slice(line.as_bytes());
        inner.buffer.push(b'\n');
        let is_due = inner.buffer.len() >= BUFFER_LEN || now.duration_since(inner.written) >= BUFFER_AGE;
        if inner.file.is_none() || is_due {
            inner.write(now);
        }
    }

    /// Writes out what is buffered.
    pub(crate) fn flush(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(Instant::now());
    }

    /// Runs `fork` with nothing in the buffer and nobody writing.
    pub(crate) fn around<T>(&self, fork: impl FnOnce() -> T) -> T {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.write(Instant::now());
        fork()
    }
}

impl Inner {
    /// A trace that cannot be written is given up with one line: the guest goes on.
    fn write(&mut self, now: Instant) {
        self.written = now;
        let result = match &mut self.file {
            Some(file) => file.write_all(&self.buffer),
            None => io::stderr().write_all(&self.buffer),
        };
        self.buffer.clear();
        if let Err(error) = result
            && !self.is_broken
        {
            self.is_broken = true;
            eprintln!("ashore: the trace cannot be written: {error}");
        }
    }
}

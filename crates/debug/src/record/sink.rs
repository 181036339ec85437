//! Where a recording goes.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsRawFd;

/// How much is kept before it is written out.
const BUFFER_LEN: usize = 256 * 1024;

/// A file that is written in pieces.
#[derive(Debug)]
pub struct Sink {
    file: File,
    pub(super) buffer: Vec<u8>,
}

impl Sink {
    /// Writes to `file`, whose descriptor should be out of the guest's way.
    pub fn new(file: File) -> Sink {
        Sink { file, buffer: Vec::with_capacity(BUFFER_LEN * 2) }
    }

    /// The descriptor, which the guest must not close.
    pub(super) fn fd(&self) -> u64 {
        self.file.as_raw_fd() as u64
    }

    /// Writes out what is buffered when that is much.
    pub(super) fn tidy(&mut self) -> io::Result<()> {
        if self.buffer.len() < BUFFER_LEN { Ok(()) } else { self.flush() }
    }

    /// Writes out what is buffered.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        let written = self.file.write_all(&self.buffer);
        self.buffer.clear();
        written
    }
}

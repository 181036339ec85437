//! Where a recording goes: a thread of ours writes it to the file, so that the guest does not wait for that.
//!
//! The thread takes no signals, and a fork does not copy it: a child records nothing.

use super::log::Buffer;
use ashore_pivot::SigSet;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// How much is kept before it is written out: all buffers together stay in a processor's cache.
const BUFFER_LEN: usize = 64 * 1024;
/// How many buffers may be on their way to the file.
const BUFFERS: usize = 4;

/// A file that is written in pieces.
#[derive(Debug)]
pub struct Sink {
    fd: u64,
    pub(super) buffer: Buffer,
    full: SyncSender<Buffer>,
    empty: Receiver<(Buffer, io::Result<()>)>,
    on_their_way: usize,
}

impl Sink {
    /// Writes to `file`, whose descriptor should be out of the guest's way.
    pub fn new(mut file: File) -> io::Result<Sink> {
        let fd = file.as_raw_fd() as u64;
        let (full, to_write) = sync_channel::<Buffer>(BUFFERS);
        let (done, empty) = sync_channel(BUFFERS);
        let mask = ashore_sys::set_signal_mask(SigSet(!0));
        let writer = std::thread::Builder::new().spawn(move || {
            for mut buffer in to_write {
                let written = file.write_all(buffer.written());
                buffer.clear();
                if done.send((buffer, written)).is_err() {
                    return;
                }
            }
        });
        ashore_sys::set_signal_mask(mask);
        writer?;
        Ok(Sink { fd, buffer: Buffer::new(BUFFER_LEN * 2), full, empty, on_their_way: 0 })
    }

    /// The descriptor, which the guest must not close.
    pub(super) fn fd(&self) -> u64 {
        self.fd
    }

    /// Has what is buffered written when that is much.
    pub(super) fn tidy(&mut self) -> io::Result<()> {
        if self.buffer.len() < BUFFER_LEN {
            return Ok(());
        }
        let next = match self.on_their_way {
            BUFFERS => self.take_back()?,
            _ => self.empty.try_recv().map_or_else(
                |_| Ok(Buffer::new(BUFFER_LEN * 2)),
                |(buffer, written)| {
                    self.on_their_way -= 1;
                    written.map(|()| buffer)
                },
            )?,
        };
        self.send(next)
    }

    /// Writes out what is buffered, and comes back when it is written.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.send(Buffer::default())?;
        let mut last = Buffer::default();
        while self.on_their_way > 0 {
            last = self.take_back()?;
        }
        self.buffer = last;
        Ok(())
    }

    fn send(&mut self, next: Buffer) -> io::Result<()> {
        let full = std::mem::replace(&mut self.buffer, next);
        self.on_their_way += 1;
        self.full.send(full).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn take_back(&mut self) -> io::Result<Buffer> {
        let (buffer, written) = self.empty.recv().map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        self.on_their_way -= 1;
        written.map(|()| buffer)
    }
}

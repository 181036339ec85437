//! The connection to gdb.
//!
//! A thread of its own reads, so that the server can wait for gdb and for the guest at once. What goes through here
//! is changed in one place: gdb's list of signals it does not want to hear of (`QPassSignals`), which `gdbstub` does not
//! know, is announced, taken and answered here.

use super::world::{Came, World};
use ashore_pivot::Sys;
use gdbstub::conn::Connection;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

/// Either kind of connection.
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    /// One to read and one to write.
    Files(File, File),
}

impl Stream {
    fn try_clone(&self) -> io::Result<Stream> {
        match self {
            Stream::Tcp(stream) => stream.try_clone().map(Stream::Tcp),
            Stream::Unix(stream) => stream.try_clone().map(Stream::Unix),
            Stream::Files(input, output) => Ok(Stream::Files(input.try_clone()?, output.try_clone()?)),
        }
    }

    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => stream.read(into),
            Stream::Unix(stream) => stream.read(into),
            Stream::Files(input, _) => input.read(into),
        }
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Stream::Tcp(stream) => Write::write_all(stream, bytes),
            Stream::Unix(stream) => Write::write_all(stream, bytes),
            Stream::Files(_, output) => output.write_all(bytes),
        }
    }

    /// Waits until there is something to read, or the end; whether there is, when that is not to take forever.
    fn wait(&self, timeout: u64) -> bool {
        let fd = match self {
            Stream::Tcp(stream) => stream.as_raw_fd(),
            Stream::Unix(stream) => stream.as_raw_fd(),
            Stream::Files(input, _) => input.as_raw_fd(),
        };
        // struct pollfd: the descriptor, what is waited for (POLLIN), what came.
        let mut record = u64::from(fd as u32) | 1 << 32;
        let words = [&raw mut record as u64, 1, timeout, 0, 0, 0];
        ashore_sys::call(u64::from(Sys::POLL.0), words) == Ok(1)
    }

    fn close(&self) {
        let _ = match self {
            Stream::Tcp(stream) => stream.shutdown(std::net::Shutdown::Both),
            Stream::Unix(stream) => stream.shutdown(std::net::Shutdown::Both),
            // They are closed when they are dropped.
            Stream::Files(..) => Ok(()),
        };
    }
}

const PASS: &[u8] = b"QPassSignals:";
/// Milliseconds of `poll`.
const NOW: u64 = 0;
const FOREVER: u64 = u64::MAX;
const NO_ACK: &[u8] = b"QStartNoAckMode";
/// How the answer to gdb's first question begins.
const FEATURES: &[u8] = b"$PacketSize=";
/// A packet is never longer; what is, is no packet.
const LONGEST: usize = 1 << 20;

/// The server's end.
pub(super) struct Wire {
    stream: Stream,
    world: Arc<World>,
    /// What came and is not a whole packet yet.
    partial: Vec<u8>,
    ready: VecDeque<u8>,
    out: Vec<u8>,
    is_acked: bool,
}

impl Wire {
    pub(super) fn new(stream: Stream, world: Arc<World>) -> io::Result<Wire> {
        if let Stream::Tcp(tcp) = &stream {
            tcp.set_nodelay(true)?;
        }
        let session = world.opened();
        let listener = stream.try_clone()?;
        let into = world.clone();
        ashore_sys::spawn(move || {
            while into.may_listen(session) {
                listener.wait(FOREVER);
                into.heard();
            }
        })
        .map_err(|errno| io::Error::from_raw_os_error(errno.0.into()))?;
        Ok(Wire { stream, world, partial: Vec::new(), ready: VecDeque::new(), out: Vec::new(), is_acked: true })
    }

    /// Waits for the guest or gdb.
    pub(super) fn wait(&self) -> Came {
        self.world.wait(&|| self.stream.wait(NOW))
    }

    pub(super) fn close(&self) {
        self.stream.close();
    }

    /// The next byte for the protocol, if one is here.
    pub(super) fn ready(&mut self) -> Option<u8> {
        self.ready.pop_front()
    }

    /// Waits for bytes; false when gdb is gone.
    pub(super) fn fill(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 4096];
        let len = match self.stream.read(&mut buffer) {
            Ok(0) | Err(_) => return Ok(false),
            Ok(len) => len,
        };
        self.partial.extend(buffer.get(..len).unwrap_or_default());
        while let Some(len) = first_part(&self.partial) {
            let part: Vec<u8> = self.partial.drain(..len).collect();
            match part.strip_prefix(b"$").and_then(|packet| packet.strip_prefix(PASS)) {
                Some(list) => self.pass(list)?,
                None => {
                    self.ready.extend(&part);
                    if part.get(1..).is_some_and(|packet| packet.starts_with(NO_ACK)) {
                        self.is_acked = false;
                    }
                }
            }
        }
        Ok(true)
    }

    fn pass(&mut self, list: &[u8]) -> io::Result<()> {
        let end = list.iter().position(|byte| *byte == b'#').unwrap_or(list.len());
        let text = String::from_utf8_lossy(list.get(..end).unwrap_or_default()).into_owned();
        let numbers: Vec<u8> = text.split(';').filter_map(|n| u8::from_str_radix(n, 16).ok()).collect();
        self.world.pass(&numbers);
        let answer: &[u8] = if self.is_acked { b"+$OK#9a" } else { b"$OK#9a" };
        self.stream.write_all(answer)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        // What listens wakes up, and finds that it is over.
        self.world.closed();
        self.stream.close();
    }
}

/// The length of the first byte that is no packet, or of the first packet when it is whole.
fn first_part(bytes: &[u8]) -> Option<usize> {
    if *bytes.first()? != b'$' || bytes.len() > LONGEST {
        return Some(1);
    }
    let end = bytes.iter().position(|byte| *byte == b'#')? + 3;
    (bytes.len() >= end).then_some(end)
}

/// The answer to gdb's first question, with one feature more.
fn announce(out: &[u8]) -> Option<Vec<u8>> {
    let start = out.windows(FEATURES.len()).position(|window| window == FEATURES)?;
    let end = start + out.get(start..)?.iter().position(|byte| *byte == b'#')?;
    let mut body = out.get(start + 1..end)?.to_vec();
    body.extend(b";QPassSignals+");
    let sum = body.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    let mut changed = out.get(..=start)?.to_vec();
    changed.extend(body);
    changed.extend(format!("#{sum:02x}").bytes());
    changed.extend(out.get(end + 3..)?);
    Some(changed)
}

impl Connection for Wire {
    type Error = io::Error;

    fn write(&mut self, byte: u8) -> io::Result<()> {
        self.out.push(byte);
        Ok(())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.extend(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        let out = std::mem::take(&mut self.out);
        match announce(&out) {
            Some(changed) => self.stream.write_all(&changed),
            None => self.stream.write_all(&out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_single_bytes_and_whole_packets() {
        assert_eq!(first_part(b""), None);
        assert_eq!(first_part(b"+$g#67"), Some(1));
        assert_eq!(first_part(b"$g#67$m"), Some(5));
        assert_eq!(first_part(b"$g#6"), None);
        assert_eq!(first_part(b"$g"), None);
        assert_eq!(first_part(b"\x03"), Some(1));
    }

    #[test]
    fn a_feature_is_added_with_the_right_sum() {
        assert_eq!(announce(b"+$OK#9a"), None);
        let changed = announce(b"+$PacketSize=10#f8").unwrap();
        let text = String::from_utf8(changed).unwrap();
        let body = text.strip_prefix("+$").unwrap().rsplit_once('#').unwrap().0;
        assert_eq!(body, "PacketSize=10;QPassSignals+");
        let sum = body.bytes().fold(0u8, u8::wrapping_add);
        assert!(text.ends_with(&format!("#{sum:02x}")));
    }
}

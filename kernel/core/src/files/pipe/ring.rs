//! Bytes in a circle.

use crate::file::{Bytes, OwnBytes};
use alloc::vec::Vec;
use ashore_pivot::Errno;

/// Bytes in a circle that grows up to a limit.
#[derive(Debug)]
pub struct Ring {
    bytes: Vec<u8>,
    head: usize,
    len: usize,
    most: usize,
}

/// What a ring has room for at first.
const FIRST: usize = 4096;

impl Ring {
    /// An empty one that holds at most so many bytes.
    pub const fn new(most: usize) -> Ring {
        Ring { bytes: Vec::new(), head: 0, len: 0, most }
    }

    /// How many bytes are in it.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many more it holds.
    pub const fn room(&self) -> usize {
        self.most.saturating_sub(self.len)
    }

    /// How many it holds at most.
    pub const fn most(&self) -> usize {
        self.most
    }

    /// Says how many it holds at most; not fewer than there are.
    pub fn set_most(&mut self, most: usize) {
        self.most = most.max(self.len);
    }

    /// Makes room for `more` bytes, as far as the limit allows.
    fn grow(&mut self, more: usize) -> Result<(), Errno> {
        let wanted = (self.len + more).min(self.most);
        if wanted <= self.bytes.len() {
            return Ok(());
        }
        self.enlarge(wanted.next_power_of_two().max(FIRST).min(self.most.max(wanted)))
    }

    fn enlarge(&mut self, size: usize) -> Result<(), Errno> {
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(size).map_err(|_| Errno::ENOMEM)?;
        let (first, second) = self.filled();
        bytes.extend_from_slice(first);
        bytes.extend_from_slice(second);
        bytes.resize(size, 0);
        (self.bytes, self.head) = (bytes, 0);
        Ok(())
    }

    /// The bytes in it, in two parts.
    fn filled(&self) -> (&[u8], &[u8]) {
        let first = self.len.min(self.bytes.len() - self.head);
        let part = |from: usize, len: usize| self.bytes.get(from..from + len).unwrap_or_default();
        (part(self.head, first), part(0, self.len - first))
    }

    /// Takes up to `most` bytes from a writer; stops early at a bad address.
    pub fn fill(&mut self, bytes: &mut dyn Bytes, most: usize) -> Result<usize, Errno> {
        let most = most.min(bytes.left()).min(self.room());
        self.grow(most)?;
        let mut done = 0;
        while done < most {
            let size = self.bytes.len();
            let tail = self.head + self.len;
            let tail = if tail >= size { tail - size } else { tail };
            let count = (most - done).min(size - tail);
            let Some(part) = self.bytes.get_mut(tail..tail + count) else { break };
            let taken = match bytes.take(part) {
                Err(errno) if done == 0 => return Err(errno),
                taken => taken.unwrap_or(0),
            };
            self.len += taken;
            done += taken;
            if taken < count {
                break;
            }
        }
        Ok(done)
    }

    /// Hands up to `most` bytes to a reader; stops early at a bad address.
    pub fn drain(&mut self, bytes: &mut dyn Bytes, most: usize) -> Result<usize, Errno> {
        let most = most.min(bytes.left()).min(self.len);
        let mut done = 0;
        while done < most {
            let count = (most - done).min(self.bytes.len() - self.head);
            let part = self.bytes.get(self.head..self.head + count).unwrap_or_default();
            let put = match bytes.put(part) {
                Err(errno) if done == 0 => return Err(errno),
                put => put.unwrap_or(0),
            };
            self.drop_first(put);
            done += put;
            if put < count {
                break;
            }
        }
        Ok(done)
    }

    /// Adds bytes, even if there was less room.
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        let most = self.most;
        self.most = most.max(self.len + bytes.len());
        let done = self.fill(&mut OwnBytes::From(bytes), bytes.len());
        self.most = most;
        done.map(drop)
    }

    /// Puts bytes in front that were taken from there, even if others have filled the room meanwhile.
    pub fn put_back(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        let wanted = self.len + bytes.len();
        if wanted > self.bytes.len() {
            self.enlarge(wanted.next_power_of_two().max(FIRST))?;
        }
        for byte in bytes.iter().rev() {
            self.head = if self.head == 0 { self.bytes.len() } else { self.head } - 1;
            if let Some(place) = self.bytes.get_mut(self.head) {
                *place = *byte;
                self.len += 1;
            }
        }
        Ok(())
    }

    /// Hands out bytes and keeps them.
    pub fn peek(&self, bytes: &mut dyn Bytes) -> Result<usize, Errno> {
        let (first, second) = self.filled();
        let done = bytes.put(first)?;
        if done < first.len() || second.is_empty() || bytes.left() == 0 {
            return Ok(done);
        }
        Ok(done + bytes.put(second).unwrap_or(0))
    }

    /// Forgets the first bytes.
    fn drop_first(&mut self, count: usize) {
        let count = count.min(self.len);
        self.len -= count;
        self.head += count;
        if self.head >= self.bytes.len() {
            self.head -= self.bytes.len();
        }
        if self.len == 0 {
            self.head = 0;
        }
    }
}

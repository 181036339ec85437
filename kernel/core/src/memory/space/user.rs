//! A program's memory as the kernel reads and writes it.
//!
//! The kernel never uses a program's addresses itself: it walks the table, brings pages as a fault would, and reads
//! frames. So a wild pointer is an error number and never a fault of the kernel.

use super::{FaultEnd, Space, TASK_END};
use super::{Inner, SpaceLimits, allows};
use crate::machine::{Access, Frame};
use crate::memory::Physical;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_base::{Addr, PAGE_SIZE};
use ashore_pivot::{Errno, IoVec, Memory};

/// The most pieces a call may name (`UIO_MAXIOV`).
const MAX_PIECES: u64 = 1024;
/// The most a call moves (`MAX_RW_COUNT`).
pub const MAX_MOVED: u64 = 0x7fff_f000;

/// What a futex is known by: the same word of memory has the same key in every process that sees it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key {
    /// The space, or the file.
    object: u64,
    /// The address there, or the offset.
    at: u64,
}

impl Key {
    /// A number that spreads keys.
    pub fn hash(&self) -> u64 {
        (self.object ^ self.at >> 2).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
    }
}

/// How much of a text is looked at at a time: most paths.
const TEXT_PART: usize = 56;

/// Where the first zero byte is, by words; the length if there is none.
#[inline]
fn zero_at(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let (words, _) = bytes.as_chunks::<8>();
    for (nth, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // The lowest byte that this marks is zero; those above it may be marked by a borrow.
        let marks = word.wrapping_sub(ONES) & !word & HIGH;
        if marks != 0 {
            return nth * 8 + (marks.trailing_zeros() / 8) as usize;
        }
    }
    bytes.len()
}

impl From<FaultEnd> for Errno {
    /// What a call says of a bad address.
    fn from(_: FaultEnd) -> Errno {
        Errno::EFAULT
    }
}

impl Inner {
    /// The frame of a page the kernel is about to use as the program would.
    #[inline]
    fn frame(&mut self, physical: &Physical, limits: &SpaceLimits, at: u64, access: Access) -> Result<Frame, Errno> {
        let page = Addr(at & !(PAGE_SIZE - 1));
        if at >= TASK_END {
            return Err(Errno::EFAULT);
        }
        match self.table.look(page) {
            Some((frame, rights)) if allows(rights, access) => Ok(frame),
            _ => Ok(self.fault(physical, limits, page, access)?),
        }
    }
}

impl Space {
    /// Does something with the piece of every page in a stretch of memory; how many bytes it came to before a bad
    /// address.
    #[inline]
    fn pieces(
        &self,
        at: Addr,
        len: usize,
        access: Access,
        piece: &mut dyn FnMut(Frame, usize, core::ops::Range<usize>),
    ) -> (usize, Result<(), Errno>) {
        let mut inner = self.inner.lock();
        let mut done = 0;
        while done < len {
            let Some(here) = at.0.checked_add(done as u64) else { return (done, Err(Errno::EFAULT)) };
            let offset = (here % PAGE_SIZE) as usize;
            let count = (PAGE_SIZE as usize - offset).min(len - done);
            match inner.frame(self.physical, &self.limits, here, access) {
                Ok(frame) => piece(frame, offset, done..done + count),
                Err(errno) => return (done, Err(errno)),
            }
            done += count;
        }
        (done, Ok(()))
    }

    /// Writes two words if that takes no more than a look: within one page that the program may write now. Says whether it did.
    #[inline]
    pub(crate) fn store(&self, to: Addr, words: (u64, u64)) -> bool {
        // A table knows programs' addresses only.
        if to.0 >= TASK_END {
            return false;
        }
        self.inner.lock().table.store(to, words)
    }

    /// Reads as much as can be read; how much that was.
    pub fn copy_in(&self, from: Addr, into: &mut [u8]) -> usize {
        let machine = self.physical.machine;
        self.pieces(from, into.len(), Access::Read, &mut |frame, offset, part| {
            machine.read_frame(frame, offset, into.get_mut(part).unwrap_or_default());
        })
        .0
    }

    /// Writes as much as can be written; how much that was.
    pub fn copy_out(&self, to: Addr, bytes: &[u8]) -> usize {
        let machine = self.physical.machine;
        self.pieces(to, bytes.len(), Access::Write, &mut |frame, offset, part| {
            machine.write_frame(frame, offset, bytes.get(part).unwrap_or_default());
        })
        .0
    }

    /// Writes a part of a frame, which lies within it, as far as can be written; how much that was.
    pub fn copy_out_frame(&self, to: Addr, (from, from_at): (Frame, usize), len: usize) -> usize {
        let machine = self.physical.machine;
        self.pieces(to, len, Access::Write, &mut |frame, offset, part| {
            machine.move_bytes((from, from_at + part.start), (frame, offset), part.len());
        })
        .0
    }

    /// Reads into a part of a frame, which lies within it, as far as can be read; how much that was.
    pub fn copy_in_frame(&self, from: Addr, (to, to_at): (Frame, usize), len: usize) -> usize {
        let machine = self.physical.machine;
        self.pieces(from, len, Access::Read, &mut |frame, offset, part| {
            machine.move_bytes((frame, offset), (to, to_at + part.start), part.len());
        })
        .0
    }

    /// Fills memory with zeros.
    pub fn clear_out(&self, to: Addr, len: usize) -> Result<(), Errno> {
        let zeros = [0; 256];
        let machine = self.physical.machine;
        self.pieces(to, len, Access::Write, &mut |frame, offset, part| {
            let mut at = offset;
            let end = offset + part.len();
            while at < end {
                let count = zeros.len().min(end - at);
                machine.write_frame(frame, at, zeros.get(..count).unwrap_or_default());
                at += count;
            }
        })
        .1
    }

    /// The bytes before the first zero byte; `ENAMETOOLONG` when `max` bytes hold none.
    pub fn cstr(&self, from: Addr, max: usize) -> Result<Vec<u8>, Errno> {
        let mut bytes = Vec::new();
        self.each_part(from, max, &mut |part| bytes.extend_from_slice(part))?;
        Ok(bytes)
    }

    /// Hands over the bytes before the first zero byte part by part.
    #[inline]
    fn each_part(&self, from: Addr, max: usize, take: &mut dyn FnMut(&[u8])) -> Result<(), Errno> {
        let mut inner = self.inner.lock();
        let mut done = 0;
        while done < max {
            let here = from.0.checked_add(done as u64).ok_or(Errno::EFAULT)?;
            let frame = inner.frame(self.physical, &self.limits, here, Access::Read)?;
            let offset = (here % PAGE_SIZE) as usize;
            let count = (PAGE_SIZE as usize - offset).min(max - done).min(TEXT_PART);
            // What is behind the part stays zero and ends it, if nothing else does.
            let mut words = [0; TEXT_PART + 8];
            let part = words.get_mut(..count).unwrap_or_default();
            self.physical.machine.read_frame(frame, offset, part);
            let len = zero_at(&words);
            take(words.get(..len.min(count)).unwrap_or_default());
            if len < count {
                return Ok(());
            }
            done += count;
        }
        Err(Errno::ENAMETOOLONG)
    }

    /// A word of 32 bits.
    pub fn read_u32(&self, at: Addr) -> Result<u32, Errno> {
        let mut bytes = [0; 4];
        Memory::read(self, at, &mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    /// A word of 64 bits.
    pub fn read_u64(&self, at: Addr) -> Result<u64, Errno> {
        let mut bytes = [0; 8];
        Memory::read(self, at, &mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// Writes a word of 32 bits.
    pub fn write_u32(&self, at: Addr, word: u32) -> Result<(), Errno> {
        Memory::write(self, at, &word.to_le_bytes())
    }

    /// Writes a word of 64 bits.
    pub fn write_u64(&self, at: Addr, word: u64) -> Result<(), Errno> {
        Memory::write(self, at, &word.to_le_bytes())
    }

    /// The pieces of memory a call names by an array of `struct iovec`, cut off at the most a call moves.
    pub fn iovecs(&self, at: Addr, count: u64) -> Result<Vec<IoVec>, Errno> {
        if count > MAX_PIECES {
            return Err(Errno::EINVAL);
        }
        let mut bytes = alloc::vec![0; count as usize * 16];
        Memory::read(self, at, &mut bytes)?;
        let mut left = MAX_MOVED;
        let mut pieces = Vec::with_capacity(count as usize);
        for pair in bytes.as_chunks::<8>().0.as_chunks::<2>().0 {
            let [base, len] = pair.map(u64::from_le_bytes);
            if len > i64::MAX as u64 {
                return Err(Errno::EINVAL);
            }
            if base > TASK_END || len > TASK_END - base {
                return Err(Errno::EFAULT);
            }
            let len = len.min(left);
            left -= len;
            pieces.push(IoVec { base, len });
        }
        Ok(pieces)
    }

    /// What a futex is known by. Only words in shared memory that the program does not call private are known by more
    /// than their address.
    pub fn futex_key(&self, at: Addr, sharing: Sharing) -> Result<Key, Errno> {
        let own = Key { object: self.id << 1 | 1, at: at.0 };
        if !at.0.is_multiple_of(4) {
            return Err(Errno::EINVAL);
        }
        if at.0 >= TASK_END {
            return Err(Errno::EFAULT);
        }
        match sharing {
            Sharing::Private => Ok(own),
            Sharing::Shared => {
                let mut inner = self.inner.lock();
                inner.frame(self.physical, &self.limits, at.0, Access::Read)?;
                Ok(inner.file_word(at.0).map_or(own, |(object, at)| Key { object, at }))
            }
        }
    }
}

/// Whether a word may be shared with other processes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sharing {
    /// The threads of this space (`FUTEX_PRIVATE_FLAG`).
    Private,
    /// Everybody who has the memory.
    Shared,
}

impl Memory for Space {
    #[inline]
    fn read(&self, from: Addr, into: &mut [u8]) -> Result<(), Errno> {
        let machine = self.physical.machine;
        self.pieces(from, into.len(), Access::Read, &mut |frame, offset, part| {
            machine.read_frame(frame, offset, into.get_mut(part).unwrap_or_default());
        })
        .1
    }

    #[inline]
    fn write(&self, to: Addr, bytes: &[u8]) -> Result<(), Errno> {
        let machine = self.physical.machine;
        self.pieces(to, bytes.len(), Access::Write, &mut |frame, offset, part| {
            machine.write_frame(frame, offset, bytes.get(part).unwrap_or_default());
        })
        .1
    }

    fn cstr_len(&self, from: Addr, max: usize) -> Result<usize, Errno> {
        let mut len = 0;
        self.each_part(from, max, &mut |part| len += part.len())?;
        Ok(len)
    }

    fn load_u32(&self, at: Addr) -> Result<u32, Errno> {
        if !at.0.is_multiple_of(4) {
            return self.read_u32(at);
        }
        let mut inner = self.inner.lock();
        let frame = inner.frame(self.physical, &self.limits, at.0, Access::Read)?;
        // What is exchanged for itself stays as it is, whoever else may see it.
        Ok(self.physical.machine.exchange(frame, (at.0 % PAGE_SIZE) as usize, 0, 0))
    }

    fn compare_exchange_u32(&self, at: Addr, old: u32, new: u32) -> Result<u32, Errno> {
        if !at.0.is_multiple_of(4) {
            return Err(Errno::EINVAL);
        }
        let mut inner = self.inner.lock();
        let frame = inner.frame(self.physical, &self.limits, at.0, Access::Write)?;
        Ok(self.physical.machine.exchange(frame, (at.0 % PAGE_SIZE) as usize, old, new))
    }
}

impl Inner {
    /// The file and the offset in it of a word that is shared through a file.
    fn file_word(&self, at: u64) -> Option<(u64, u64)> {
        let area = self.areas.at(at).filter(|area| area.is_shared())?;
        let file = area.file.as_ref()?;
        let object = Arc::as_ptr(&file.pages).cast::<()>().addr() as u64;
        Some((object, area.index(at) * PAGE_SIZE + at % PAGE_SIZE))
    }
}

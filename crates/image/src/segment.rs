//! One stretch of memory and the file bytes that fill it.

use alloc::string::String;
use ashore_base::{Addr, AddrRange};
use core::fmt;

/// A stretch of the file an image came from. Readers check it against the file's length before they make one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct FileRange {
    /// Offset of the first byte, from the start of the whole file.
    pub offset: u64,
    /// How many bytes.
    pub len: u64,
}

impl FileRange {
    /// The first offset after the range.
    pub const fn end(self) -> u64 {
        self.offset.saturating_add(self.len)
    }

    /// Whether `offset` lies inside.
    pub const fn contains(self, offset: u64) -> bool {
        self.offset <= offset && offset - self.offset < self.len
    }

    /// The bytes of the range in `file`.
    pub fn of(self, file: &[u8]) -> Option<&[u8]> {
        ashore_base::Bytes(file).slice(self.offset, self.len)
    }
}

/// What may be done with memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct Perms {
    /// It can be read.
    pub is_read: bool,
    /// It can be written.
    pub is_write: bool,
    /// It can be run.
    pub is_exec: bool,
}

impl fmt::Display for Perms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_read { "r" } else { "-" })?;
        f.write_str(if self.is_write { "w" } else { "-" })?;
        f.write_str(if self.is_exec { "x" } else { "-" })
    }
}

/// One stretch of memory: the file bytes first, zeroes after them.
///
/// Neither end need be page-aligned. `memory.start` and `file.offset` are equal modulo the page size whenever `file.len`
/// is not zero, so that the file can be mapped: readers check that.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Segment {
    /// The memory it takes; at least as long as `file`.
    pub memory: AddrRange,
    /// The bytes it begins with.
    pub file: FileRange,
    /// What may be done with it.
    pub perms: Perms,
    /// The alignment its author asked for; a power of two, at least 1.
    pub align: u64,
    /// Its name, in formats that have one.
    pub name: Option<String>,
}

impl Segment {
    /// The memory that the file's bytes fill.
    pub fn filled(&self) -> AddrRange {
        AddrRange { start: self.memory.start, end: self.memory.start.plus(self.file.len) }
    }

    /// The memory after the file's bytes, zero at first.
    pub fn zeroed(&self) -> AddrRange {
        AddrRange { start: self.filled().end, end: self.memory.end }
    }

    /// The file offset of the byte at `addr`, unless it is zero fill or outside.
    pub fn offset_of(&self, addr: Addr) -> Option<u64> {
        self.filled().contains(addr).then(|| self.file.offset.saturating_add(addr.0 - self.memory.start.0))
    }
}

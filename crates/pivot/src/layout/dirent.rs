//! Names in a directory, as `getdents64` tells them.

use super::record::constants;
use alloc::vec::Vec;
use ashore_base::Bytes;

/// Where the name starts.
const NAME_AT: usize = 19;

/// `struct linux_dirent64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dirent<'a> {
    /// The file's number.
    pub ino: u64,
    /// What `lseek` takes to continue behind this name.
    pub next: i64,
    /// The file's kind: one of [`KINDS`].
    pub kind: u8,
    /// The name, without a zero.
    pub name: &'a [u8],
}

impl<'a> Dirent<'a> {
    /// How many bytes an entry of this name takes: a multiple of 8.
    pub const fn len_for(name: &[u8]) -> usize {
        (NAME_AT + name.len() + 1).next_multiple_of(8)
    }

    /// Appends the entry to `to`, unless that would be longer than `limit` then. Whether it was appended.
    pub fn append(&self, to: &mut Vec<u8>, limit: usize) -> bool {
        let len = Dirent::len_for(self.name);
        let Ok(short) = u16::try_from(len) else { return false };
        let end = to.len() + len;
        if end > limit {
            return false;
        }
        to.extend(self.ino.to_le_bytes());
        to.extend(self.next.to_le_bytes());
        to.extend(short.to_le_bytes());
        to.push(self.kind);
        to.extend(self.name);
        to.resize(end, 0);
        true
    }

    /// The entries in `bytes`, up to the first that is none.
    pub fn all(bytes: &'a [u8]) -> impl Iterator<Item = Dirent<'a>> {
        let mut at = 0;
        core::iter::from_fn(move || {
            let rest = Bytes(bytes.get(at..)?);
            let len = rest.u16(16)?;
            let name = Bytes(rest.slice(0, u64::from(len))?).cstr(NAME_AT as u64)?;
            at += usize::from(len);
            Some(Dirent { ino: rest.u64(0)?, next: rest.u64(8)? as i64, kind: rest.u8(18)?, name })
        })
    }
}

constants! {
    /// Kinds of files.
    KINDS: u8 {
        DT_UNKNOWN = 0,
        DT_FIFO = 1,
        DT_CHR = 2,
        DT_DIR = 4,
        DT_BLK = 6,
        DT_REG = 8,
        DT_LNK = 10,
        DT_SOCK = 12,
    }
}

/// The kind of a file of this mode.
pub const fn kind_of(mode: u32) -> u8 {
    (mode >> 12 & 15) as u8
}

//! Archives of files in the "new ASCII" cpio form, which boot loaders hand to kernels: reading, and laying out.
//!
//! An archive is a row of entries: a header of hexadecimal numbers, the name, the data, each padded to four bytes. The
//! form is described in Linux's `Documentation/driver-api/early-userspace/buffer-format.rst`.
//!
//! [`entries`] reads through a [`Source`], since a kernel sees the archive page by page and never as one slice.
//! [`Layout`] writes headers so that the data of a file begins at a page boundary: zero bytes after a name are part of
//! the name's field and mean nothing to any reader. A kernel then maps pages of the archive as pages of the file. The
//! last page of a file also holds what follows it: who maps that one copies it first.

mod layout;

pub use layout::Layout;

use alloc::{format, vec, vec::Vec};
use ashore_base::Bytes;
use ashore_image::FileRange;
use ashore_report::{
    Place, Report,
    table::{MALFORMED, TRUNCATED},
};

/// How a header begins. The second form carries a sum over the data that nobody checks.
const MAGIC: &[u8; 6] = b"070701";
const MAGIC_WITH_SUM: &[u8; 6] = b"070702";
/// The length of a header: the magic and thirteen fields.
const HEADER_LEN: u64 = 110;
/// The length of a field in digits.
const FIELD_LEN: u64 = 8;
/// The longest name field, as Linux has it.
const MOST_NAME: u64 = 4096;
/// Headers and data begin at multiples of this.
const ALIGN: u64 = 4;
/// The name of the entry that ends an archive.
const TRAILER: &[u8] = b"TRAILER!!!";

/// The bits of a mode that say what an entry is, and their values, as everywhere in Unix.
pub const KIND_MASK: u32 = 0o170_000;
/// A folder.
pub const FOLDER: u32 = 0o040_000;
/// A file with data.
pub const REGULAR: u32 = 0o100_000;
/// A symbolic link; its data is where it leads.
pub const LINK: u32 = 0o120_000;

/// Where an archive's bytes come from.
pub trait Source {
    /// How many there are.
    fn len(&self) -> u64;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Copies the bytes from `at` on; `None` when they do not all exist.
    fn read(&self, at: u64, into: &mut [u8]) -> Option<()>;
}

impl Source for Bytes<'_> {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read(&self, at: u64, into: &mut [u8]) -> Option<()> {
        into.copy_from_slice(self.slice(at, into.len() as u64)?);
        Some(())
    }
}

/// One file of an archive.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Entry {
    /// Its path, without `/` or `./` before it; empty for the root itself.
    pub path: Vec<u8>,
    /// What it is and who may do what.
    pub mode: u32,
    /// The number of the user it belongs to.
    pub user: u32,
    /// The number of the group it belongs to.
    pub group: u32,
    /// How many names it has. The data of a file of several is with the last of them, by [`Entry::node`].
    pub links: u32,
    /// Its number, the same for all its names.
    pub node: u32,
    /// When it was changed, in seconds since 1970.
    pub modified: u32,
    /// For a device: its major and minor numbers.
    pub device: (u32, u32),
    /// Where its data lies in the archive; inside it, whoever made the archive.
    pub data: FileRange,
}

impl Entry {
    /// The bits of the mode that say what it is.
    pub const fn kind(&self) -> u32 {
        self.mode & KIND_MASK
    }
}

/// The entries of an archive, in order. After a report there are no more.
pub fn entries<S: Source>(source: &S) -> Entries<'_, S> {
    Entries { source, at: Some(0) }
}

/// See [`entries`].
#[derive(Debug)]
pub struct Entries<'a, S> {
    source: &'a S,
    at: Option<u64>,
}

impl<S: Source> Iterator for Entries<'_, S> {
    type Item = Result<Entry, Report>;

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at.take()?;
        let read = self.entry(at).transpose()?;
        Some(read.map(|(entry, next)| {
            self.at = Some(next);
            entry
        }))
    }
}

impl<S: Source> Entries<'_, S> {
    /// The entry at `at` and where the next one is; nothing for the trailer.
    fn entry(&self, at: u64) -> Result<Option<(Entry, u64)>, Report> {
        let mut header = [0; HEADER_LEN as usize];
        self.bytes(at, &mut header, "the header of an entry")?;
        if !header.starts_with(MAGIC) && !header.starts_with(MAGIC_WITH_SUM) {
            return Err(MALFORMED.at(Place::offset(at), "no entry of a cpio archive (newc) begins here"));
        }
        let field = |number: u64| number_at(&header, MAGIC.len() as u64 + number * FIELD_LEN);
        let field = |number| {
            field(number).ok_or_else(|| MALFORMED.at(Place::offset(at), format!("field {number} is no number")))
        };
        let (data_len, name_len) = (u64::from(field(6)?), u64::from(field(11)?));
        if name_len == 0 || name_len > MOST_NAME {
            return Err(MALFORMED.at(Place::offset(at), format!("a name of {name_len} bytes")));
        }
        let name_at = at.saturating_add(HEADER_LEN);
        let mut name = vec![0; name_len as usize];
        self.bytes(name_at, &mut name, "the name of an entry")?;
        if let Some(end) = name.iter().position(|byte| *byte == 0) {
            name.truncate(end);
        }
        if name == TRAILER {
            return Ok(None);
        }
        let data = FileRange { offset: aligned(name_at.saturating_add(name_len)), len: data_len };
        if data.end() > self.source.len() {
            return Err(TRUNCATED.at(Place::offset(at), format!("{data_len} bytes of data at {:#x}", data.offset)));
        }
        let entry = Entry {
            path: plain(&name).to_vec(),
            mode: field(1)?,
            user: field(2)?,
            group: field(3)?,
            links: field(4)?,
            node: field(0)?,
            modified: field(5)?,
            device: (field(9)?, field(10)?),
            data,
        };
        Ok(Some((entry, aligned(data.end()))))
    }

    fn bytes(&self, at: u64, into: &mut [u8], what: &str) -> Result<(), Report> {
        self.source.read(at, into).ok_or_else(|| TRUNCATED.at(Place::offset(at), format!("{what} is expected here")))
    }
}

/// The next place where a header or data may begin.
const fn aligned(at: u64) -> u64 {
    at.saturating_add(ALIGN - 1) / ALIGN * ALIGN
}

/// The number in the digits at `at`.
fn number_at(header: &[u8], at: u64) -> Option<u32> {
    let digits = Bytes(header).slice(at, FIELD_LEN)?;
    digits.iter().try_fold(0u32, |number, digit| Some(number << 4 | char::from(*digit).to_digit(16)?))
}

/// A path without what means "here" before it.
fn plain(mut path: &[u8]) -> &[u8] {
    loop {
        path = match path {
            [b'/', rest @ ..] | [b'.', b'/', rest @ ..] => rest,
            b"." => &[],
            _ => return path,
        };
    }
}

#[cfg(test)]
mod tests;

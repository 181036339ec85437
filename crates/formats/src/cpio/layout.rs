//! Laying an archive out: headers to write between the data of files.

use super::{ALIGN, Entry, HEADER_LEN, LINK, MAGIC, MOST_NAME, REGULAR, TRAILER};
use alloc::{format, vec::Vec};
use ashore_report::{Report, table::UNSUPPORTED_LAYOUT};

/// The data of a file begins at a multiple of this.
const PAGE_LEN: u64 = 4096;

/// Data shorter than this lies anywhere: copying it is cheaper than the room.
const ALIGNED_FROM: u64 = 1024;

/// An entry without meaning, which takes up room that no name field may.
const FILLER: &[u8] = b".ashore";

/// An archive being written. Who writes it puts each [`Layout::entry`] and the entry's data one behind the other.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    at: u64,
    nodes: u32,
}

impl Layout {
    /// How long the archive is so far, the data of the last entry included.
    pub const fn len(&self) -> u64 {
        self.at
    }

    /// Whether nothing was laid out yet.
    pub const fn is_empty(&self) -> bool {
        self.at == 0
    }

    /// What to write before the `data.len` bytes of a file's data (the offset of `data`, the number and the count of
    /// names are chosen here). Folders and devices have no data.
    pub fn entry(&mut self, entry: &Entry) -> Result<Vec<u8>, Report> {
        let name_len = entry.path.len() as u64 + 1;
        let Ok(data_len) = u32::try_from(entry.data.len) else {
            let words = "a file of 4 GiB or more does not fit a cpio archive";
            return Err(UNSUPPORTED_LAYOUT.because(words).in_file(&text(&entry.path)));
        };
        // Room for what the padding of a name may add.
        if name_len + PAGE_LEN / 8 > MOST_NAME {
            return Err(UNSUPPORTED_LAYOUT.because("the name is too long").in_file(&text(&entry.path)));
        }
        let mut out = Vec::new();
        let is_aligned = matches!(entry.kind(), REGULAR) && entry.data.len >= ALIGNED_FROM;
        let mut field_len = name_len;
        self.pad(&mut out);
        if is_aligned {
            while self.field_to_page(name_len) > MOST_NAME {
                let filler = Entry { path: FILLER.to_vec(), mode: super::FOLDER | 0o755, ..Entry::default() };
                self.header(&mut out, &filler, (0, FILLER.len() as u64 + 1));
                self.pad(&mut out);
            }
            field_len = self.field_to_page(name_len);
        }
        self.header(&mut out, entry, (data_len, field_len));
        self.pad(&mut out);
        self.at += entry.data.len;
        Ok(out)
    }

    /// Data of a link is where it leads.
    pub fn link(&mut self, path: &[u8], to: &[u8]) -> Result<Vec<u8>, Report> {
        let mut entry = Entry { path: path.to_vec(), mode: LINK | 0o777, ..Entry::default() };
        entry.data.len = to.len() as u64;
        let mut out = self.entry(&entry)?;
        out.extend_from_slice(to);
        Ok(out)
    }

    /// What ends the archive.
    pub fn trailer(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        self.pad(&mut out);
        let entry = Entry { path: TRAILER.to_vec(), ..Entry::default() };
        self.header(&mut out, &entry, (0, TRAILER.len() as u64 + 1));
        self.pad(&mut out);
        out
    }

    /// How long the field of a name must be, at least its own length, for the data to begin at a page.
    fn field_to_page(&self, name_len: u64) -> u64 {
        let name_at = self.at + HEADER_LEN;
        (name_at + name_len).next_multiple_of(PAGE_LEN) - name_at
    }

    fn header(&mut self, out: &mut Vec<u8>, entry: &Entry, (data_len, field_len): (u32, u64)) {
        let before = out.len();
        self.nodes += 1;
        let (major, minor) = entry.device;
        // Node, mode, user, group, links, time, data; the archive's device (two); the entry's own device (two); name, sum.
        let name_len = u32::try_from(field_len).unwrap_or_default();
        let (mode, user, group) = (entry.mode, entry.user, entry.group);
        let fields = [self.nodes, mode, user, group, 1, entry.modified, data_len, 0, 0, major, minor, name_len, 0];
        out.extend_from_slice(MAGIC);
        fields.iter().for_each(|field| out.extend_from_slice(format!("{field:08x}").as_bytes()));
        out.extend_from_slice(&entry.path);
        let padding = field_len.saturating_sub(entry.path.len() as u64);
        out.extend((0..padding).map(|_| 0));
        self.at += (out.len() - before) as u64;
    }

    fn pad(&mut self, out: &mut Vec<u8>) {
        let padding = self.at.next_multiple_of(ALIGN) - self.at;
        out.extend((0..padding).map(|_| 0));
        self.at += padding;
    }
}

fn text(path: &[u8]) -> alloc::string::String {
    alloc::string::String::from_utf8_lossy(path).into_owned()
}

//! A file that is to be run, read in small pieces.

use crate::memory::{Mapped, Physical};
use ashore_base::PAGE_SIZE;
use ashore_pivot::Errno;

/// The file.
pub(super) struct Source<'a> {
    pub(super) physical: &'static Physical,
    pub(super) mapped: &'a Mapped,
}

impl Source<'_> {
    /// Reads from an offset on; how many bytes there were.
    pub(super) fn read(&self, offset: u64, into: &mut [u8]) -> Result<usize, Errno> {
        let pages = &self.mapped.pages;
        let there = pages.len().saturating_sub(offset).min(into.len() as u64) as usize;
        let mut done = 0;
        while done < there {
            let at = offset + done as u64;
            let from = (at % PAGE_SIZE) as usize;
            let count = (PAGE_SIZE as usize - from).min(there - done);
            let frame = pages.page(at / PAGE_SIZE).map_err(|_| Errno::EIO)?;
            let part = into.get_mut(done..done + count).unwrap_or_default();
            self.physical.machine.read_frame(frame, from, part);
            self.physical.drop(frame);
            done += count;
        }
        Ok(there)
    }
}

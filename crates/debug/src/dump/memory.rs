//! The guest's memory, as the guest believes it to be.

use super::file::Source;
use ashore_base::{Addr, PAGE_SIZE};
use ashore_process::Scene;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Pages that were touched.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Touched {
    /// How many.
    pub(super) count: u64,
    /// Where the last one ends, from the start.
    pub(super) end: u64,
}

/// Memory of this process, read by a file: a page that is not there is an error, not a fault.
pub(super) struct Memory<'a> {
    file: File,
    /// What the kernel knows of each page; nothing when it does not tell.
    pages: Option<File>,
    scene: &'a Scene<'a>,
}

impl<'a> Memory<'a> {
    pub(super) fn open(scene: &'a Scene<'a>) -> io::Result<Memory<'a>> {
        let pages = File::open("/proc/self/pagemap").ok();
        Ok(Memory { file: File::open("/proc/self/mem")?, pages, scene })
    }

    /// Which pages of anonymous memory were ever touched; nothing when nobody knows.
    pub(super) fn touched(&self, start: Addr, len: u64) -> Option<Touched> {
        /// Present, or in the swap space.
        const THERE: u64 = 3 << 62;
        const WORDS: u64 = 1 << 13;
        let pages = self.pages.as_ref()?;
        let (first, count) = (start.0 / PAGE_SIZE, len.div_ceil(PAGE_SIZE));
        let mut bytes = vec![0; (count.min(WORDS) * 8) as usize];
        let (mut at, mut touched) = (0, Touched::default());
        while at < count {
            let chunk = bytes.get_mut(..((count - at).min(WORDS) * 8) as usize)?;
            pages.read_exact_at(chunk, (first + at) * 8).ok()?;
            let words = chunk.chunks_exact(8).filter_map(|word| word.try_into().ok().map(u64::from_le_bytes));
            for (index, _) in words.enumerate().filter(|(_, word)| word & THERE != 0) {
                touched.count += 1;
                touched.end = (at + index as u64 + 1) * PAGE_SIZE;
            }
            at += chunk.len() as u64 / 8;
        }
        Some(touched)
    }
}

impl Source for Memory<'_> {
    /// Fills `into` as far as memory is there, with the guest's own code where call sites were rewritten.
    fn read(&self, at: Addr, into: &mut [u8]) -> usize {
        let mut done = 0;
        while let Some(rest) = into.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, at.0.wrapping_add(done as u64)) {
                Ok(0) => break,
                Ok(len) => done += len,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        if let Some(read) = into.get_mut(..done) {
            self.scene.restore(at, read);
        }
        done
    }

    fn is_untouched(&self, at: Addr, len: u64) -> bool {
        self.touched(at, len).is_some_and(|touched| touched.count == 0)
    }
}

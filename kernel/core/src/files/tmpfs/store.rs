//! Where the pages of a regular file are.

use crate::machine::{Frame, NoMemory};
use crate::memory::Physical;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use ashore_base::PAGE_SIZE;

/// A part of the files that came with the machine: what a file began as.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    /// Where its bytes begin.
    pub offset: u64,
    /// How many are still the file's.
    pub len: u64,
}

/// Where a page is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Found {
    /// In a frame of the file's own.
    Own(Frame),
    /// Among the files that came with the machine, whole.
    Origin(Frame),
    /// Nowhere: it is all zeros.
    Hole,
}

/// The pages of a file.
#[derive(Debug)]
pub(super) struct Store {
    /// Pages of the file's own, by their numbers.
    own: BTreeMap<u64, Frame>,
    origin: Origin,
    /// The length of the file.
    pub size: u64,
}

impl Store {
    pub(super) fn new(origin: Origin) -> Store {
        Store { own: BTreeMap::new(), origin, size: origin.len }
    }

    /// Where a page is. A page that is among the machine's files in part only is copied first.
    pub(super) fn find(&mut self, physical: &Physical, index: u64) -> Result<Found, NoMemory> {
        if let Some(frame) = self.own.get(&index) {
            return Ok(Found::Own(*frame));
        }
        let start = index.saturating_mul(PAGE_SIZE);
        if start >= self.origin.len {
            return Ok(Found::Hole);
        }
        let len = (self.origin.len - start).min(PAGE_SIZE);
        let from = self.origin.offset + start;
        if len == PAGE_SIZE
            && from.is_multiple_of(PAGE_SIZE)
            && let Some(frame) = physical.machine.files_frame((from / PAGE_SIZE) as usize)
        {
            return Ok(Found::Origin(frame));
        }
        let frame = physical.take_zeroed()?;
        copy_files(physical, from, frame, len as usize);
        self.own.insert(index, frame);
        Ok(Found::Own(frame))
    }

    /// The frame of a page that is to be written, and the frame that readers had for it, if that was another one.
    pub(super) fn own(&mut self, physical: &Physical, index: u64) -> Result<(Frame, Option<Frame>), NoMemory> {
        let (frame, before) = match self.find(physical, index)? {
            Found::Own(frame) => return Ok((frame, None)),
            Found::Origin(frame) => (physical.take_copy(frame)?, Some(frame)),
            Found::Hole => (physical.take_zeroed()?, None),
        };
        self.own.insert(index, frame);
        Ok((frame, before))
    }

    /// The next page from `index` on that is (`true`) or is not there.
    pub(super) fn next(&self, index: u64, is_there: bool) -> u64 {
        let origin = self.origin.len.div_ceil(PAGE_SIZE);
        let mut at = index;
        if is_there {
            let own = self.own.range(at..).next().map_or(u64::MAX, |(index, _)| *index);
            return if at < origin { at } else { own };
        }
        at = at.max(origin);
        for (index, _) in self.own.range(at..) {
            if *index != at {
                break;
            }
            at += 1;
        }
        at
    }

    /// Lets pages go that lie in a range wholly, and fills with zeros what else does. Says which pages have another
    /// frame or none now, and which one they had.
    pub(super) fn clear(&mut self, physical: &Physical, from: u64, to: u64) -> Result<Vec<(u64, Frame)>, NoMemory> {
        let mut before = Vec::new();
        if from >= to {
            return Ok(before);
        }
        let (first, end) = (from.div_ceil(PAGE_SIZE), to / PAGE_SIZE);
        for (start, stop) in [(from, to.min(first * PAGE_SIZE)), (from.max(end * PAGE_SIZE), to)] {
            // One partial page at the start, one at the end; they may be the same one.
            if start < stop && (start % PAGE_SIZE != 0 || stop % PAGE_SIZE != 0) {
                self.zero_part(physical, start, stop, &mut before)?;
            }
        }
        if first >= end {
            return Ok(before);
        }
        // Pages of the origin cannot be taken out one by one: those in the middle become pages of zeros.
        if first * PAGE_SIZE < self.origin.len {
            if end * PAGE_SIZE >= self.origin.len {
                for index in first..self.origin.len.div_ceil(PAGE_SIZE) {
                    if let Found::Origin(frame) = self.find(physical, index)? {
                        before.push((index, frame));
                    }
                }
                self.origin.len = first * PAGE_SIZE;
            } else {
                for index in first..end.min(self.origin.len.div_ceil(PAGE_SIZE)) {
                    let (frame, old) = self.own(physical, index)?;
                    before.extend(old.map(|old| (index, old)));
                    physical.machine.zero_frame(frame);
                }
                return Ok(before);
            }
        }
        let mut gone = self.own.split_off(&first);
        let mut kept = gone.split_off(&end);
        self.own.append(&mut kept);
        before.extend(gone.iter().map(|(index, frame)| (*index, *frame)));
        gone.into_values().for_each(|frame| physical.frames.drop(frame));
        Ok(before)
    }

    fn zero_part(
        &mut self,
        physical: &Physical,
        start: u64,
        stop: u64,
        before: &mut Vec<(u64, Frame)>,
    ) -> Result<(), NoMemory> {
        let index = start / PAGE_SIZE;
        if self.find(physical, index)? == Found::Hole {
            return Ok(());
        }
        let (frame, old) = self.own(physical, index)?;
        before.extend(old.map(|old| (index, old)));
        zero_part(physical, frame, (start % PAGE_SIZE) as usize, (stop - start) as usize);
        Ok(())
    }

    /// Sets the length; pages beyond it go. Says which page has another frame now, as [`Store::clear`] does.
    pub(super) fn set_len(&mut self, physical: &Physical, len: u64) -> Result<Vec<(u64, Frame)>, NoMemory> {
        let mut before = Vec::new();
        if len < self.size {
            let end = self.size.max(self.origin.len).next_multiple_of(PAGE_SIZE);
            before = self.clear(physical, len, end)?;
            before.retain(|(index, _)| *index < len.div_ceil(PAGE_SIZE));
            self.origin.len = self.origin.len.min(len);
        }
        self.size = len;
        Ok(before)
    }

    /// How many pages are the file's.
    pub(super) fn pages(&self) -> u64 {
        self.own.len() as u64 + self.origin.len.div_ceil(PAGE_SIZE)
    }

    /// Gives all frames back.
    pub(super) fn release(&mut self, physical: &Physical) {
        core::mem::take(&mut self.own).into_values().for_each(|frame| physical.frames.drop(frame));
    }
}

/// Fills a part of a frame with zeros.
pub(super) fn zero_part(physical: &Physical, frame: Frame, mut from: usize, mut len: usize) {
    const ZEROS: [u8; 256] = [0; 256];
    while let Some(zeros) = ZEROS.get(..len.min(ZEROS.len())).filter(|zeros| !zeros.is_empty()) {
        physical.machine.write_frame(frame, from, zeros);
        from += zeros.len();
        len -= zeros.len();
    }
}

/// Copies bytes of the files that came with the machine to the start of a frame.
fn copy_files(physical: &Physical, mut from: u64, to: Frame, len: usize) {
    let mut buffer = [0; 256];
    let mut done = 0;
    while done < len {
        let offset = (from % PAGE_SIZE) as usize;
        let count = (len - done).min(buffer.len()).min(PAGE_SIZE as usize - offset);
        let (Some(frame), Some(part)) =
            (physical.machine.files_frame((from / PAGE_SIZE) as usize), buffer.get_mut(..count))
        else {
            return;
        };
        physical.machine.read_frame(frame, offset, part);
        physical.machine.write_frame(to, done, part);
        done += count;
        from += count as u64;
    }
}

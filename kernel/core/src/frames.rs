//! Physical memory: who takes a frame, who shares it, when it is free again.
//!
//! Every frame has a count of its holders. A frame with one holder belongs to it; a shared one is copied before it is
//! written. Frames come in blocks of 512: a block nobody uses can be had whole, for the kernel's own heap.

use crate::lock::Lock;
use crate::machine::{Frame, FrameRange, NoMemory};
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// Frames in a block.
pub const BLOCK: u32 = 512;
const WORDS: usize = (BLOCK / 64) as usize;

/// The frames of the machine.
#[derive(Debug)]
pub struct Frames {
    first: u32,
    holders: Vec<AtomicU32>,
    free: Lock<Free>,
    count: AtomicUsize,
    total: usize,
}

/// Which frames are free: a bit each, and the blocks that have some or are free whole.
#[derive(Debug, Default)]
struct Free {
    bits: Vec<[u64; WORDS]>,
    left: Vec<u16>,
    /// Blocks with free and used frames; may name one that is used up or whole by now.
    broken: Vec<u32>,
    /// Blocks that are free whole; may name one that is broken by now.
    whole: Vec<u32>,
}

impl Frames {
    /// All the frames of `ranges` are free. Costs the kernel's heap 4 bytes and a bit each.
    pub fn new(ranges: &[FrameRange]) -> Frames {
        let first = ranges.iter().map(|range| range.start.0).min().unwrap_or(0) / BLOCK * BLOCK;
        let end = ranges.iter().map(|range| range.start.0 + range.count).max().unwrap_or(0);
        let blocks = (end.saturating_sub(first)).div_ceil(BLOCK) as usize;
        let mut holders = Vec::new();
        holders.resize_with(blocks * BLOCK as usize, || AtomicU32::new(0));
        let mut free = Free {
            bits: alloc::vec![[0; WORDS]; blocks],
            left: alloc::vec![0; blocks],
            broken: Vec::with_capacity(blocks),
            whole: Vec::with_capacity(blocks),
        };
        let mut count = 0;
        for range in ranges {
            free.put_all(range.start.0 - first, range.start.0 + range.count - first);
            count += range.count as usize;
        }
        Frames { first, holders, free: Lock::new(free), count: AtomicUsize::new(count), total: count }
    }

    /// How many frames are free.
    pub fn free(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// How many frames there are, those in use included.
    pub fn total(&self) -> usize {
        self.total
    }

    /// A frame of the caller's own, its contents as they were.
    pub fn take(&self) -> Result<Frame, NoMemory> {
        let frame = self.free.lock().take().ok_or(NoMemory)?;
        self.count.fetch_sub(1, Ordering::Relaxed);
        self.set(frame, 1);
        Ok(Frame(frame + self.first))
    }

    /// A whole block of the caller's own.
    pub fn take_block(&self) -> Result<FrameRange, NoMemory> {
        let block = self.free.lock().take_whole().ok_or(NoMemory)?;
        self.count.fetch_sub(BLOCK as usize, Ordering::Relaxed);
        for frame in block * BLOCK..(block + 1) * BLOCK {
            self.set(frame, 1);
        }
        Ok(FrameRange { start: Frame(block * BLOCK + self.first), count: BLOCK })
    }

    /// One more holder of a frame somebody holds. Frames that are not the kernel's to give away (the files that came
    /// with the machine) are counted too, and never come free.
    pub fn share(&self, frame: Frame) {
        if let Some(holders) = self.holders_of(frame) {
            holders.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many hold a frame; `u32::MAX` for one that is not counted, so that nobody takes it for their own.
    pub fn holders(&self, frame: Frame) -> u32 {
        self.holders_of(frame).map_or(u32::MAX, |holders| holders.load(Ordering::Acquire))
    }

    /// One holder less; with the last one the frame is free.
    pub fn drop(&self, frame: Frame) {
        let Some(holders) = self.holders_of(frame) else { return };
        if holders.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.free.lock().put(frame.0 - self.first);
            self.count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a first holder of frames that were never free.
    pub fn hold(&self, range: FrameRange) {
        for frame in range.start.0..range.start.0 + range.count {
            self.share(Frame(frame));
        }
    }

    fn holders_of(&self, frame: Frame) -> Option<&AtomicU32> {
        self.holders.get(frame.0.checked_sub(self.first)? as usize)
    }

    fn set(&self, index: u32, holders: u32) {
        if let Some(of) = self.holders.get(index as usize) {
            of.store(holders, Ordering::Release);
        }
    }
}

impl Free {
    /// Makes a range free, blocks at a time where it can.
    fn put_all(&mut self, from: u32, to: u32) {
        let mut index = from;
        while index < to {
            let block = index / BLOCK;
            let is_whole = index.is_multiple_of(BLOCK) && to - index >= BLOCK;
            match (self.bits.get_mut(block as usize), self.left.get_mut(block as usize)) {
                (Some(bits), Some(left)) if is_whole => {
                    *bits = [u64::MAX; WORDS];
                    *left = BLOCK as u16;
                    self.whole.push(block);
                    index += BLOCK;
                }
                _ => {
                    self.put(index);
                    index += 1;
                }
            }
        }
    }

    fn put(&mut self, index: u32) {
        let (block, at) = (index / BLOCK, index % BLOCK);
        let (Some(bits), Some(left)) = (self.bits.get_mut(block as usize), self.left.get_mut(block as usize)) else {
            return;
        };
        if let Some(word) = bits.get_mut(at as usize / 64) {
            *word |= 1 << (at % 64);
        }
        *left += 1;
        if *left == 1 {
            self.broken.push(block);
        } else if u32::from(*left) == BLOCK {
            self.whole.push(block);
        }
    }

    fn take(&mut self) -> Option<u32> {
        loop {
            let from_broken = !self.broken.is_empty();
            let block = *if from_broken { self.broken.last()? } else { self.whole.last()? };
            let left = self.left.get_mut(block as usize)?;
            if from_broken && (*left == 0 || u32::from(*left) == BLOCK) {
                self.broken.pop();
                continue;
            }
            if !from_broken {
                self.whole.pop();
                if u32::from(*left) != BLOCK {
                    continue;
                }
                self.broken.push(block);
            }
            let bits = self.bits.get_mut(block as usize)?;
            let (nth, word) = bits.iter_mut().enumerate().find(|(_, word)| **word != 0)?;
            let bit = word.trailing_zeros();
            *word &= *word - 1;
            *left -= 1;
            if *left == 0 {
                self.broken.pop();
            }
            return Some(block * BLOCK + nth as u32 * 64 + bit);
        }
    }

    fn take_whole(&mut self) -> Option<u32> {
        while let Some(block) = self.whole.pop() {
            let left = self.left.get_mut(block as usize)?;
            if u32::from(*left) == BLOCK {
                *left = 0;
                *self.bits.get_mut(block as usize)? = [0; WORDS];
                self.broken.retain(|other| *other != block);
                return Some(block);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_frame_is_given_once_and_comes_back() {
        let frames = Frames::new(&[FrameRange { start: Frame(1000), count: 3000 }]);
        for _ in 0..3 {
            let taken: Vec<Frame> = core::iter::from_fn(|| frames.take().ok()).collect();
            assert_eq!(taken.len(), 3000);
            let mut sorted = taken.clone();
            sorted.sort();
            sorted.dedup();
            assert_eq!(sorted.len(), 3000);
            assert_eq!((sorted[0], sorted[2999]), (Frame(1000), Frame(3999)));
            taken.into_iter().for_each(|frame| frames.drop(frame));
            assert_eq!(frames.free(), 3000);
        }
    }

    #[test]
    fn a_block_comes_whole_and_again_when_all_of_it_is_free() {
        let frames = Frames::new(&[FrameRange { start: Frame(512), count: 1024 }]);
        let block = frames.take_block().unwrap();
        let other = frames.take().unwrap();
        assert_eq!(frames.take_block(), Err(NoMemory));
        frames.drop(other);
        let second = frames.take_block().unwrap();
        assert_ne!(block.start, second.start);
        assert_eq!(frames.take(), Err(NoMemory));
    }

    #[test]
    fn a_shared_frame_is_free_with_its_last_holder() {
        let frames = Frames::new(&[FrameRange { start: Frame(0), count: 4 }]);
        let frame = frames.take().unwrap();
        frames.share(frame);
        frames.drop(frame);
        assert_eq!((frames.free(), frames.holders(frame)), (3, 1));
        frames.drop(frame);
        assert_eq!(frames.free(), 4);
    }
}

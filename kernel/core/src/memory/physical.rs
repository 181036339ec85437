//! The machine and its frames together: whoever handles pages needs both.

use crate::frames::Frames;
use crate::machine::{Frame, FrameRange, Machine, NoMemory};
use ashore_base::PAGE_SIZE;
use core::fmt;

/// Programs leave so many frames to the kernel, or a 32nd of all if that is less.
const RESERVE: usize = 1024;

/// The machine's memory.
pub struct Physical {
    /// The machine.
    pub machine: &'static dyn Machine,
    /// Its frames.
    pub frames: Frames,
    /// A frame of zeros that everybody may map to read. Maps of it are not counted.
    pub zero: Frame,
    /// How many frames there were at first.
    pub total: usize,
    reserve: usize,
}

impl Physical {
    /// All memory is free but one frame of zeros. The files that came with the machine are held for good.
    pub fn new(machine: &'static dyn Machine, frames: Frames) -> Result<Physical, NoMemory> {
        let total = frames.free();
        if let Some(start) = machine.files_frame(0) {
            let count = machine.files_len().div_ceil(PAGE_SIZE as usize) as u32;
            frames.hold(FrameRange { start, count });
        }
        let zero = frames.take()?;
        machine.zero_frame(zero);
        Ok(Physical { machine, frames, zero, total, reserve: RESERVE.min(total / 32) })
    }

    /// Whether what is left is for the kernel itself. Whoever keeps something for a program without an end asks first.
    #[inline]
    pub fn is_scarce(&self) -> bool {
        self.frames.free() <= self.reserve
    }

    /// A frame for a program, its contents as they were. Fails while there is some left for the kernel itself.
    #[inline]
    pub fn take(&self) -> Result<Frame, NoMemory> {
        if self.is_scarce() {
            return Err(NoMemory);
        }
        self.frames.take()
    }

    /// A frame for a program, full of zeros.
    #[inline]
    pub fn take_zeroed(&self) -> Result<Frame, NoMemory> {
        let frame = self.take()?;
        self.machine.zero_frame(frame);
        Ok(frame)
    }

    /// A frame for a program with another one's contents.
    #[inline]
    pub fn take_copy(&self, of: Frame) -> Result<Frame, NoMemory> {
        let frame = self.take()?;
        self.machine.copy_frame(of, frame);
        Ok(frame)
    }

    /// One more map of a frame.
    #[inline]
    pub fn share(&self, frame: Frame) {
        if frame != self.zero {
            self.frames.share(frame);
        }
    }

    /// One map of a frame less.
    #[inline]
    pub fn drop(&self, frame: Frame) {
        if frame != self.zero {
            self.frames.drop(frame);
        }
    }
}

impl fmt::Debug for Physical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Physical").field("free", &self.frames.free()).finish_non_exhaustive()
    }
}

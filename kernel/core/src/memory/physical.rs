//! The machine and its frames together: whoever handles pages needs both.

use crate::frames::Frames;
use crate::machine::{Frame, Machine, NoMemory};
use core::fmt;

/// The machine's memory.
pub struct Physical {
    /// The machine.
    pub machine: &'static dyn Machine,
    /// Its frames.
    pub frames: Frames,
}

impl Physical {
    /// A frame of the caller's own, full of zeros.
    #[inline]
    pub fn take_zeroed(&self) -> Result<Frame, NoMemory> {
        let frame = self.frames.take()?;
        self.machine.zero_frame(frame);
        Ok(frame)
    }

    /// A frame of the caller's own with another one's contents.
    #[inline]
    pub fn take_copy(&self, of: Frame) -> Result<Frame, NoMemory> {
        let frame = self.frames.take()?;
        self.machine.copy_frame(of, frame);
        Ok(frame)
    }
}

impl fmt::Debug for Physical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Physical").field("frames", &self.frames.free()).finish_non_exhaustive()
    }
}

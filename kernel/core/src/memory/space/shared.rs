//! Memory that several processes share and that has no file (`MAP_SHARED | MAP_ANONYMOUS`).

use crate::lock::Lock;
use crate::machine::Frame;
use crate::memory::{PageFail, Pages, Physical};
use alloc::collections::BTreeMap;

/// Its pages.
pub(super) struct SharedMemory {
    physical: &'static Physical,
    len: u64,
    pages: Lock<BTreeMap<u64, Frame>>,
}

impl SharedMemory {
    pub(super) fn new(physical: &'static Physical, len: u64) -> SharedMemory {
        SharedMemory { physical, len, pages: Lock::default() }
    }
}

impl Pages for SharedMemory {
    fn page(&self, index: u64) -> Result<Frame, PageFail> {
        let mut pages = self.pages.lock();
        let frame = match pages.get(&index) {
            Some(frame) => *frame,
            None => {
                let frame = self.physical.take_zeroed().map_err(|_| PageFail::NoMemory)?;
                pages.insert(index, frame);
                frame
            }
        };
        self.physical.frames.share(frame);
        Ok(frame)
    }

    fn len(&self) -> u64 {
        self.len
    }
}

impl Drop for SharedMemory {
    fn drop(&mut self) {
        self.pages.lock().values().for_each(|frame| self.physical.frames.drop(*frame));
    }
}

//! Where jumps go whose target is computed: a table that all threads share and translated code reads by itself.
//!
//! Each entry is one word, so that whoever reads it meanwhile sees a whole one. One of code that nobody enters any more does no
//! harm: that code leads to what came after it.

use ashore_emit::frame;
use ashore_sys::translated::Arena;

/// The bytes of the table.
pub(super) const LEN: u64 = 8 << frame::TARGETS_LOG2;

/// The table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Targets {
    /// Where it is in the arena.
    pub(super) place: u32,
    align_log2: u8,
}

impl Targets {
    /// The last bytes of an arena's data.
    pub(super) fn at_end(arena: &Arena, align_log2: u8) -> Targets {
        Targets { place: arena.data_start() + arena.data_len() - LEN as u32, align_log2 }
    }

    /// An address's code is at this place.
    pub(super) fn insert(self, arena: &Arena, pc: u64, place: u32) {
        let index = (pc >> self.align_log2) as u32 & ((1 << frame::TARGETS_LOG2) - 1);
        let tag = pc >> (u32::from(self.align_log2) + frame::TARGETS_LOG2);
        if tag >> (64 - frame::TARGET_PLACE_LOG2) == 0 && place >> frame::TARGET_PLACE_LOG2 == 0 {
            arena.set_word(self.place + index * 8, tag << frame::TARGET_PLACE_LOG2 | u64::from(place));
        }
    }

    /// Forgets everything.
    pub(super) fn clear(self, arena: &Arena) {
        arena.clear_data(self.place, LEN as u32);
    }
}

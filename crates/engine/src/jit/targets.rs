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

    /// Has the host make all of it.
    pub(super) fn make(self, arena: &Arena) {
        arena.populate(self.place, LEN as u32);
    }

    /// The number of an address's entry, and what tells it from others there.
    fn split(self, pc: u64) -> (u32, u64) {
        let index = (pc >> self.align_log2) as u32 & ((1 << frame::TARGETS_LOG2) - 1);
        (index, pc >> (u32::from(self.align_log2) + frame::TARGETS_LOG2))
    }

    /// An address's code is at this place.
    pub(super) fn insert(self, arena: &Arena, pc: u64, place: u32) {
        let (index, tag) = self.split(pc);
        if tag >> (64 - frame::TARGET_PLACE_LOG2) == 0 && place >> frame::TARGET_PLACE_LOG2 == 0 {
            arena.set_word(self.place + index * 8, tag << frame::TARGET_PLACE_LOG2 | u64::from(place));
        }
    }

    /// The places of all code that it has.
    pub(super) fn places(self, arena: &Arena) -> impl Iterator<Item = u32> {
        let words = (0..1 << frame::TARGETS_LOG2).map(move |index| arena.word(self.place + index * 8));
        words.filter(|word| *word != 0).map(|word| word as u32 & ((1 << frame::TARGET_PLACE_LOG2) - 1))
    }

    /// Forgets everything.
    pub(super) fn clear(self, arena: &Arena) {
        arena.clear_data(self.place, LEN as u32);
    }
}

//! Addresses for mappings that may lie anywhere, far from all that the host places: a replay finds them free.

use ashore_base::{Addr, PAGE_SIZE};

/// Where mappings go, and those that must lie below 2 GiB.
const START: u64 = 0x2000_0000_0000;
const LOW_START: u64 = 0x6000_0000;
const LOW_END: u64 = 0x8000_0000;
/// How far to look on when something lies in the way.
const STRIDE: u64 = 16 << 20;

/// Which part of the address space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Anywhere.
    Any,
    /// Below 2 GiB.
    Low,
}

/// What is free. Addresses are not given a second time: there are enough.
#[derive(Debug)]
pub(super) struct Arena {
    next: u64,
    next_low: u64,
}

impl Arena {
    pub(super) fn new() -> Arena {
        Arena { next: START, next_low: LOW_START }
    }

    /// A place for `len` bytes; `None` when there is none.
    pub(super) fn take(&mut self, part: Part, len: u64, align: u64) -> Option<Addr> {
        let next = match part {
            Part::Any => &mut self.next,
            Part::Low => &mut self.next_low,
        };
        let at = next.checked_next_multiple_of(align.max(PAGE_SIZE))?;
        let end = at.checked_add(len)?.checked_next_multiple_of(PAGE_SIZE)?;
        if part == Part::Low && end > LOW_END {
            return None;
        }
        *next = end;
        Some(Addr(at))
    }

    /// The place just given was not free: leaves some room.
    pub(super) fn skip(&mut self, part: Part) {
        match part {
            Part::Any => self.next += STRIDE,
            Part::Low => self.next_low += STRIDE,
        }
    }
}

//! The side table of translated code, small.

use ashore_emit::{Form, Mark, MarkKind};

/// A mark in the arena, in eight bytes: there is one for almost every instruction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed {
    /// The place, which has 28 bits, and below it what is there and where the flags are.
    at: u32,
    /// The low half of the guest address.
    pc: u32,
}

const KINDS: [MarkKind; 3] = [MarkKind::Start, MarkKind::Inside, MarkKind::Between];
const FORMS: [Form; 4] = [Form::Stored, Form::Sub, Form::Add, Form::Float];

impl Packed {
    pub(super) fn new(base: u32, mark: &Mark) -> Packed {
        Packed { at: (mark.at + base) << 4 | (mark.kind as u32) << 2 | mark.flags as u32, pc: mark.pc as u32 }
    }

    /// As two words, for keeping.
    pub(super) fn words(self) -> [u32; 2] {
        [self.at, self.pc]
    }

    /// What [`Packed::words`] gave.
    pub(super) fn of_words([at, pc]: [u32; 2]) -> Packed {
        Packed { at, pc }
    }

    pub(super) fn place(self) -> u32 {
        self.at >> 4
    }

    /// The mark, whose address is less than two gigabytes from another.
    pub(super) fn near(self, pc: u64) -> Mark {
        let distance = self.pc.wrapping_sub(pc as u32) as i32;
        let kind = KINDS.get((self.at >> 2 & 3) as usize).copied().unwrap_or(MarkKind::Between);
        let flags = FORMS.get((self.at & 3) as usize).copied().unwrap_or_default();
        Mark { at: self.place(), kind, flags, pc: pc.wrapping_add(distance as u64) }
    }
}

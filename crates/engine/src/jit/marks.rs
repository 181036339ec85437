//! Marks as they are written: their places in the arena, and the low halves of their addresses.

use super::halves::{Reader, Writer};
use ashore_emit::{Form, Mark, MarkKind};

/// A mark in the arena. There is one for almost every instruction: [`Packed::write`] makes two bytes of most of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed {
    /// The place, which has 28 bits, and below it what is there and where the flags are.
    at: u32,
    /// The low half of the guest address.
    pc: u32,
}

/// Instructions are mostly so far from each other; a distance of so many steps or more is written as a number.
const STEP_LOG2: u32 = 2;
const STEP: u32 = 1 << STEP_LOG2;
const FAR: u32 = 15;

const KINDS: [MarkKind; 4] = [MarkKind::Start, MarkKind::Inside, MarkKind::Between, MarkKind::Borrowed];
const FORMS: [Form; 4] = [Form::Stored, Form::Sub, Form::Add, Form::Float];

impl Packed {
    pub(super) fn new(base: u32, mark: &Mark) -> Packed {
        Packed { at: (mark.at + base) << 4 | (mark.kind as u32) << 2 | mark.flags as u32, pc: mark.pc as u32 }
    }

    /// As two words, for comparing.
    pub(super) fn words(self) -> [u32; 2] {
        [self.at, self.pc]
    }

    /// Its two bytes behind another mark, or the unit's place and address, if it is as near as most.
    #[inline]
    pub(super) fn near_to(self, (place, pc): (u32, u32)) -> Option<[u8; 2]> {
        let (distance, moved) = (self.pc.wrapping_sub(pc), self.place().wrapping_sub(place));
        let (near, rest) = (distance >> STEP_LOG2, distance & (STEP - 1));
        (near < FAR && rest == 0 && moved < 0x80).then_some([self.at as u8 & 15 | (near as u8) << 4, moved as u8])
    }

    /// As bytes; gives what the next one is behind of.
    pub(super) fn write(self, last: (u32, u32), to: &mut Writer) -> (u32, u32) {
        match self.near_to(last) {
            Some(two) => to.0.extend_from_slice(&two),
            None => {
                let (place, pc) = last;
                to.byte(self.at as u8 & 15 | (FAR as u8) << 4);
                to.signed((self.pc.wrapping_sub(pc) as i32).into());
                to.number(self.place().wrapping_sub(place).into());
            }
        }
        (self.place(), self.pc)
    }

    /// What [`Packed::write`] wrote.
    pub(super) fn read(from: &mut Reader<'_>, (place, pc): (u32, u32)) -> Option<Packed> {
        let byte = from.byte()?;
        let distance = match u32::from(byte >> 4) {
            FAR => from.signed()? as u32,
            near => near << STEP_LOG2,
        };
        let place = place.wrapping_add(from.number()? as u32);
        Some(Packed { at: place << 4 | u32::from(byte & 15), pc: pc.wrapping_add(distance) })
    }

    /// The low half of its address.
    pub(super) fn low(self) -> u32 {
        self.pc
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_come_back() {
        let (mut to, mut last) = (Writer::default(), (640, 0x1000));
        let marks: Vec<Packed> =
            [(640, 0x1000), (648, 0x1004), (660, 0x103c), (664, 0x1040), (900, 0xf00), (901, 0xf02)]
                .iter()
                .enumerate()
                .map(|(index, (place, pc))| Packed { at: place << 4 | index as u32, pc: *pc })
                .collect();
        marks.iter().for_each(|mark| last = mark.write(last, &mut to));
        let bytes = to.0;
        let (mut from, mut last) = (Reader(&bytes), (640, 0x1000));
        for mark in marks {
            let read = Packed::read(&mut from, last).unwrap();
            assert_eq!(read.words(), mark.words());
            last = (read.place(), read.low());
        }
        assert!(from.0.is_empty());
    }
}

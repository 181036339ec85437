//! The arena in two halves. Code is put into one until it is full, then into the other, of which nothing is kept then.
//!
//! A thread may still be in code of the half before: it leaves it by itself, or it is made to ([`super::tenants`]) before that
//! half is used again. Code only ever jumps to code of its own half or of the next one, so nothing leads into a half that is
//! about to be reused but from that half itself.

mod kept;

use super::marks::Packed;
use super::shared::{Made, Way};
use super::verify;
use ashore_emit::{Exit, Mark};
use ashore_sys::translated::Arena;
use std::collections::BTreeMap;
use std::ops::Range;

/// Set in the numbers of the second half's exits.
const SECOND: u32 = 1 << 31;
/// A half is full early when this part of it is code that nobody enters any more, and most of what is in it.
const STALE_SHARE: u32 = 8;
/// The bytes of a page of memory, which is given back as a whole.
const PAGE: u32 = 4096;

/// A half.
pub(super) struct Half {
    number: u32,
    code: Range<u32>,
    counters: Range<u32>,
    /// Which turn it is the half of; zero before its first.
    pub(super) turn: u64,
    /// The first place that is not used.
    pub(super) next: u32,
    next_counter: u32,
    /// The bytes of code that is not entered any more.
    stale: u32,
    exits: Vec<Way>,
    marks: Vec<Packed>,
    units: Vec<Made>,
    pages: BTreeMap<u64, Vec<u32>>,
}

impl Half {
    /// Both halves of an arena whose first bytes are used.
    pub(super) fn both(arena: &Arena, used: u32) -> [Half; 2] {
        let start = used.next_multiple_of(PAGE);
        let middle = start + (((arena.code_len() - start) / 2) & !(PAGE - 1));
        let data = arena.data_start();
        let data_middle = data + ((arena.data_len() / 2) & !(PAGE - 1));
        let half = |number, code: Range<u32>, counters: Range<u32>| Half {
            number,
            turn: 0,
            next: code.start,
            next_counter: counters.start,
            stale: 0,
            code,
            counters,
            exits: Vec::new(),
            marks: Vec::new(),
            units: Vec::new(),
            pages: BTreeMap::new(),
        };
        let second = half(SECOND, middle..arena.code_len(), data_middle..data + arena.data_len());
        [half(0, start..middle, data..data_middle), second]
    }

    /// Forgets everything, for another turn.
    pub(super) fn reuse(&mut self, arena: &Arena, turn: u64) {
        if self.turn != 0 {
            arena.give_back(self.code.start, self.code.end - self.code.start);
        }
        let (number, code, counters) = (self.number, self.code.clone(), self.counters.clone());
        *self = Half {
            number,
            turn,
            next: code.start,
            next_counter: counters.start,
            stale: 0,
            code,
            counters,
            exits: Vec::new(),
            marks: Vec::new(),
            units: Vec::new(),
            pages: BTreeMap::new(),
        };
    }

    /// Whether so many bytes are free. A program that makes code all the time, and has it changed, is to stay small.
    pub(super) fn has_room(&self, len: u32) -> bool {
        let most = (self.code.end - self.code.start) / STALE_SHARE;
        (self.stale < most || self.stale < self.len() / 2)
            && self.next.checked_add(len).is_some_and(|end| end <= self.code.end)
    }

    /// The bytes of code.
    pub(super) fn len(&self) -> u32 {
        self.next - self.code.start
    }

    /// A counter that nobody has.
    pub(super) fn counter(&mut self) -> Option<u32> {
        let counter = self.next_counter;
        (counter + 4 <= self.counters.end).then(|| {
            self.next_counter += 4;
            counter
        })
    }

    /// The number of the next exit.
    pub(super) fn next_exit(&self) -> u32 {
        self.number | self.exits.len() as u32
    }

    /// Whether an exit's number is of this half.
    pub(super) fn has_exit(&self, number: u64) -> bool {
        number >> 31 == u64::from(self.number >> 31)
    }

    pub(super) fn exit(&self, number: u64) -> Option<Way> {
        self.exits.get((number as u32 & !SECOND) as usize).copied()
    }

    pub(super) fn add_exits(&mut self, exits: impl Iterator<Item = Way>) {
        self.exits.extend(exits);
    }

    pub(super) fn add_marks(&mut self, marks: impl Iterator<Item = Packed>) {
        self.marks.extend(marks);
    }

    /// Adds a unit, made of code on these pages.
    pub(super) fn add_unit(&mut self, made: Made, pages: impl Iterator<Item = u64>) {
        let number = self.units.len() as u32;
        self.units.push(made);
        let mut last = u64::MAX;
        for page in pages {
            if page != last {
                self.pages.entry(page).or_default().push(number);
                last = page;
            }
        }
    }

    /// The unit at a place, and the last mark at or before it.
    pub(super) fn find(&self, place: u32) -> Option<(Made, Mark)> {
        let unit = self.units.partition_point(|unit| unit.base <= place).checked_sub(1)?;
        let unit = self.units.get(unit).filter(|unit| place < unit.end)?;
        let mark = self.marks.partition_point(|mark| mark.place() <= place).checked_sub(1)?;
        Some((unit.clone(), self.marks.get(mark)?.near(unit.pc)))
    }

    /// The units, by place.
    pub(super) fn units(&self) -> impl Iterator<Item = &Made> {
        self.units.iter()
    }

    /// The number of a unit's first exit, and its exits.
    pub(super) fn exits_of(&self, base: u32) -> (u32, Vec<Exit>) {
        let (first, exits) = verify::exits_of(&self.exits, base);
        (self.number | first, exits)
    }

    /// A unit's marks.
    pub(super) fn marks_of(&self, made: &Made) -> impl Iterator<Item = Packed> {
        let first = self.marks.partition_point(|mark| mark.place() < made.base);
        let end = made.end;
        self.marks.get(first..).unwrap_or_default().iter().take_while(move |mark| mark.place() < end).copied()
    }

    /// Whether a unit of an address begins at a place.
    pub(super) fn is_entry(&self, place: u32, pc: u64) -> bool {
        let found = self.units.binary_search_by_key(&place, |made| made.base).ok();
        found.and_then(|at| self.units.get(at)).is_some_and(|made| made.pc == pc)
    }

    /// Takes the units made of code on these pages that were not taken before.
    pub(super) fn take_stale(&mut self, pages: std::ops::RangeInclusive<u64>) -> Vec<Made> {
        let numbers: Vec<u32> = self.pages.range_mut(pages).flat_map(|(_, units)| core::mem::take(units)).collect();
        let mut stale = Vec::new();
        for number in numbers {
            if let Some(made) = self.units.get_mut(number as usize)
                && !core::mem::replace(&mut made.is_stale, true)
            {
                self.stale += made.end - made.base;
                stale.push(made.clone());
            }
        }
        stale
    }
}

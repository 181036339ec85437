//! What is known of a unit's code, as bytes: its exits, and behind them its marks.
//!
//! They are written once, when the unit is made, small, because most units are never asked for them; what is kept of the unit
//! has the same bytes. The reader trusts nothing: what is not well formed is not there.

use super::halves::{Reader, Writer};
use super::marks::Packed;
use super::shared::Made;
use ashore_emit::{Exit, ExitKind, Mark};

const KIND: u8 = 3;
const HAS_SITE: u8 = 4;
const HAS_NEXT: u8 = 8;

/// Writes those of a unit that begins at a place and is of an address.
pub(super) fn write(to: &mut Writer, (base, pc): (u32, u64), exits: &[Exit], marks: &[Mark]) {
    exits.iter().for_each(|exit| write_exit(to, pc, exit));
    let (mut last, mut rest) = ((base, pc as u32), marks);
    loop {
        last = write_near(to, base, last, &mut rest);
        let Some((odd, others)) = rest.split_first() else { return };
        last = Packed::new(base, odd).write(last, to);
        rest = others;
    }
}

/// Writes the first marks that are near to those before them, as most are; gives what the next one is behind of.
fn write_near(to: &mut Writer, base: u32, mut last: (u32, u32), marks: &mut &[Mark]) -> (u32, u32) {
    let start = to.0.len();
    to.0.resize(start + marks.len() * 2, 0);
    let (pairs, _) = to.0.get_mut(start..).unwrap_or_default().as_chunks_mut();
    let mut count = 0;
    for (pair, mark) in pairs.iter_mut().zip(*marks) {
        let mark = Packed::new(base, mark);
        let Some(two) = mark.near_to(last) else { break };
        *pair = two;
        last = (mark.place(), mark.low());
        count += 1;
    }
    to.0.truncate(start + count * 2);
    *marks = marks.get(count..).unwrap_or_default();
    last
}

fn write_exit(to: &mut Writer, pc: u64, exit: &Exit) {
    let (tag, next) = match exit.kind {
        ExitKind::Goto => (0, 0),
        ExitKind::Hot => (1, 0),
        ExitKind::Eval { next } => (2, next),
    };
    let flag = |is: bool, flag: u8| if is { flag } else { 0 };
    to.byte(tag | flag(exit.site != 0, HAS_SITE) | flag(next != 0, HAS_NEXT));
    to.signed(exit.pc.wrapping_sub(pc) as i64);
    if next != 0 {
        to.signed(next.wrapping_sub(exit.pc) as i64);
    }
    if exit.site != 0 {
        to.number(exit.site.into());
    }
    to.number(exit.resume.into());
}

/// The tables of a unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tables<'a> {
    from: Reader<'a>,
    base: u32,
    len: u32,
    pc: u64,
    exits: u32,
}

impl<'a> Tables<'a> {
    /// Those that begin there.
    pub(super) fn of(made: &Made, from: Reader<'a>) -> Tables<'a> {
        Tables { from, base: made.base, len: made.end - made.base, pc: made.pc, exits: made.exits }
    }

    /// Their bytes.
    pub(super) fn bytes(self) -> &'a [u8] {
        self.from.0
    }

    /// The exits, but for that of the code behind the unit.
    pub(super) fn exits(self) -> Exits<'a> {
        Exits { left: self.exits, tables: self }
    }

    /// One exit by its number in the unit; behind the others is that of the code behind the unit.
    pub(super) fn exit(self, index: u32) -> Option<Exit> {
        if index == self.exits { Some(again(self.pc)) } else { self.exits().nth(index as usize) }
    }

    /// All exits.
    pub(super) fn all_exits(self) -> Vec<Exit> {
        self.exits().chain([again(self.pc)]).collect()
    }

    /// The marks.
    pub(super) fn marks(self) -> impl Iterator<Item = Packed> + 'a {
        let mut exits = self.exits();
        exits.by_ref().for_each(drop);
        let mut from = exits.tables.from;
        let mut last = (self.base, self.pc as u32);
        core::iter::from_fn(move || {
            let mark = Packed::read(&mut from, last)?;
            last = (mark.place(), mark.low());
            Some(mark)
        })
    }

    /// The last mark at or before a place.
    pub(super) fn mark_at(self, place: u32) -> Option<Mark> {
        self.marks().take_while(|mark| mark.place() <= place).last().map(|mark| mark.near(self.pc))
    }
}

/// The exit of the code behind a unit, which leaves for its address.
pub(super) fn again(pc: u64) -> Exit {
    Exit { kind: ExitKind::Goto, pc, site: 0, resume: 0 }
}

/// A unit's exits.
pub(super) struct Exits<'a> {
    tables: Tables<'a>,
    left: u32,
}

impl Iterator for Exits<'_> {
    type Item = Exit;

    fn next(&mut self) -> Option<Exit> {
        self.left = self.left.checked_sub(1)?;
        let exit = read_exit(&mut self.tables);
        if exit.is_none() {
            self.left = 0;
        }
        exit
    }
}

fn read_exit(tables: &mut Tables<'_>) -> Option<Exit> {
    let Tables { from, len, pc, .. } = tables;
    let tag = from.byte()?;
    let pc = pc.wrapping_add(from.signed()? as u64);
    let next = if tag & HAS_NEXT != 0 { pc.wrapping_add(from.signed()? as u64) } else { 0 };
    let kind = match tag & KIND {
        0 => ExitKind::Goto,
        1 => ExitKind::Hot,
        _ => ExitKind::Eval { next },
    };
    let site = if tag & HAS_SITE != 0 { from.short()? } else { 0 };
    let resume = from.short()?;
    // That of a hot block is the place of its counter.
    let is_inside = site.checked_add(4)? <= *len && (resume <= *len || kind == ExitKind::Hot);
    is_inside.then_some(Exit { kind, pc, site, resume })
}

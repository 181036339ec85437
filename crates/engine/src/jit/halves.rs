//! The arena in two halves. Code is put into one until it is full, then into the other, of which nothing is kept then.
//!
//! A thread may still be in code of the half before: it leaves it by itself, or it is made to ([`super::tenants`]) before that
//! half is used again. Code only ever jumps to code of its own half or of the next one, so nothing leads into a half that is
//! about to be reused but from that half itself.

mod by_page;
mod kept;

pub use kept::{Bytes, Pieces, seal};
pub(super) use kept::{Frozen, KEY, Reader, Seen, Sources, Writer};

use self::by_page::ByPage;
use super::ahead::Ahead;
use super::marks::Packed;
use super::shared::{Made, Way};
use super::tables::{self, Tables};
use ashore_emit::{COUNTER_LEN, Exit, ExitKind, Mark};
use ashore_sys::translated::Arena;
use std::ops::Range;

/// Set in the numbers of the second half's exits.
const SECOND: u32 = 1 << 31;
/// A half is full early when this part of it is code that nobody enters any more, and most of what is in it.
const STALE_SHARE: u32 = 8;
/// The bytes of a page of memory, which is given back as a whole.
const PAGE: u32 = 4096;

/// So many bytes of code, made one after the other, are kept and put back together.
const GROUP: u32 = 64 << 10;

/// Units that were made one after the other.
pub(super) struct Group {
    first_unit: u32,
    place: u32,
    counter: u32,
    /// The pages of the program's text that were looked at for them, most of them once.
    pages: Vec<u64>,
    /// Those that were made of something else as well.
    foreign: Vec<u32>,
}

/// Exits that were made lately, by where their code is: most of those that are left by are among them.
#[derive(Debug)]
struct Recent(Vec<Way>);

const RECENT_LOG2: u32 = 10;

impl Recent {
    fn none() -> Recent {
        Recent(Vec::new())
    }

    fn index(place: u32) -> usize {
        (place >> 2) as usize & ((1 << RECENT_LOG2) - 1)
    }

    fn add(&mut self, base: u32, exits: &[Exit]) {
        if self.0.is_empty() {
            self.0 = vec![Way { base: 0, exit: tables::again(0) }; 1 << RECENT_LOG2];
        }
        for exit in exits.iter().filter(|exit| can_leave_at(exit)) {
            if let Some(way) = self.0.get_mut(Recent::index(base + exit.resume)) {
                *way = Way { base, exit: *exit };
            }
        }
    }

    /// The exit that leaves at a place.
    fn at(&self, place: u32) -> Option<Way> {
        self.0
            .get(Recent::index(place))
            .copied()
            .filter(|way| way.exit.site != 0 && way.base + way.exit.resume == place)
    }
}

/// A unit that nobody is to enter any more.
pub(super) struct Stale {
    pub(super) base: u32,
    pub(super) end: u32,
    pub(super) pc: u64,
    pub(super) has_loop: bool,
}

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
    units: Vec<Made>,
    /// Of all units.
    tables: Writer,
    /// How many exits they have.
    exits: u32,
    /// For each page of code, the first unit that begins there or behind it.
    first_units: Vec<u32>,
    pages: ByPage,
    groups: Vec<Group>,
    /// What was kept, in front of everything else.
    frozen: Option<Frozen>,
    /// The number of the first exit that was not kept.
    exit_base: u32,
    /// Sites and entries of what was kept that lead elsewhere than they did.
    relinked: Vec<u32>,
    /// The bytes of code that was made of the program's text.
    fresh: u32,
    recent: Recent,
    /// How much of the memory for code, units and tables is there.
    ahead: [Ahead; 3],
}

impl Half {
    fn new(number: u32, turn: u64, (code, counters): (Range<u32>, Range<u32>)) -> Half {
        let first =
            Group { first_unit: 0, place: code.start, counter: counters.start, pages: Vec::new(), foreign: Vec::new() };
        Half {
            number,
            turn,
            next: code.start,
            next_counter: counters.start,
            stale: 0,
            code,
            counters,
            units: Vec::new(),
            tables: Writer::default(),
            exits: 0,
            first_units: Vec::new(),
            pages: ByPage::default(),
            groups: vec![first],
            frozen: None,
            exit_base: 0,
            relinked: Vec::new(),
            fresh: 0,
            recent: Recent::none(),
            ahead: Default::default(),
        }
    }

    /// Both halves of an arena whose first bytes are used, and whose data is theirs up to a place.
    pub(super) fn both(arena: &Arena, used: u32, data_end: u32) -> [Half; 2] {
        let start = used.next_multiple_of(PAGE);
        let middle = start + (((arena.code_len() - start) / 2) & !(PAGE - 1));
        let data = arena.data_start();
        let data_middle = data + (((data_end - data) / 2) & !(PAGE - 1));
        let second = Half::new(SECOND, 0, (middle..arena.code_len(), data_middle..data_end));
        [Half::new(0, 0, (start..middle, data..data_middle)), second]
    }

    /// Forgets everything, for another turn.
    pub(super) fn reuse(&mut self, arena: &Arena, turn: u64) {
        if self.turn != 0 {
            arena.give_back(self.code.start, self.code.end - self.code.start);
        }
        *self = Half::new(self.number, turn, (self.code.clone(), self.counters.clone()));
    }

    /// Whether so many bytes are free. A program that makes code all the time, and has it changed, is to stay small.
    pub(super) fn has_room(&self, len: u32) -> bool {
        let most = (self.code.end - self.code.start) / STALE_SHARE;
        (self.stale < most || self.stale < self.len() / 2)
            && self.next.checked_add(len).is_some_and(|end| end <= self.code.end)
    }

    /// Has the host make memory for so many bytes of code, and for what is to be known of it.
    pub(super) fn make_room(&mut self, arena: &Arena, len: u32) {
        let [code, units, tables] = &mut self.ahead;
        let (start, most) = (self.code.start, self.code.end - self.code.start);
        if let Some(piece) = code.piece(self.next - start..self.next - start + len, most) {
            arena.populate(start + piece.start, piece.end - piece.start);
        }
        units.of(&mut self.units);
        tables.of(&mut self.tables.0);
    }

    /// The bytes of code.
    pub(super) fn len(&self) -> u32 {
        self.next - self.code.start
    }

    /// The first of so many counters that nobody has.
    pub(super) fn counter(&self, count: usize) -> Option<u32> {
        let end = self.next_counter + count as u32 * COUNTER_LEN;
        (end <= self.counters.end).then_some(self.next_counter)
    }

    /// So many of them are used.
    fn use_counters(&mut self, count: usize) {
        self.next_counter += count as u32 * COUNTER_LEN;
    }

    /// The number of the next exit.
    pub(super) fn next_exit(&self) -> u32 {
        self.number | (self.exit_base + self.exits)
    }

    /// Whether an exit's number is of this half.
    pub(super) fn has_exit(&self, number: u64) -> bool {
        number >> 31 == u64::from(self.number >> 31)
    }

    /// The exit that leaves at a place.
    pub(super) fn way_at(&self, place: u32) -> Option<Way> {
        if let Some(way) = self.recent.at(place) {
            return Some(way);
        }
        if let Some((made, tables)) = self.frozen.as_ref().and_then(|frozen| frozen.unit_near(place)) {
            return leaving_at(&made, tables, place);
        }
        let (made, tables) = self.unit_near(place)?;
        leaving_at(made, tables, place)
    }

    /// The exit of a number.
    pub(super) fn exit(&mut self, number: u64) -> Option<Way> {
        let number = number as u32 & !SECOND;
        match number.checked_sub(self.exit_base) {
            Some(own) => {
                let behind = self.units.partition_point(|unit| unit.first_exit <= number);
                let (made, tables) = self.unit(behind.checked_sub(1).filter(|_| own < self.exits)?)?;
                Some(Way { base: made.base, exit: tables.exit(number - made.first_exit)? })
            }
            None => self.frozen.as_mut()?.exit(number),
        }
    }

    /// Adds the tables of the unit that is added next, whose counters are the next ones; gives the number of its first exit and
    /// where they are.
    pub(super) fn add_tables(&mut self, unit: (u32, u64), exits: &[Exit], marks: &[Mark]) -> (u32, u32) {
        let (first_exit, table) = (self.exit_base + self.exits, self.tables.0.len() as u32);
        tables::write(&mut self.tables, unit, exits, marks);
        self.recent.add(unit.0, exits);
        self.exits += exits.len() as u32 + 1;
        self.use_counters(exits.iter().filter(|exit| exit.kind == ExitKind::Hot).count());
        (first_exit, table)
    }

    /// A unit that was made now, and its tables.
    fn unit(&self, index: usize) -> Option<(&Made, Tables<'_>)> {
        let made = self.units.get(index)?;
        let end = self.units.get(index + 1).map_or(self.tables.0.len(), |next| next.table as usize);
        let bytes = self.tables.0.get(made.table as usize..end).unwrap_or_default();
        Some((made, Tables::of(made, Reader(bytes))))
    }

    /// Adds a unit, made of code on these pages. Those that were looked at for it are all of the program's text, or it is not
    /// kept.
    pub(super) fn add_unit(&mut self, made: Made, pages: impl Iterator<Item = u64>, seen: &Seen<'_>) {
        let number = self.units.len() as u32;
        let page = (made.base - self.code.start) / PAGE;
        self.first_units.resize(self.first_units.len().max(page as usize + 1), number);
        self.pages.add(number, made.page(), pages);
        let len = made.end - made.base;
        self.units.push(made);
        let Some(group) = self.groups.last_mut() else { return };
        match seen.give(&mut group.pages) {
            true => self.fresh = self.fresh.saturating_add(len),
            false => group.foreign.push(number),
        }
        if self.next - group.place >= GROUP {
            self.begin_group();
        }
    }

    /// Units that are made from now on are kept apart from those before.
    pub(super) fn end_group(&mut self) {
        if self.groups.last().is_some_and(|group| group.place < self.next) {
            self.begin_group();
        }
    }

    fn begin_group(&mut self) {
        let (first_unit, place, counter) = (self.units.len() as u32, self.next, self.next_counter);
        self.groups.push(Group { first_unit, place, counter, pages: Vec::new(), foreign: Vec::new() });
    }

    /// The unit, made now, that a place is in or behind.
    fn unit_near(&self, place: u32) -> Option<(&Made, Tables<'_>)> {
        let page = (place.checked_sub(self.code.start)? / PAGE) as usize;
        let first = |page: usize| self.first_units.get(page).map_or(self.units.len(), |first| *first as usize);
        let start = first(page).saturating_sub(1);
        let near = self.units.get(start..first(page + 1))?;
        self.unit(start + near.partition_point(|unit| unit.base <= place).checked_sub(1)?)
    }

    /// The unit at a place, and the last mark at or before it.
    pub(super) fn find(&self, place: u32) -> Option<(Made, Mark)> {
        if let Some(found) = self.frozen.as_ref().and_then(|frozen| frozen.find(place)) {
            return Some(found);
        }
        let (unit, tables) = self.unit_near(place).filter(|(unit, _)| place < unit.end)?;
        Some((unit.clone(), tables.mark_at(place)?))
    }

    /// The units, by place.
    pub(super) fn units(&self) -> impl Iterator<Item = Made> {
        self.frozen.iter().flat_map(Frozen::units).chain(self.units.iter().cloned())
    }

    /// What is at a site or an entry leads elsewhere from now on.
    pub(super) fn relinks(&mut self, site: u32) {
        if self.frozen.is_some() && site < self.groups.first().map_or(0, |group| group.place) {
            self.relinked.push(site);
        }
    }

    /// The number of a unit's first exit, and its exits.
    pub(super) fn exits_of(&self, made: &Made) -> (u32, Vec<Exit>) {
        (self.number | made.first_exit, self.tables_at(made.base).map(Tables::all_exits).unwrap_or_default())
    }

    /// A unit's marks.
    pub(super) fn marks_of(&self, made: &Made) -> impl Iterator<Item = Packed> {
        self.tables_at(made.base).into_iter().flat_map(Tables::marks)
    }

    fn tables_at(&self, base: u32) -> Option<Tables<'_>> {
        let kept = self.frozen.as_ref().and_then(|frozen| frozen.unit_near(base + 1));
        kept.map(|(_, tables)| tables).or_else(|| self.unit_near(base).map(|(_, tables)| tables))
    }

    /// Whether a unit of an address begins at a place.
    pub(super) fn is_entry(&self, place: u32, pc: u64) -> bool {
        let kept = self.frozen.as_ref().and_then(|frozen| frozen.unit_at(place)).map(|unit| unit.pc);
        let found = self.units.binary_search_by_key(&place, |made| made.base).ok();
        kept.or_else(|| found.and_then(|at| self.units.get(at)).map(|made| made.pc)) == Some(pc)
    }

    /// Takes the units made of code on these pages that were not taken before.
    pub(super) fn take_stale(&mut self, pages: std::ops::RangeInclusive<u64>) -> Vec<Stale> {
        let mut stale = self.frozen.as_mut().map(|frozen| frozen.take_stale(&pages)).unwrap_or_default();
        self.stale += stale.iter().map(|made| made.end - made.base).sum::<u32>();
        for number in self.pages.take(&self.units, pages) {
            if let Some(made) = self.units.get_mut(number as usize)
                && !core::mem::replace(&mut made.is_stale, true)
            {
                self.stale += made.end - made.base;
                stale.push(Stale { base: made.base, end: made.end, pc: made.pc, has_loop: made.has_loop });
            }
        }
        stale
    }
}

/// Whether an exit leaves at a place of its own.
fn can_leave_at(exit: &Exit) -> bool {
    exit.kind == ExitKind::Goto && exit.site != 0
}

/// Which of a unit's exits leaves at a place.
fn leaving_at(made: &Made, tables: Tables<'_>, place: u32) -> Option<Way> {
    let is_here = |exit: &Exit| can_leave_at(exit) && place == made.base + exit.resume;
    let exit = if place == made.end { Some(tables::again(made.pc)) } else { tables.exits().find(is_here) };
    exit.map(|exit| Way { base: made.base, exit })
}

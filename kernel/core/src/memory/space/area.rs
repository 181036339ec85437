//! What is mapped where: areas in order, split and joined as they change.

use crate::machine::{Access, Rights};
use crate::memory::Mapped;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use core::ops::{BitAnd, BitOr, Not};

/// The end of what programs can address.
pub const TASK_END: u64 = 1 << 48;
/// Nothing is mapped below (`vm.mmap_min_addr`).
pub const MIN_ADDR: u64 = 0x10000;
/// What stays free under a stack that grows.
pub const GUARD: u64 = 256 * PAGE_SIZE;
/// How many areas a space may have (`vm.max_map_count`).
pub const MAX_AREAS: usize = 65_530;

/// Bits that can be joined.
macro_rules! bits {
    ($name:ident) => {
        impl BitOr for $name {
            type Output = $name;
            fn bitor(self, other: $name) -> $name {
                $name(self.0 | other.0)
            }
        }
        impl BitAnd for $name {
            type Output = $name;
            fn bitand(self, other: $name) -> $name {
                $name(self.0 & other.0)
            }
        }
        impl Not for $name {
            type Output = $name;
            fn not(self) -> $name {
                $name(!self.0)
            }
        }
        impl $name {
            /// No bit.
            pub const NONE: $name = $name(0);

            /// Whether one of `bits` is set.
            pub const fn has(self, bits: $name) -> bool {
                self.0 & bits.0 != 0
            }
        }
    };
}

/// What a program asked to do with pages, in `mmap`'s numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Prot(pub u8);
bits!(Prot);

impl Prot {
    /// `PROT_READ`.
    pub const READ: Prot = Prot(1);
    /// `PROT_WRITE`.
    pub const WRITE: Prot = Prot(2);
    /// `PROT_EXEC`.
    pub const EXECUTE: Prot = Prot(4);
    /// All three.
    pub const ALL: Prot = Prot(7);

    /// What the machine is told. Whoever may write or run a page may read it: this CPU has nothing finer.
    #[inline]
    pub const fn rights(self) -> Rights {
        Rights { read: self.0 != 0, write: self.has(Prot::WRITE), execute: self.has(Prot::EXECUTE) }
    }

    /// The same until the page is the program's own.
    #[inline]
    pub const fn borrowed(self) -> Rights {
        Rights { write: false, ..self.rights() }
    }

    /// Whether an access is allowed.
    #[inline]
    pub const fn allows(self, access: Access) -> bool {
        allows(self.rights(), access)
    }
}

/// Whether rights allow an access.
#[inline]
pub(crate) const fn allows(rights: Rights, access: Access) -> bool {
    match access {
        Access::Read => rights.read,
        Access::Write => rights.write,
        Access::Execute => rights.execute,
    }
}

/// What else is known of an area.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Flags(pub u16);
bits!(Flags);

impl Flags {
    /// Writes reach the file and everybody else who maps it.
    pub const SHARED: Flags = Flags(1);
    /// It grows when something touches the page under it.
    pub const GROWS_DOWN: Flags = Flags(2);
    /// Its memory need not be there.
    pub const NO_RESERVE: Flags = Flags(4);
    /// Its pages stay.
    pub const LOCKED: Flags = Flags(8);
    /// A child does not get it.
    pub const NOT_FORKED: Flags = Flags(16);
    /// A child gets it empty.
    pub const WIPED: Flags = Flags(32);
    /// A core file leaves it out.
    pub const NOT_DUMPED: Flags = Flags(64);
    /// It came from the program's file or its interpreter's.
    pub const PROGRAM: Flags = Flags(128);
}

/// A stretch of memory that is of one kind.
#[derive(Clone, Debug)]
pub(crate) struct Area {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) prot: Prot,
    /// What `prot` may become.
    pub(crate) may: Prot,
    pub(crate) flags: Flags,
    /// Where its pages come from; `None` for zeros of its own.
    pub(crate) file: Option<Arc<Mapped>>,
    /// The page of the file at `start`.
    pub(crate) first: u64,
}

impl Area {
    pub(crate) fn len(&self) -> u64 {
        self.end - self.start
    }

    pub(crate) fn is_shared(&self) -> bool {
        self.flags.has(Flags::SHARED)
    }

    /// The page of the file at an address inside.
    pub(crate) fn index(&self, at: u64) -> u64 {
        self.first + (at - self.start) / PAGE_SIZE
    }

    /// The addresses of a page of the file and of all after it.
    pub(crate) fn since_page(&self, index: u64) -> Option<AddrRange> {
        let pages = index.saturating_sub(self.first);
        let start = self.start.checked_add(pages.checked_mul(PAGE_SIZE)?)?;
        (start < self.end).then_some(AddrRange { start: Addr(start), end: Addr(self.end) })
    }

    /// Whether it is memory of the program's own that it can write, its stack left out.
    pub(crate) fn is_data(&self) -> bool {
        self.prot.has(Prot::WRITE) && !self.flags.has(Flags::SHARED | Flags::GROWS_DOWN)
    }

    /// Where something else may end below it.
    fn start_with_guard(&self) -> u64 {
        if self.flags.has(Flags::GROWS_DOWN) { self.start.saturating_sub(GUARD) } else { self.start }
    }

    /// Whether `next`, which begins where this ends, goes on with the same.
    fn goes_on_as(&self, next: &Area) -> bool {
        let is_same_file = match (&self.file, &next.file) {
            (None, None) => true,
            (Some(one), Some(other)) => {
                (Arc::ptr_eq(one, other) || (Arc::ptr_eq(&one.pages, &other.pages) && one.path == other.path))
                    && self.index(self.end) == next.first
            }
            (None, Some(_)) | (Some(_), None) => false,
        };
        self.end == next.start && is_same_file && (self.prot, self.may, self.flags) == (next.prot, next.may, next.flags)
    }

    /// The part of it inside a range.
    pub(crate) fn within(&self, range: AddrRange) -> AddrRange {
        AddrRange { start: Addr(self.start.max(range.start.0)), end: Addr(self.end.min(range.end.0)) }
    }
}

/// A stretch of plain memory that faults were answered in last.
#[derive(Clone, Copy, Default)]
pub(crate) struct Recent {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) prot: Prot,
}

/// The areas of a space.
#[derive(Clone)]
pub(crate) struct Areas {
    by_end: BTreeMap<u64, Area>,
    /// Where to look first for a hole, and for how long ones that is right: there are none above.
    hole_from: u64,
    hole_len: u64,
    /// The length of all, and the most it ever was.
    bytes: u64,
    most_bytes: u64,
    /// The area of plain memory that was asked for last.
    pub(crate) recent: Recent,
}

impl Default for Areas {
    fn default() -> Self {
        let (by_end, recent) = (BTreeMap::new(), Recent::default());
        Areas { by_end, hole_from: u64::MAX, hole_len: 0, bytes: 0, most_bytes: 0, recent }
    }
}

impl Areas {
    pub(crate) fn count(&self) -> usize {
        self.by_end.len()
    }

    /// The most bytes there ever were.
    pub(crate) fn most_bytes(&self) -> u64 {
        self.most_bytes
    }

    fn more_bytes(&mut self, count: u64) {
        self.bytes += count;
        self.most_bytes = self.most_bytes.max(self.bytes);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Area> {
        self.by_end.values()
    }

    /// The areas a child gets.
    pub(crate) fn forked(&self) -> Areas {
        let mut areas = self.clone();
        areas.by_end.retain(|_, area| {
            area.flags = area.flags & !Flags::LOCKED;
            !area.flags.has(Flags::NOT_FORKED)
        });
        let bytes = areas.by_end.values().map(Area::len).sum();
        Areas { by_end: areas.by_end, bytes, most_bytes: bytes, ..Areas::default() }
    }

    /// The area that holds an address, or the first one after it.
    #[inline]
    pub(crate) fn find(&self, at: u64) -> Option<&Area> {
        self.by_end.range(at.wrapping_add(1)..).next().map(|(_, area)| area)
    }

    /// The area that holds an address.
    #[inline]
    pub(crate) fn at(&self, at: u64) -> Option<&Area> {
        self.find(at).filter(|area| area.start <= at)
    }

    /// The areas that have something in a range.
    pub(crate) fn overlapping(&self, range: AddrRange) -> impl Iterator<Item = &Area> {
        let after = range.start.0.wrapping_add(1);
        self.by_end.range(after..).map(|(_, area)| area).take_while(move |area| area.start < range.end.0)
    }

    /// Where the areas from the start of a range on leave the first gap, unless they fill all of it.
    pub(crate) fn gap(&self, range: AddrRange) -> Option<u64> {
        let mut filled = range.start.0;
        for area in self.overlapping(range) {
            if area.start > filled {
                return Some(filled);
            }
            filled = area.end;
        }
        (filled < range.end.0).then_some(filled)
    }

    /// Whether nothing is mapped in a range.
    pub(crate) fn is_free(&self, range: AddrRange) -> bool {
        self.find(range.start.0).is_none_or(|area| area.start >= range.end.0)
    }

    /// The same, with the guard under a stack above kept.
    pub(crate) fn is_free_with_guard(&self, range: AddrRange) -> bool {
        self.find(range.start.0).is_none_or(|area| area.start_with_guard() >= range.end.0)
    }

    /// Enters an area where nothing is, and joins it with its neighbours.
    pub(crate) fn insert(&mut self, mut area: Area) {
        self.recent = Recent::default();
        self.more_bytes(area.len());
        if self.by_end.get(&area.start).is_some_and(|before| before.goes_on_as(&area))
            && let Some(before) = self.by_end.remove(&area.start)
        {
            (area.start, area.first) = (before.start, before.first);
        }
        let after = self.by_end.range_mut(area.end.wrapping_add(1)..).next();
        match after.filter(|(_, next)| area.goes_on_as(next)) {
            Some((_, next)) => (next.start, next.first) = (area.start, area.first),
            None => drop(self.by_end.insert(area.end, area)),
        }
    }

    /// Takes out what lies in a range and hands it to `seen`.
    pub(crate) fn remove(&mut self, range: AddrRange, seen: &mut dyn FnMut(Area)) {
        self.recent = Recent::default();
        // Most of the time it is one area as a whole.
        match self.by_end.get(&range.end.0).is_some_and(|area| area.start == range.start.0) {
            true => {
                self.bytes -= range.len();
                self.by_end.remove(&range.end.0).into_iter().for_each(seen);
            }
            false => self.remove_parts(range, seen),
        }
        if range.end.0 > self.hole_from {
            let next = self.find(range.end.0.saturating_sub(1)).map_or(u64::MAX, Area::start_with_guard);
            self.hole_from = self.hole_from.max(next);
        }
    }

    fn remove_parts(&mut self, range: AddrRange, seen: &mut dyn FnMut(Area)) {
        self.split(range.start.0);
        self.split(range.end.0);
        while let Some((&end, _)) =
            self.by_end.range(range.start.0.wrapping_add(1)..).next().filter(|(_, area)| area.start < range.end.0)
        {
            if let Some(area) = self.by_end.remove(&end) {
                self.bytes -= area.len();
                seen(area);
            }
        }
    }

    /// Changes what lies in a range.
    pub(crate) fn change(&mut self, range: AddrRange, change: &mut dyn FnMut(&mut Area)) {
        if range.is_empty() {
            return;
        }
        self.recent = Recent::default();
        self.split(range.start.0);
        self.split(range.end.0);
        for (_, area) in self.by_end.range_mut(range.start.0.wrapping_add(1)..=range.end.0) {
            change(area);
        }
        self.join(range.start.0, range.end.0);
    }

    /// How many areas more there would be with the ends of a range as ends of areas.
    pub(crate) fn splits(&self, range: AddrRange) -> usize {
        [range.start.0, range.end.0]
            .into_iter()
            .filter(|at| self.find(*at).is_some_and(|area| area.start < *at))
            .count()
    }

    /// Lets the area whose end is `end` begin lower.
    pub(crate) fn grow(&mut self, end: u64, start: u64) {
        self.recent = Recent::default();
        if let Some(area) = self.by_end.get_mut(&end) {
            let more = area.start.saturating_sub(start);
            area.start = start;
            self.more_bytes(more);
        }
    }

    /// Makes an address the end of an area if it lies within one.
    fn split(&mut self, at: u64) {
        let Some((_, area)) = self.by_end.range_mut(at.wrapping_add(1)..).next() else { return };
        if area.start >= at {
            return;
        }
        let lower = Area { end: at, ..area.clone() };
        area.first = area.index(at);
        area.start = at;
        self.by_end.insert(at, lower);
    }

    /// Joins areas from the one that ends at `from` to the one that begins at `to`.
    fn join(&mut self, from: u64, to: u64) {
        let mut at = from;
        while let Some((&end, area)) = self.by_end.range(at..).next() {
            if end > to {
                return;
            }
            let joined = self
                .by_end
                .range(end.wrapping_add(1)..)
                .next()
                .filter(|(_, next)| area.goes_on_as(next))
                .map(|(&next, _)| (next, area.start, area.first));
            if let Some((next, start, first)) = joined {
                self.by_end.remove(&end);
                if let Some(area) = self.by_end.get_mut(&next) {
                    (area.start, area.first) = (start, first);
                }
            }
            at = end.wrapping_add(1);
        }
    }

    /// A place for `len` bytes, as high as there is one under `top`; failing that, anywhere.
    pub(crate) fn hole(&mut self, len: u64, top: u64) -> Option<u64> {
        let is_known = len >= self.hole_len && self.hole_from < top;
        let found = self.hole_under(len, if is_known { self.hole_from } else { top });
        if let Some(at) = found {
            (self.hole_from, self.hole_len) = (at, len);
            return found;
        }
        let at = self.hole_under(len, TASK_END)?;
        (at >= MIN_ADDR).then_some(at)
    }

    fn hole_under(&self, len: u64, top: u64) -> Option<u64> {
        let above = self.find(top.saturating_sub(1));
        let mut limit = above.map_or(top, |area| area.start_with_guard().min(top));
        let below = self.by_end.range(..above.map_or(u64::MAX, |area| area.end));
        for area in below.rev().map(|(_, area)| area) {
            if limit.checked_sub(area.end).is_some_and(|room| room >= len) {
                return limit.checked_sub(len).filter(|at| *at >= MIN_ADDR);
            }
            limit = area.start_with_guard().min(limit);
        }
        limit.checked_sub(len).filter(|at| *at >= MIN_ADDR)
    }

    /// The place a program would like, if it is free.
    pub(crate) fn wished(&self, at: u64, len: u64) -> Option<u64> {
        let at = (at & !(PAGE_SIZE - 1)).max(MIN_ADDR);
        let range = AddrRange::new(Addr(at), len)?;
        (range.end.0 <= TASK_END && self.is_free_with_guard(range)).then_some(at)
    }
}

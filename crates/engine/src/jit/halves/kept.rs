//! A half as bytes, for keeping it from run to run.
//!
//! Everything in the code is relative to the arena or the thread's frame, or is a guest address, so that the same bytes at the
//! same places mean the same as long as the guest's code is the same. What was made of other code than the program's own text
//! is left out: its entry leads to the code that leaves.
//!
//! The reader trusts nothing: what is not well formed is as if it were not there.

use super::{Half, Made, Packed, Way};
use crate::jit::maps::Maps;
use ashore_emit::reg::{Gpr, Xmm};
use ashore_emit::{Exit, ExitKind, RegMap};
use ashore_ir::{Slot, SlotKind};
use ashore_sys::translated::Arena;
use std::collections::HashSet;
use std::sync::Arc;

/// Registers of a map, general ones and vectors.
const REGISTERS: u8 = 16;
const KINDS: [SlotKind; 4] = [SlotKind::I32, SlotKind::I64, SlotKind::V128, SlotKind::Flags];
/// The least bytes an entry of each table has, so that a wrong count asks for no memory.
const LEAST: usize = 8;

/// Words one after the other.
#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn u32(&mut self, word: u32) {
        self.0.extend(word.to_le_bytes());
    }

    fn u64(&mut self, word: u64) {
        self.0.extend(word.to_le_bytes());
    }
}

/// The same, read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn u32(&mut self) -> Option<u32> {
        let (word, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*word))
    }

    fn u64(&mut self) -> Option<u64> {
        let (word, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*word))
    }

    fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }

    /// As many things as the next word says.
    fn list<T>(&mut self, one: impl Fn(&mut Reader<'a>) -> Option<T>) -> Option<Vec<T>> {
        let count = self.u32()? as usize;
        if count > self.0.len() / LEAST {
            return None;
        }
        (0..count).map(|_| one(self)).collect()
    }
}

fn write_exit(to: &mut Writer, way: &Way) {
    let Exit { kind, pc, site, resume } = way.exit;
    let (tag, next) = match kind {
        ExitKind::Goto => (0, 0),
        ExitKind::Jump => (1, 0),
        ExitKind::Hot => (2, 0),
        ExitKind::Eval { next } => (3, next),
    };
    to.u32(tag);
    to.u32(way.base);
    to.u64(pc);
    to.u64(next);
    to.u32(site);
    to.u32(resume);
}

fn read_exit(from: &mut Reader<'_>) -> Option<Way> {
    let (tag, base, pc, next) = (from.u32()?, from.u32()?, from.u64()?, from.u64()?);
    let kind = match tag {
        0 => ExitKind::Goto,
        1 => ExitKind::Jump,
        2 => ExitKind::Hot,
        3 => ExitKind::Eval { next },
        _ => return None,
    };
    Some(Way { base, exit: Exit { kind, pc, site: from.u32()?, resume: from.u32()? } })
}

/// The slot of each register of a map: a word, zero for none.
fn write_map(to: &mut Writer, map: &RegMap) {
    let mut words = [0u32; REGISTERS as usize * 2];
    let number = |slot: Slot| 1 | (slot.kind as u32) << 1 | u32::from(slot.offset) << 8;
    for (reg, slot) in map.ints() {
        words[usize::from(reg.0 & 15)] = number(slot);
    }
    for (reg, slot) in map.vectors() {
        words[16 + usize::from(reg.0 & 15)] = number(slot);
    }
    words.iter().for_each(|word| to.u32(*word));
}

fn read_map(from: &mut Reader<'_>, outside: &RegMap) -> Option<RegMap> {
    let mut map = RegMap::new(&[], outside.guest);
    for register in 0..REGISTERS * 2 {
        let word = from.u32()?;
        if word == 0 {
            continue;
        }
        let slot = Slot { kind: *KINDS.get((word >> 1 & 0x7f) as usize)?, offset: u16::try_from(word >> 8).ok()? };
        let is_known = map.int(slot).is_some() || map.vector(slot).is_some();
        match (slot.kind, register) {
            (SlotKind::I64, 0..16) if !is_known => map.pin_int(Gpr(register), slot),
            (SlotKind::V128, 16..) if !is_known => map.pin_vector(Xmm(register - 16), slot),
            _ => return None,
        }
    }
    Some(map)
}

/// The maps of a unit, by their numbers.
fn read_maps(from: &mut Reader<'_>, maps: &[Arc<RegMap>]) -> Option<Maps> {
    let list = from.list(|from| Some((from.u32()?, maps.get(from.u32()? as usize)?.clone())))?;
    (!list.is_empty() && list.is_sorted_by_key(|(at, _)| *at)).then_some(Maps(list))
}

impl Half {
    /// The units that are not to be kept: nobody enters them, or they were made of pages that are none of the text. So is what
    /// a region took the place of that is not kept: its entry goes there.
    fn left_out(&self, is_kept: impl Fn(u64) -> bool) -> Vec<bool> {
        let mut is_left_out: Vec<bool> = self.units.iter().map(|made| made.is_stale).collect();
        for (page, units) in self.pages.iter().filter(|(page, _)| !is_kept(**page)) {
            let _ = page;
            for unit in units {
                if let Some(left_out) = is_left_out.get_mut(*unit as usize) {
                    *left_out = true;
                }
            }
        }
        let mut gone = HashSet::new();
        for (made, left_out) in self.units.iter().zip(&mut is_left_out).rev() {
            *left_out |= gone.contains(&made.pc);
            if *left_out {
                gone.insert(made.pc);
            }
        }
        is_left_out
    }

    /// All of it as bytes, but what was made of pages that are not to be kept; nothing if fewer bytes of code than `least` are.
    pub(in crate::jit) fn keep(&self, arena: &Arena, least: u32, is_kept: impl Fn(u64) -> bool) -> Option<Vec<u8>> {
        let is_left_out = self.left_out(is_kept);
        let kept = self.units.iter().zip(&is_left_out).filter(|(_, left_out)| !**left_out);
        if kept.map(|(made, _)| made.end - made.base).sum::<u32>() < least {
            return None;
        }
        let mut code = arena.read(self.code.start, self.next - self.code.start);
        let mut maps: Vec<Arc<RegMap>> = Vec::new();
        let mut lists: Vec<Arc<Maps>> = Vec::new();
        let mut to = Writer::default();
        to.u32(self.code.start);
        to.u32(self.next_counter - self.counters.start);
        to.u32(self.units.len() as u32);
        for (made, left_out) in self.units.iter().zip(&is_left_out) {
            // What is shared by almost all is the first.
            let list = lists.iter().position(|list| Arc::ptr_eq(list, &made.maps)).unwrap_or_else(|| {
                lists.push(made.maps.clone());
                lists.len() - 1
            });
            for word in [made.base, made.end, made.leaves, list as u32] {
                to.u32(word);
            }
            to.u32(u32::from(*left_out) | u32::from(made.has_loop) << 1);
            to.u64(made.pc);
            let from = (made.base - self.code.start) as usize;
            if *left_out && let Some(bytes) = code.get_mut(from..(made.end - self.code.start) as usize) {
                /// What stops whoever comes there.
                const BREAKPOINT: u8 = 0xcc;
                bytes.fill(BREAKPOINT);
                let entry = crate::jit::shared::jump_word(made.base, made.leaves).to_le_bytes();
                bytes.iter_mut().zip(entry).for_each(|(byte, new)| *byte = new);
            }
        }
        let mut places = Writer::default();
        for list in &lists {
            places.u32(list.0.len() as u32);
            for (at, map) in &list.0 {
                let number = maps.iter().position(|other| other == map).unwrap_or_else(|| {
                    maps.push(map.clone());
                    maps.len() - 1
                });
                places.u32(*at);
                places.u32(number as u32);
            }
        }
        to.u32(maps.len() as u32);
        maps.iter().for_each(|map| write_map(&mut to, map));
        to.u32(lists.len() as u32);
        to.0.extend(places.0);
        to.u32(self.exits.len() as u32);
        self.exits.iter().for_each(|way| write_exit(&mut to, way));
        to.u32(self.marks.len() as u32);
        self.marks.iter().flat_map(|mark| mark.words()).for_each(|word| to.u32(word));
        to.u32(self.pages.len() as u32);
        for (page, units) in &self.pages {
            to.u64(*page);
            to.u32(units.len() as u32);
            units.iter().for_each(|unit| to.u64((*unit).into()));
        }
        to.u32(code.len() as u32);
        to.0.extend(code);
        Some(to.0)
    }

    /// What [`Half::keep`] gave, put into a half that is empty; gives the units. Nothing is changed if it is not well formed.
    pub(in crate::jit) fn put_back(&mut self, arena: &Arena, bytes: &[u8], outside: &Arc<Maps>) -> Option<Vec<Made>> {
        let mut from = Reader(bytes);
        let (start, counters) = (from.u32()?, from.u32()?);
        if start != self.code.start || self.next != start || counters > self.counters.end - self.counters.start {
            return None;
        }
        let units = from.list(|from| {
            let [base, end, leaves, list] = [from.u32()?, from.u32()?, from.u32()?, from.u32()?];
            Some(([base, end, leaves, list], from.u32()?, from.u64()?))
        })?;
        // A map has more words than others have bytes at least: there are few of them.
        let outside_map = outside.at(0)?;
        let maps = from.list(|from| read_map(from, outside_map).map(Arc::new))?;
        let lists = from.list(|from| read_maps(from, &maps).map(Arc::new))?;
        let exits = from.list(read_exit)?;
        let marks = from.list(|from| Some(Packed::of_words([from.u32()?, from.u32()?])))?;
        let pages = from.list(|from| Some((from.u64()?, from.list(|from| u32::try_from(from.u64()?).ok())?)))?;
        let len = from.u32()?;
        let code = from.bytes(len as usize)?;
        let end = start.checked_add(len).filter(|end| *end <= self.code.end && from.0.is_empty())?;
        let mut last = start;
        let made: Option<Vec<Made>> = units
            .into_iter()
            .map(|([base, unit_end, leaves, list], flags, pc)| {
                let is_inside = last <= base && base.checked_add(8)? <= unit_end && unit_end <= leaves && leaves < end;
                last = unit_end;
                let list = lists.get(list as usize)?;
                let maps = if **list == **outside { outside.clone() } else { list.clone() };
                let (is_stale, has_loop) = (flags & 1 != 0, flags & 2 != 0);
                is_inside.then_some(Made { base, end: unit_end, pc, maps, is_stale, has_loop, leaves })
            })
            .collect();
        let made = made?;
        let is_exit_right = |way: &Way| {
            let place = way.base.checked_add(way.exit.site.max(way.exit.resume));
            way.base >= start && (matches!(way.exit.kind, ExitKind::Hot) || place.is_some_and(|at| at < end))
        };
        if !exits.iter().all(is_exit_right)
            || pages.iter().any(|(_, all)| all.iter().any(|n| *n as usize >= made.len()))
        {
            return None;
        }
        arena.write(start, code);
        (self.next, self.next_counter) = (end, self.counters.start + counters);
        (self.exits, self.marks, self.units) = (exits, marks, made.clone());
        self.pages = pages.into_iter().collect();
        Some(made)
    }

    /// The counters that are used.
    pub(in crate::jit) fn used_counters(&self) -> impl Iterator<Item = u32> {
        (self.counters.start..self.next_counter).step_by(4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_region_took_the_place_of_goes_with_it() {
        let arena = Arena::new(1 << 16, 1 << 12).unwrap();
        let [mut half, _] = Half::both(&arena, 0);
        let mut add = |base: u32, pc: u64, pages: &[u64]| {
            let maps = Arc::new(Maps(Vec::new()));
            let made = Made { base, end: base + 32, pc, maps, is_stale: false, has_loop: false, leaves: base + 32 };
            half.add_unit(made, pages.iter().copied());
        };
        // A block, the region that it leads to, which another page is part of, and the same made again.
        add(0, 0x1000, &[1]);
        add(64, 0x1000, &[1, 2]);
        add(128, 0x1000, &[1]);
        add(192, 0x1800, &[1]);
        assert_eq!(half.left_out(|page| page == 1), [true, true, false, false]);
        assert_eq!(half.left_out(|_| true), [false; 4]);
    }
}

//! A cluster as bytes: some thousand instructions' units that were made one after the other, with their tables and their code.
//!
//! Where its exits lead stands in the code if that is in the same cluster, and beside it otherwise: those are in the code as if
//! they led nowhere yet. What most units are never asked for, their
//! exits and marks, is skipped at first.

use super::digest::{self, Digest};
use super::maps::Known;
use super::words::{Reader, Writer};
use crate::jit::entry::ENTRY_LEN;
use crate::jit::halves::Made;
use crate::jit::shared::{ALIGN, PAGE_LOG2};
use crate::jit::tables::Tables;
use ashore_emit::{CALL_LEN, RegMap};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Pages that are so far from each other are of one text.
const NEAR: u64 = 1 << 12;
/// The most bytes of the code behind a unit, which leaves to the engine.
pub(super) const STUB_LEN: u32 = CALL_LEN;
/// The least bytes of a unit: its entry is replaced as a whole.
const LEAST: u32 = ENTRY_LEN as u32;

const HAS_LOOP: u64 = 1;
const HAS_MAPS: u64 = 2;
const HAS_PAGES: u64 = 4;
const IS_TARGET: u64 = 8;

/// What a cluster occupies: of the code's memory, of exits' numbers and of counters.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Span {
    pub(super) place: u32,
    pub(super) end: u32,
    pub(super) first_exit: u32,
    pub(super) exits_end: u32,
    pub(super) first_counter: u32,
    pub(super) counters_end: u32,
    /// Where its record is in the file.
    pub(super) at: u64,
    pub(super) len: u32,
    pub(super) digest: Digest,
}

impl Span {
    pub(super) const LEN: usize = 7 * 4 + 8 + digest::LEN;

    pub(super) fn write(&self, to: &mut Writer) {
        let words = [self.place, self.end, self.first_exit, self.exits_end, self.first_counter, self.counters_end];
        words.iter().for_each(|word| to.u32(*word));
        to.u32(self.len);
        to.u64(self.at);
        to.0.extend(self.digest);
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Option<Span> {
        Some(Span {
            place: from.u32()?,
            end: from.u32()?,
            first_exit: from.u32()?,
            exits_end: from.u32()?,
            first_counter: from.u32()?,
            counters_end: from.u32()?,
            len: from.u32()?,
            at: from.u64()?,
            digest: from.array()?,
        })
    }

    /// Whether nothing ends before it begins.
    pub(super) fn is_sound(&self) -> bool {
        self.place < self.end && self.first_exit <= self.exits_end && self.first_counter <= self.counters_end
    }
}

/// A unit to be written.
pub(super) struct Unit<'a> {
    pub(super) made: &'a Made,
    /// Whether jumps whose target is computed went to it.
    pub(super) is_target: bool,
    /// The pages it was made of.
    pub(super) pages: &'a [u64],
    /// Where exits lead by themselves out of the cluster: sites and places.
    pub(super) links: &'a [(u32, u32)],
    /// Its exits and marks.
    pub(super) tables: &'a [u8],
}

/// Writes clusters: what their units were made of, and then them. It keeps its memory.
#[derive(Default)]
pub(super) struct Packer {
    units: Writer,
    count: u64,
    maps: Known,
    pub(super) code: Vec<u8>,
    last: (u32, u64),
    next_exit: u32,
    list: Writer,
}

impl Packer {
    /// Begins a cluster.
    pub(super) fn begin(&mut self, first_exit: u32) {
        self.units.0.clear();
        self.code.clear();
        self.maps = Known::default();
        (self.count, self.last, self.next_exit) = (0, (0, 0), first_exit);
    }

    /// Adds a unit, whose code, with so many bytes behind it as the longest way to leave has, somebody else adds.
    pub(super) fn add(&mut self, unit: &Unit<'_>) {
        let Packer { units: to, maps, list, .. } = self;
        let made = unit.made;
        let (base, pc) = core::mem::replace(&mut self.last, (made.base, made.pc));
        self.count += 1;
        to.number(u64::from((made.base - base) / ALIGN));
        to.number((made.end - made.base).into());
        to.signed(made.pc.wrapping_sub(pc) as i64);
        let own = made.pc >> PAGE_LOG2;
        let has_pages = !matches!(unit.pages, [page] if *page == own);
        let flag = |is: bool, flag: u64| if is { flag } else { 0 };
        let made_of = flag(made.maps.is_some(), HAS_MAPS) | flag(has_pages, HAS_PAGES);
        to.number(flag(made.has_loop, HAS_LOOP) | made_of | flag(unit.is_target, IS_TARGET));
        if has_pages {
            to.number(unit.pages.len() as u64);
            unit.pages.iter().for_each(|page| to.signed(page.wrapping_sub(own) as i64));
        }
        to.number((made.first_exit - self.next_exit).into());
        self.next_exit = made.first_exit + made.exits + 1;
        to.number(made.exits.into());
        to.number(unit.links.len() as u64);
        for (site, target) in unit.links {
            to.number((*site).into());
            to.signed(i64::from(target / ALIGN) - i64::from(made.base / ALIGN));
        }
        // The rest is read only when somebody asks for it.
        list.0.clear();
        if let Some(own) = &made.maps {
            maps.write_list(list, own);
        }
        to.number((list.0.len() + unit.tables.len()) as u64);
        to.0.extend(&list.0);
        to.0.extend(unit.tables);
    }

    /// The record; `pages` are those that anything was made of or looked at for it.
    pub(super) fn finish(&mut self, pages: &[(u64, Digest)], bytes: &mut Vec<u8>) {
        bytes.clear();
        let mut to = Writer(core::mem::take(bytes));
        to.u32(0);
        to.number(pages.len() as u64);
        let mut last = 0;
        for (page, digest) in pages {
            to.signed(page.wrapping_sub(last) as i64);
            to.0.extend(digest);
            last = *page;
        }
        self.maps.write(&mut to);
        to.number(self.count);
        to.0.extend(&self.units.0);
        let len = to.0.len() as u32;
        to.0.iter_mut().zip(len.to_le_bytes()).for_each(|(to, byte)| *to = byte);
        to.0.extend(&self.code);
        *bytes = to.0;
    }
}

/// A unit that was read: the least that all are asked for, as there are many.
#[derive(Clone, Copy, Debug)]
pub(in crate::jit) struct Read {
    pub(in crate::jit) base: u32,
    pub(in crate::jit) end: u32,
    pub(in crate::jit) pc: u64,
    /// The number of its first exit, and how many there are before that of the code behind it.
    pub(super) first_exit: u32,
    pub(super) exits: u32,
    /// Where its tables are in the record.
    table: u32,
    table_end: u32,
    /// Where its code is in the record.
    pub(super) code: u32,
    pub(in crate::jit) has_loop: bool,
    pub(super) is_target: bool,
    has_maps: bool,
    pub(in crate::jit) is_stale: bool,
}

impl Read {
    /// The number of the exit of the code behind it.
    pub(super) fn again(&self) -> u32 {
        self.first_exit + self.exits
    }

    /// Its code in the record, with what is behind it.
    pub(super) fn code<'a>(&self, record: &'a [u8]) -> Option<&'a [u8]> {
        record.get(self.code as usize..)?.get(..(self.end + STUB_LEN - self.base) as usize)
    }
}

/// A cluster that was read.
#[derive(Default, Debug)]
pub(super) struct Record {
    /// What it was made of.
    pub(super) sources: Vec<(u64, Digest)>,
    pub(super) units: Vec<Read>,
    /// Pages and the units made of them.
    pub(super) pages: Vec<(u64, u32)>,
    /// Sites and where they lead, out of the cluster.
    pub(super) links: Vec<(u32, u32)>,
    /// By place, in steps of what places are multiples of: whether a unit begins there.
    begins: Vec<u64>,
    first: u32,
    maps: Known,
    /// The first and the last page of those that are near to each other.
    reach: Vec<(u64, u64)>,
}

impl Record {
    /// Reads a cluster; nothing if it is not well formed.
    pub(super) fn read(bytes: &[u8], span: &Span, outside: &RegMap) -> Option<Record> {
        let mut from = Reader(bytes);
        let meta = from.u32()? as usize;
        let code_len = bytes.len().checked_sub(meta)?;
        from = Reader(bytes.get(4..meta)?);
        let mut record = Record::default();
        let mut last = 0u64;
        for _ in 0..from.count()? {
            last = last.wrapping_add(from.signed()? as u64);
            record.sources.push((last, from.array()?));
            match record.reach.last_mut() {
                Some((low, high)) if *low <= last && last <= high.saturating_add(NEAR) => *high = last.max(*high),
                _ => record.reach.push((last, last)),
            }
        }
        record.maps = Known::read(&mut from, outside)?;
        let count = from.count()?;
        record.units.reserve(count);
        record.first = span.place / ALIGN;
        record.begins = vec![0; ((span.end - span.place) / ALIGN / 64) as usize + 2];
        let mut next = Next { base: 0, pc: 0, end: span.place, exit: span.first_exit, code: meta };
        for _ in 0..count {
            record.read_unit(&mut from, &mut next, (span, meta))?;
        }
        (from.0.is_empty() && next.code - meta == code_len).then_some(record)
    }

    fn read_unit(&mut self, from: &mut Reader<'_>, next: &mut Next, (span, meta): (&Span, usize)) -> Option<()> {
        let base = next.base.checked_add(from.short()?.checked_mul(ALIGN)?)?;
        let len = from.short()?;
        let (end, pc) = (base.checked_add(len)?, next.pc.wrapping_add(from.signed()? as u64));
        if base < next.end || len < LEAST || end.checked_add(STUB_LEN)? > span.end {
            return None;
        }
        let flags = from.number()?;
        let (number, own) = (self.units.len() as u32, pc >> PAGE_LOG2);
        if flags & HAS_PAGES != 0 {
            for _ in 0..from.count()? {
                self.pages.push((own.wrapping_add(from.signed()? as u64), number));
            }
        } else {
            self.pages.push((own, number));
        }
        let first_exit = next.exit.checked_add(from.short()?)?;
        let exits = u32::try_from(from.number()?).ok()?;
        let again = first_exit.checked_add(exits).filter(|again| *again < span.exits_end)?;
        for _ in 0..from.count()? {
            let site = from.short()?;
            let to = i64::from(base / ALIGN).checked_add(from.signed()?)?;
            let to = u32::try_from(to).ok()?.checked_mul(ALIGN)?;
            // The entry is no site.
            if site < LEAST || site.checked_add(4)? > len {
                return None;
            }
            self.links.push((base + site, to));
        }
        let table_len = from.count()?;
        let table = meta - from.0.len();
        from.bytes(table_len)?;
        let step = base / ALIGN - self.first;
        *self.begins.get_mut((step / 64) as usize)? |= 1 << (step % 64);
        self.units.push(Read {
            base,
            end,
            pc,
            first_exit,
            exits,
            table: table as u32,
            table_end: (table + table_len) as u32,
            code: u32::try_from(next.code).ok()?,
            has_loop: flags & HAS_LOOP != 0,
            is_target: flags & IS_TARGET != 0,
            has_maps: flags & HAS_MAPS != 0,
            is_stale: false,
        });
        *next = Next { base, pc, end, exit: again + 1, code: next.code.checked_add((len + STUB_LEN) as usize)? };
        Some(())
    }

    /// A unit and its tables; what is not well formed in them is not there.
    pub(super) fn tables<'a>(&self, bytes: &'a [u8], unit: &Read) -> (Made, Tables<'a>) {
        let mut from = Reader(bytes.get(unit.table as usize..unit.table_end as usize).unwrap_or_default());
        let maps = if unit.has_maps { self.maps.read_list(&mut from).map(Arc::new) } else { None };
        let made = Made {
            base: unit.base,
            end: unit.end,
            pc: unit.pc,
            maps,
            is_stale: unit.is_stale,
            has_loop: unit.has_loop,
            first_exit: unit.first_exit,
            exits: unit.exits,
            table: 0,
        };
        let tables = Tables::of(&made, from);
        (made, tables)
    }

    /// Whether it may have been made of any of these pages.
    pub(super) fn reaches(&self, pages: &RangeInclusive<u64>) -> bool {
        self.reach.iter().any(|(low, high)| low <= pages.end() && pages.start() <= high)
    }

    /// Whether a unit begins at a place.
    pub(super) fn has_unit(&self, place: u32) -> bool {
        let step = (place / ALIGN).wrapping_sub(self.first);
        let word = self.begins.get((step / 64) as usize).copied().unwrap_or_default();
        place.is_multiple_of(ALIGN) && word >> (step % 64) & 1 != 0
    }

    /// The unit that begins at a place.
    pub(super) fn unit_at(&self, place: u32) -> Option<&Read> {
        let found = self.units.binary_search_by_key(&place, |unit| unit.base).ok()?;
        self.units.get(found)
    }

    /// The unit that a place is in.
    pub(super) fn unit_of(&self, place: u32) -> Option<&Read> {
        let behind = self.units.partition_point(|unit| unit.base <= place);
        self.units.get(behind.checked_sub(1)?).filter(|unit| place < unit.end)
    }

    /// The unit that an exit is of.
    pub(super) fn unit_with(&self, exit: u32) -> Option<&Read> {
        let behind = self.units.partition_point(|unit| unit.first_exit <= exit);
        self.units.get(behind.checked_sub(1)?).filter(|unit| exit <= unit.again())
    }
}

/// What a unit's numbers are counted from.
struct Next {
    base: u32,
    pc: u64,
    end: u32,
    exit: u32,
    code: usize,
}

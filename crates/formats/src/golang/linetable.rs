//! The line table (`pclntab`), which the runtime itself needs, so every Go program has it.
//!
//! Layouts of Go 1.16 and later. Lookups search the function table in place: nothing is read ahead.

use super::{haystacks, is_foreign, scan};
use crate::parsed::Part;
use alloc::{string::String, vec::Vec};
use ashore_base::{Addr, AddrRange, Bytes};
use ashore_image::{FileRange, FunctionIndex};

/// First words of the table, by the Go release that introduced each.
const MAGIC_1_16: u32 = 0xffff_fffa;
const MAGIC_1_18: u32 = 0xffff_fff0;
const MAGIC_1_20: u32 = 0xffff_fff1;
/// Sections that hold the table.
const SECTIONS: &[&str] = &[".gopclntab", ".data.rel.ro.gopclntab", "__TEXT,__gopclntab", "__DATA_CONST,__gopclntab"];
/// Sections that hold the runtime's module record, in releases that give it one.
const MODULE_SECTIONS: &[&str] = &[".go.module", "__DATA,__go_module"];
/// The table is aligned at least to this.
const ALIGN: usize = 8;
/// A longer name is taken for damage.
const NAME_LIMIT: usize = 4096;
/// In the runtime's module record, which begins with a pointer to this table: six slices, the search table and the two ends
/// of the program counter stand between that pointer and the text's start.
const MODULE_TEXT_AT: u64 = 8 + 6 * 24 + 3 * 8;
/// Where it has the start of its type records, since 1.16.
const MODULE_TYPES_AT: u64 = MODULE_TEXT_AT + 15 * 8;

/// The releases that changed the layout.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Release {
    /// 1.16: an entry of the function table is an address and a 64-bit offset.
    Go1_16,
    /// 1.18: it is two 32-bit offsets, code from the start of the text.
    Go1_18,
    /// 1.20: records of functions have the line they begin at.
    Go1_20,
}

impl Release {
    fn of(magic: u32) -> Release {
        match magic {
            MAGIC_1_16 => Release::Go1_16,
            MAGIC_1_18 => Release::Go1_18,
            _ => Release::Go1_20,
        }
    }
}

/// The line table of a part.
#[derive(Clone, Copy, Debug)]
pub struct LineTable<'a> {
    pub(super) bytes: Bytes<'a>,
    /// File offset of the table; the further offsets count from the start of the file too.
    offset: u64,
    pub(super) release: Release,
    text: Addr,
    count: u64,
    names_at: u64,
    /// Which file of the program each file of a unit is.
    pub(super) units_at: u64,
    pub(super) files: FileRange,
    /// What changes along the code of a function.
    pub(super) values_at: u64,
    functions_at: u64,
}

impl<'a> LineTable<'a> {
    /// Finds the table of a part.
    pub fn find(bytes: Bytes<'a>, part: &Part) -> Option<LineTable<'a>> {
        if is_foreign(part) {
            return None;
        }
        let ranges = haystacks(part, SECTIONS, false).chain(haystacks(part, &[], true));
        let mut found = ranges.flat_map(|range| scan(bytes, range, ALIGN, is_magic));
        found.find_map(|offset| LineTable::read(bytes, part, offset))
    }

    /// The unit that the code's distances are counted in: all instructions of some CPUs have four bytes.
    pub(super) fn unit(&self) -> Option<u64> {
        const UNIT_AT: u64 = 6;
        self.bytes.u8(self.offset.checked_add(UNIT_AT)?).map(u64::from)
    }

    fn read(bytes: Bytes<'a>, part: &Part, offset: u64) -> Option<LineTable<'a>> {
        let word = |index: u64| bytes.u64(offset.checked_add(8 + index * 8)?);
        let place = |index: u64| offset.checked_add(word(index)?).filter(|&at| at < bytes.0.len() as u64);
        let release = Release::of(bytes.u32(offset)?);
        // Since 1.18 the third word is the start of the text, or 0 since nobody relocates it any more.
        let first = if release == Release::Go1_16 { 2 } else { 3 };
        let (names_at, units_at, files_at) = (place(first)?, place(first + 1)?, place(first + 2)?);
        let (values_at, functions_at) = (place(first + 3)?, place(first + 4)?);
        let mut table = LineTable {
            bytes,
            offset,
            release,
            text: Addr::NULL,
            count: word(0)?,
            names_at,
            units_at,
            files: FileRange { offset: files_at, len: values_at.checked_sub(files_at)? },
            values_at,
            functions_at,
        };
        let limit = (bytes.0.len() as u64 - functions_at) / table.entry_len();
        if table.count == 0 || table.count >= limit {
            return None;
        }
        if release >= Release::Go1_18 {
            table.text = table.text_start(part, word(2)?)?;
        }
        Some(table)
    }

    /// The address that offsets of code count from: the runtime's module record has it; the table's own word and the text
    /// section are what remains when a relocatable program keeps the record for its loader to fill.
    fn text_start(&self, part: &Part, written: u64) -> Option<Addr> {
        let recorded = self.module_text(part);
        let section = part.section(".text").or_else(|| part.section("__TEXT,__text"));
        let candidates = [recorded, Some(Addr(written)), section.map(|section| section.memory.start)];
        candidates.into_iter().flatten().find(|&text| {
            let first = self.word(0).map(|offset| text.plus(offset));
            let last = self.word(self.count.saturating_mul(2)).map(|offset| text.plus(offset).minus(1));
            let is_code =
                |at: Option<Addr>| at.and_then(|at| part.image.segment_at(at)).is_some_and(|s| s.perms.is_exec);
            !text.is_null() && is_code(first) && is_code(last)
        })
    }

    fn module_text(&self, part: &Part) -> Option<Addr> {
        let text = self.module(part).find_map(|at| self.bytes.u64(at.checked_add(MODULE_TEXT_AT)?));
        text.map(Addr).filter(|text| !text.is_null())
    }

    /// The address that the data about functions is counted from, since 1.18.
    pub(super) fn data_of_functions(&self, part: &Part) -> Option<Addr> {
        let mapped = |at: u64| {
            let addr = Addr(self.bytes.u64(at)?);
            part.image.segment_at(addr).filter(|segment| !segment.perms.is_write).map(|_| addr)
        };
        // Until 1.26 two words stand between it and the start of the types; since 1.27 five, the third of them a distance.
        self.module(part).find_map(|at| {
            let types = at.checked_add(MODULE_TYPES_AT)?;
            mapped(types.checked_add(3 * 8)?).or_else(|| mapped(types.checked_add(6 * 8)?))
        })
    }

    /// The address that the offsets of names and types in type records count from.
    pub fn types(&self, part: &Part) -> Option<Addr> {
        let is_mapped = |addr: &Addr| part.image.segment_at(*addr).is_some();
        self.module(part).find_map(|at| self.bytes.u64(at.checked_add(MODULE_TYPES_AT)?).map(Addr).filter(is_mapped))
    }

    /// The beginning of the runtime's record of the program: its words are ends of things, not functions.
    pub fn record(&self, part: &Part) -> Option<FileRange> {
        let is_record = |at: &u64| self.bytes.u64(at.saturating_add(MODULE_TEXT_AT)) == Some(self.text.0);
        let offset = self.module(part).find(is_record)?;
        Some(FileRange { offset, len: MODULE_TYPES_AT })
    }

    /// Where the runtime's record of the program may be: it begins with the address of this table.
    fn module<'p>(&self, part: &'p Part) -> impl Iterator<Item = u64> + use<'a, 'p> {
        let table = part.image.addr_of(self.offset).map(|addr| addr.0.to_le_bytes());
        let data = haystacks(part, MODULE_SECTIONS, true).chain(haystacks(part, &[], false));
        let bytes = self.bytes;
        data.flat_map(move |file| {
            scan(bytes, file, 8, move |chunk| table.is_some_and(|table| chunk == table.as_slice()))
        })
    }

    fn entry_len(&self) -> u64 {
        if self.release >= Release::Go1_18 { 8 } else { 16 }
    }

    /// Word `index` of the function table: even ones are code, odd ones lead to records. Names of code as offsets from the
    /// text's start, or addresses in the older layout.
    fn word(&self, index: u64) -> Option<u64> {
        if self.release >= Release::Go1_18 {
            self.bytes.u32(self.functions_at.checked_add(index.checked_mul(4)?)?).map(u64::from)
        } else {
            self.bytes.u64(self.functions_at.checked_add(index.checked_mul(8)?)?)
        }
    }

    /// The start of function `index`; the one after the last function is the end of the code.
    fn start(&self, index: u64) -> Option<Addr> {
        Some(self.text.plus(self.word(index.checked_mul(2)?)?))
    }

    /// The number of functions.
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Whether there are no functions; never true of a table that was found.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The memory from the first function to the end of the last.
    pub fn code(&self) -> AddrRange {
        match (self.start(0), self.start(self.count)) {
            (Some(start), Some(end)) => AddrRange { start, end },
            _ => AddrRange::default(),
        }
    }

    /// The extent of function `index`.
    pub fn function(&self, index: u64) -> Option<AddrRange> {
        if index >= self.count {
            return None;
        }
        let code = AddrRange { start: self.start(index)?, end: self.start(index + 1)? };
        (!code.is_empty()).then_some(code)
    }

    /// The functions called `name`. An assembly function and its wrapper for the other convention share one.
    pub fn named(&self, name: &[u8]) -> Vec<AddrRange> {
        let is_called = |index: &u64| self.name_of(*index) == Some(name);
        (0..self.count).filter(is_called).filter_map(|index| self.function(index)).collect()
    }

    /// Whether any name of the table is `name`: those of functions that only exist inside others are there too.
    pub fn mentions(&self, name: &[u8]) -> bool {
        let names = self.bytes.0.get(self.names_at as usize..self.files.offset as usize).unwrap_or_default();
        names.split(|&byte| byte == 0).any(|known| known == name)
    }

    /// The address that offsets of code count from, in this table and in type records.
    pub fn text(&self) -> Addr {
        self.text
    }

    /// File offset of the table.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The record of function `index`, behind its first word: that is the function's start, as wide as a code word.
    pub(super) fn record_of(&self, index: u64) -> Option<u64> {
        let record = self.functions_at.checked_add(self.word(index.checked_mul(2)?.checked_add(1)?)?)?;
        record.checked_add(self.entry_len() / 2)
    }

    fn name_of(&self, index: u64) -> Option<&'a [u8]> {
        self.name_at(self.bytes.u32(self.record_of(index)?)?)
    }

    /// The name at an offset of the names.
    pub(super) fn name_at(&self, offset: u32) -> Option<&'a [u8]> {
        let name = self.bytes.cstr(self.names_at.checked_add(offset.into())?)?;
        (name.len() <= NAME_LIMIT).then_some(name)
    }

    pub(super) fn index_of(&self, addr: Addr) -> Option<u64> {
        let (mut low, mut high) = (0, self.count);
        // Invariant: functions before `low` start at or before `addr`; from `high` on they start after it.
        while low < high {
            let middle = low + (high - low) / 2;
            if self.start(middle)? <= addr { low = middle + 1 } else { high = middle }
        }
        low.checked_sub(1)
    }

    /// The paths of the source files, as the compiler was told them.
    pub fn files(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let names = self.files.of(self.bytes.0).unwrap_or_default();
        names
            .split(|&byte| byte == 0)
            .filter_map(|name| core::str::from_utf8(name).ok())
            .filter(|name| !name.is_empty())
    }
}

impl FunctionIndex for LineTable<'_> {
    fn containing(&self, addr: Addr) -> Option<AddrRange> {
        self.function(self.index_of(addr)?).filter(|code| code.contains(addr))
    }

    fn name(&self, addr: Addr) -> Option<String> {
        let index = self.index_of(addr)?;
        self.function(index).filter(|code| code.contains(addr))?;
        self.name_of(index).map(|name| String::from_utf8_lossy(name).into_owned())
    }
}

/// Whether these eight bytes begin a table for 8-byte pointers: magic, two zeroes, the unit of code, the pointer's size.
fn is_magic(chunk: &[u8]) -> bool {
    // What all have in common, in one word: programs without a table are searched to their ends.
    const MASK: u64 = 0xff00_ffff_ffff_fff0;
    const COMMON: u64 = 0x0800_0000_ffff_fff0;
    if chunk.first_chunk().is_none_or(|word| u64::from_le_bytes(*word) & MASK != COMMON) {
        return false;
    }
    let Some((magic, [0, 0, 1 | 2 | 4, 8])) = chunk.split_first_chunk::<4>() else { return false };
    matches!(u32::from_le_bytes(*magic), MAGIC_1_16 | MAGIC_1_18 | MAGIC_1_20)
}

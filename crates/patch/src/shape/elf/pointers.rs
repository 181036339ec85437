//! What in an ELF file's data leads to an address.

use super::headers;
use crate::{
    census::{DataKind, DataRef, entry, loaded_words},
    program::Program,
};
use ashore_base::{Addr, AddrRange, Bytes, Cpu};
use ashore_image::FileRange;
use std::collections::BTreeSet;

/// Offset of `e_entry`.
const ENTRY_AT: u64 = 24;
/// `d_tag` of what leads to code or to tables that do.
const DT_SYMTAB: u64 = 6;
pub(super) const DT_RELA: u64 = 7;
pub(super) const DT_RELASZ: u64 = 8;
const DT_INIT: u64 = 12;
const DT_FINI: u64 = 13;
const DT_JMPREL: u64 = 23;
const DT_PLTRELSZ: u64 = 2;
const DT_RELRSZ: u64 = 35;
const DT_RELR: u64 = 36;
pub(super) const DT_STRTAB: u64 = 5;
/// Sizes of an entry of the dynamic table, of a relocation, and of a symbol.
const DYNAMIC_LEN: usize = 16;
pub(super) const RELA_LEN: usize = 24;
pub(super) const SYMBOL_LEN: usize = 24;

/// The relocations that add the base to an address, plainly or by asking the function there: `RELATIVE` and `IRELATIVE`.
pub(super) const fn relative_types(cpu: Cpu) -> [u32; 2] {
    match cpu {
        Cpu::X86_64 => [8, 37],
        Cpu::Aarch64 => [1027, 1032],
        Cpu::Riscv64 => [3, 58],
    }
}

/// Everything in data that leads to `addr`.
pub(super) fn to(program: &Program<'_>, addr: Addr) -> Vec<DataRef> {
    let dynamic = Dynamic::read(program);
    let data = |kind| move |offset| DataRef { offset, kind, target: addr };
    let mut found: Vec<DataRef> = Vec::new();
    let exports = dynamic.exports(program, addr);
    let relocated = dynamic.relocations(program, addr);
    found.extend(exports.iter().copied().map(data(DataKind::Export)));
    found.extend(relocated.iter().copied().map(data(DataKind::Relocation)));
    found.extend(dynamic.functions(addr).map(data(DataKind::Pointer)));
    if Bytes(program.file).u64(ENTRY_AT) == Some(addr.0) {
        found.push(DataRef { offset: ENTRY_AT, kind: DataKind::Entry, target: addr });
    }
    let image = &program.part.image;
    let plain = loaded_words(program, entry(addr)).into_iter();
    let tables: Vec<FileRange> = dynamic.tables(program).into_iter().chain(headers::all(program)).collect();
    let is_free = |offset: &u64| !tables.iter().any(|table| table.contains(*offset)) && *offset != ENTRY_AT;
    let is_pointer = |offset: &u64| !image.kind.is_relocatable() || dynamic.packed.contains(offset);
    let module = program.go.and_then(|table| table.record(program.part));
    let is_module = |offset: &u64| module.is_some_and(|record| record.contains(*offset));
    let plain = plain.filter(|offset| is_free(offset) && is_pointer(offset) && !is_module(offset));
    found.extend(plain.map(data(DataKind::Pointer)));
    found
}

/// What the dynamic table leads to.
#[derive(Default)]
pub(super) struct Dynamic {
    /// Entries: where the value is in the file, the tag, the value.
    pub(super) entries: Vec<(u64, u64, u64)>,
    /// File offsets of the words that the packed table (`DT_RELR`) adds the base to.
    packed: BTreeSet<u64>,
}

impl Dynamic {
    pub(super) fn read(program: &Program<'_>) -> Dynamic {
        let Some(file) = program.part.image.dynamic.and_then(|memory| filled(program, memory)) else {
            return Dynamic::default();
        };
        let bytes = file.of(program.file).unwrap_or_default();
        let entries = bytes.chunks_exact(DYNAMIC_LEN).enumerate().map_while(|(index, entry)| {
            let at = file.offset + (index * DYNAMIC_LEN) as u64 + 8;
            let tag = Bytes(entry).u64(0).filter(|&tag| tag != 0)?;
            Some((at, tag, Bytes(entry).u64(8)?))
        });
        let mut dynamic = Dynamic { entries: entries.collect(), packed: BTreeSet::new() };
        dynamic.packed = dynamic.packed_words(program);
        dynamic
    }

    pub(super) fn value(&self, tag: u64) -> Option<u64> {
        self.entries.iter().find(|entry| entry.1 == tag).map(|entry| entry.2)
    }

    /// The bytes of the table whose address and length these tags give.
    pub(super) fn table(&self, program: &Program<'_>, addr: u64, len: u64) -> Option<FileRange> {
        filled(program, AddrRange::new(Addr(self.value(addr)?), self.value(len)?)?)
    }

    /// The relocation tables.
    pub(super) fn relas(&self, program: &Program<'_>) -> impl Iterator<Item = FileRange> {
        let tables = [self.table(program, DT_RELA, DT_RELASZ), self.table(program, DT_JMPREL, DT_PLTRELSZ)];
        tables.into_iter().flatten()
    }

    /// The dynamic symbols: from the table's start to that of the names, which linkers put behind it, or to the end.
    pub(super) fn symbols(&self, program: &Program<'_>) -> Option<FileRange> {
        let start = Addr(self.value(DT_SYMTAB)?);
        let end = program.part.image.segment_at(start)?.filled().end;
        let names = self.value(DT_STRTAB).map(Addr).filter(|&names| start < names && names < end);
        filled(program, AddrRange { start, end: names.unwrap_or(end) })
    }

    /// Everything whose words mean something else than a pointer, or are counted already.
    fn tables(&self, program: &Program<'_>) -> Vec<FileRange> {
        self.relas(program).chain(self.symbols(program)).collect()
    }

    /// Offsets of the values of exported symbols that are `addr`.
    fn exports(&self, program: &Program<'_>, addr: Addr) -> Vec<u64> {
        let Some(table) = self.symbols(program) else { return Vec::new() };
        let symbols = table.of(program.file).unwrap_or_default().chunks_exact(SYMBOL_LEN).enumerate();
        let is_export = |symbol: Bytes<'_>| {
            let is_here = symbol.u16(6).is_some_and(|section| section != 0);
            is_here && symbol.u64(8) == Some(addr.0)
        };
        let found = symbols.filter(|(_, symbol)| is_export(Bytes(symbol)));
        found.map(|(index, _)| table.offset + (index * SYMBOL_LEN) as u64 + 8).collect()
    }

    /// Offsets of the addends that are `addr`, in relocations that add the base.
    fn relocations(&self, program: &Program<'_>, addr: Addr) -> Vec<u64> {
        let types = relative_types(program.part.image.cpu);
        let mut found = Vec::new();
        for table in self.relas(program) {
            for (index, rela) in table.of(program.file).unwrap_or_default().chunks_exact(RELA_LEN).enumerate() {
                let rela = Bytes(rela);
                let is_relative = rela.u32(8).is_some_and(|kind| types.contains(&kind));
                if is_relative && rela.u64(16) == Some(addr.0) {
                    found.push(table.offset + (index * RELA_LEN) as u64 + 16);
                }
            }
        }
        found
    }

    /// Offsets of the values of entries that are `addr` because they are functions.
    fn functions(&self, addr: Addr) -> impl Iterator<Item = u64> {
        let functions = self.entries.iter().filter(|entry| matches!(entry.1, DT_INIT | DT_FINI));
        functions.filter(move |entry| entry.2 == addr.0).map(|entry| entry.0)
    }

    fn packed_words(&self, program: &Program<'_>) -> BTreeSet<u64> {
        let table = self.table(program, DT_RELR, DT_RELRSZ).and_then(|table| table.of(program.file));
        let (entries, _) = table.unwrap_or_default().as_chunks::<8>();
        let mut next = 0u64;
        let mut found = BTreeSet::new();
        for entry in entries {
            let entry = u64::from_le_bytes(*entry);
            // An even entry is an address; an odd one has a bit for each of the 63 words that follow.
            let places: Vec<u64> = match entry & 1 {
                0 => vec![entry],
                _ => (0..63).filter(|bit| entry >> (bit + 1) & 1 != 0).map(|bit| next.wrapping_add(bit * 8)).collect(),
            };
            next = if entry & 1 == 0 { entry.wrapping_add(8) } else { next.wrapping_add(63 * 8) };
            found.extend(places.iter().filter_map(|&place| program.part.image.offset_of(Addr(place))));
        }
        found
    }
}

/// Memory that the file fills, as a range of the file.
fn filled(program: &Program<'_>, memory: AddrRange) -> Option<FileRange> {
    let segment = program.part.image.segment_at(memory.start)?;
    let offset = segment.offset_of(memory.start)?;
    (memory.end <= segment.filled().end).then(|| FileRange { offset, len: memory.len() })
}

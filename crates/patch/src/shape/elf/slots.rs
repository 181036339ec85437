//! Words that loaders fill with addresses of libraries, or of what a function chose.

use super::pointers::{DT_STRTAB, Dynamic, RELA_LEN, SYMBOL_LEN, relative_types};
use crate::{
    program::Program,
    shape::{Choice, Import, Slot},
};
use ashore_base::{Addr, Bytes, Cpu};
use ashore_image::FileRange;

/// `d_tag` and bits of what says that everything is bound before the program starts.
const DT_FLAGS: u64 = 30;
const DF_BIND_NOW: u64 = 8;
const DT_FLAGS_1: u64 = 0x6fff_fffb;
const DF_1_NOW: u64 = 1;
/// The low half of `st_info`.
const STT_NOTYPE: u8 = 0;
const STT_FUNC: u8 = 2;
const STT_GNU_IFUNC: u8 = 10;
/// The high half.
const STB_LOCAL: u8 = 0;
/// `st_other`.
const STV_HIDDEN: u8 = 2;
/// A section's number that is none of the special ones.
const SOME_SECTION: u16 = 1;
/// Relocations of programs without a dynamic table, which their own start-up code makes.
const OWN_TABLES: &[&str] = &[".rela.plt", ".rela.iplt", ".rela.dyn"];

/// The relocations that fill a word with a symbol's address: for data and functions, and for functions that may be bound late.
const fn symbol_types(cpu: Cpu) -> [u32; 2] {
    match cpu {
        Cpu::X86_64 => [6, 7],
        Cpu::Aarch64 => [1025, 1026],
        Cpu::Riscv64 => [2, 5],
    }
}

/// The word for the imported `name`.
pub(super) fn of_import(program: &Program<'_>, name: &[u8]) -> Option<Slot> {
    let dynamic = Dynamic::read(program);
    let [plain, late] = symbol_types(program.part.image.cpu);
    let has = |tag, bit| dynamic.value(tag).is_some_and(|flags| flags & bit != 0);
    let is_bound = has(DT_FLAGS, DF_BIND_NOW) || has(DT_FLAGS_1, DF_1_NOW);
    let symbols = dynamic.symbols(program)?.of(program.file)?;
    let names = program.part.image.offset_of(Addr(dynamic.value(DT_STRTAB)?))?;
    let tables: Vec<FileRange> = dynamic.relas(program).collect();
    let rows = tables.iter().flat_map(|table| rows(program, *table));
    let found = rows.filter(|row| row.kind == plain || row.kind == late).filter_map(|row| {
        let symbol = Bytes(Bytes(symbols).slice(u64::from(row.symbol) * SYMBOL_LEN as u64, SYMBOL_LEN as u64)?);
        let text = Bytes(program.file).cstr(names.checked_add(symbol.u32(0)?.into())?)?;
        // The plain kind also fills variables, which the program may change: a table of offsets is nobody's to change.
        let is_table = program
            .part
            .sections
            .iter()
            .any(|section| section.name.starts_with(".got") && section.memory.contains(row.at));
        let is_ours = text == name && row.addend == 0 && (row.kind == late || is_table || plain != 2);
        let is_function = row.kind == late || symbol.u8(4)? & 0xf == STT_FUNC;
        is_ours.then_some(Slot { at: row.at, is_function, is_late: row.kind == late && !is_bound })
    });
    // One that is complete from the start serves everybody.
    found.min_by_key(|slot| slot.is_late)
}

/// The symbols that import a function called `name`.
pub(super) fn imported(program: &Program<'_>, name: &[u8]) -> Vec<Import> {
    let dynamic = Dynamic::read(program);
    let table = dynamic.symbols(program);
    let names = dynamic.value(DT_STRTAB).and_then(|names| program.part.image.offset_of(Addr(names)));
    let (Some(table), Some(names)) = (table, names) else { return Vec::new() };
    let rows: Vec<Row> = dynamic.relas(program).flat_map(|table| rows(program, table)).collect();
    let symbols = table.of(program.file).unwrap_or_default().chunks_exact(SYMBOL_LEN).enumerate().skip(1);
    let is_meant = |symbol: Bytes<'_>| {
        let is_function = symbol.u8(4).is_some_and(|info| matches!(info & 0xf, STT_NOTYPE | STT_FUNC | STT_GNU_IFUNC));
        let is_elsewhere = symbol.u16(6) == Some(0);
        let text = || Bytes(program.file).cstr(names.checked_add(symbol.u32(0)?.into())?);
        is_function && is_elsewhere && text() == Some(name)
    };
    let import = |(index, _): (usize, &[u8])| {
        let record = program.part.image.addr_of(table.offset + (index * SYMBOL_LEN) as u64)?;
        let own = rows.iter().filter(|row| row.symbol as usize == index);
        let words: Vec<Addr> = own.map(|row| row.at).collect();
        // Without a relocation the name is told to nobody.
        (!words.is_empty()).then_some(Import { record, words, bound, len: SYMBOL_LEN as u64 })
    };
    symbols.filter(|(_, symbol)| is_meant(Bytes(symbol))).filter_map(import).collect()
}

/// A symbol that loaders do not look for elsewhere: it is local, which all of them take for that when they relocate, and hidden,
/// which GNU's asks when a function is called for the first time. The section it lies in is only said to be one.
fn bound(record: &[u8], target: Addr) -> Vec<u8> {
    let name = record.get(..4).unwrap_or_default();
    let kind = [STB_LOCAL << 4 | STT_FUNC, STV_HIDDEN];
    [name, &kind, &SOME_SECTION.to_le_bytes(), &target.0.to_le_bytes(), &0u64.to_le_bytes()].concat()
}

/// What the function at `addr` is for its callers.
pub(super) fn choice(program: &Program<'_>, addr: Addr) -> Choice {
    if !is_chooser(program, addr) {
        return Choice::Itself;
    }
    let [_, chosen] = relative_types(program.part.image.cpu);
    let own = program.part.sections.iter().filter(|section| OWN_TABLES.contains(&section.name.as_str()));
    let tables: Vec<FileRange> = Dynamic::read(program).relas(program).chain(own.map(|section| section.file)).collect();
    let mut rows = tables.iter().flat_map(|table| rows(program, *table));
    let found = rows.find(|row| row.kind == chosen && row.addend == addr.0);
    found.map_or(Choice::Unknown, |row| Choice::Other(Slot { at: row.at, is_function: true, is_late: false }))
}

fn is_chooser(program: &Program<'_>, addr: Addr) -> bool {
    let table = program.part.symbols.and_then(|table| table.entries.of(program.file)).unwrap_or_default();
    table.chunks_exact(SYMBOL_LEN).map(Bytes).any(|symbol| {
        let is_kind = symbol.u8(4).is_some_and(|info| info & 0xf == STT_GNU_IFUNC);
        is_kind && symbol.u64(8) == Some(addr.0)
    })
}

/// One relocation.
struct Row {
    at: Addr,
    kind: u32,
    symbol: u32,
    addend: u64,
}

fn rows<'a>(program: &Program<'a>, table: FileRange) -> impl Iterator<Item = Row> + use<'a> {
    let raw = table.of(program.file).unwrap_or_default();
    raw.chunks_exact(RELA_LEN).filter_map(|raw| {
        let raw = Bytes(raw);
        Some(Row { at: Addr(raw.u64(0)?), kind: raw.u32(8)?, symbol: raw.u32(12)?, addend: raw.u64(16)? })
    })
}

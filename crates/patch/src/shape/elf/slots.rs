//! Words that loaders fill with addresses of libraries, or of what a function chose.

use super::pointers::{DT_STRTAB, Dynamic, RELA_LEN, SYMBOL_LEN, relative_types};
use crate::{
    program::Program,
    shape::{Choice, Slot},
};
use ashore_base::{Addr, Bytes, Cpu};
use ashore_image::FileRange;

/// `d_tag` and bits of what says that everything is bound before the program starts.
const DT_FLAGS: u64 = 30;
const DF_BIND_NOW: u64 = 8;
const DT_FLAGS_1: u64 = 0x6fff_fffb;
const DF_1_NOW: u64 = 1;
/// The low half of `st_info`.
const STT_FUNC: u8 = 2;
const STT_GNU_IFUNC: u8 = 10;
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

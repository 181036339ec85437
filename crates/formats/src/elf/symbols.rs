//! Symbols, read when somebody asks.

use super::{
    constants::*,
    dynamic::{Dynamic, string},
    filled, unwind,
};
use crate::parsed::{Binding, Part, Symbol, SymbolTable};
use alloc::{string::String, vec::Vec};
use ashore_base::{Addr, AddrRange, Bytes};
use ashore_image::{Function, Import};
use ashore_report::Report;

/// More than any program has; keeps a hostile file from making millions.
const IMPORT_LIMIT: usize = 65536;

/// One symbol as it stands in the file.
pub(super) struct Row {
    pub(super) name: u32,
    pub(super) info: u8,
    pub(super) section: u16,
    pub(super) value: u64,
    pub(super) len: u64,
}

impl Row {
    fn is_function(&self) -> bool {
        self.section != SHN_UNDEF && matches!(self.info & 0xf, STT_FUNC | STT_GNU_IFUNC)
    }
}

pub(super) fn rows<'a>(bytes: Bytes<'a>, table: SymbolTable) -> impl Iterator<Item = Row> + 'a {
    let entries = table.entries.of(bytes.0).unwrap_or_default();
    entries.chunks_exact(SYMBOL_LEN as usize).filter_map(|raw| {
        let raw = Bytes(raw);
        Some(Row { name: raw.u32(0)?, info: raw.u8(4)?, section: raw.u16(6)?, value: raw.u64(8)?, len: raw.u64(16)? })
    })
}

/// The functions the symbol table names, or without one those that can be unwound. Hand-written code often has no size: it
/// then reaches to the next function.
pub(crate) fn functions(bytes: Bytes<'_>, part: &Part) -> Vec<Function> {
    let named = named(bytes, part);
    if named.is_empty() { unwind::functions(bytes, part) } else { named }
}

fn named(bytes: Bytes<'_>, part: &Part) -> Vec<Function> {
    let Some(table) = part.symbols else { return Vec::new() };
    extents(part, table, rows(bytes, table))
}

/// The functions among `rows` of a table.
pub(super) fn extents(part: &Part, table: SymbolTable, rows: impl Iterator<Item = Row>) -> Vec<Function> {
    let mut found: Vec<Row> = rows.filter(Row::is_function).collect();
    found.sort_by_key(|row| row.value);
    let mut functions = Vec::with_capacity(found.len());
    let mut next_start = None;
    let mut last_start = None;
    for row in found.iter().rev() {
        if last_start != Some(row.value) {
            next_start = last_start;
            last_start = Some(row.value);
        }
        let Some(segment) = part.image.segment_at(Addr(row.value)).filter(|segment| segment.perms.is_exec) else {
            continue;
        };
        let limit = segment.filled().end.0;
        let end = match row.len {
            0 => next_start.unwrap_or(limit),
            len => row.value.saturating_add(len),
        };
        let code = AddrRange { start: Addr(row.value), end: Addr(end.min(limit)) };
        functions.push(Function { code, name_at: table.names.offset.saturating_add(row.name.into()) });
    }
    functions
}

/// The symbols of the table that are defined here and name memory.
pub(crate) fn symbols<'a>(bytes: Bytes<'a>, part: &Part) -> Vec<Symbol<'a>> {
    let Some(table) = part.symbols else { return Vec::new() };
    named_memory(bytes, table, rows(bytes, table))
}

/// What `rows` of a table name.
pub(super) fn named_memory<'a>(
    bytes: Bytes<'a>,
    table: SymbolTable,
    rows: impl Iterator<Item = Row>,
) -> Vec<Symbol<'a>> {
    let is_here = |row: &Row| row.section != SHN_UNDEF && row.section < SHN_LORESERVE;
    let is_memory = |row: &Row| matches!(row.info & 0xf, STT_NOTYPE | STT_OBJECT | STT_FUNC | STT_GNU_IFUNC);
    let found = rows.filter(|row| is_here(row) && is_memory(row)).filter_map(|row| {
        let name = bytes.cstr(table.names.offset.checked_add(row.name.into())?)?;
        let binding = match row.info >> 4 {
            STB_LOCAL => Binding::Local,
            STB_WEAK => Binding::Weak,
            _ => Binding::Strong,
        };
        let memory = AddrRange::new(Addr(row.value), row.len)?;
        Some(Symbol { name, memory, binding, is_function: row.is_function() })
    });
    found.filter(|symbol| !symbol.name.is_empty()).collect()
}

/// The names the program expects from its libraries.
pub(crate) fn imports(bytes: Bytes<'_>, part: &Part) -> Result<Vec<Import>, Report> {
    let Some(file) = part.image.dynamic.and_then(|memory| filled(&part.image, memory)) else {
        return Ok(Vec::new());
    };
    let Some(table) = Dynamic::read(bytes, &part.image, file)?.symbols else { return Ok(Vec::new()) };
    let wanted = rows(bytes, table).filter(|row| row.section == SHN_UNDEF);
    let imports = wanted.filter_map(|row| {
        let name: String = string(bytes, table.names, row.name.into()).filter(|name| !name.is_empty())?;
        Some(Import { name, library: None, is_weak: row.info >> 4 == STB_WEAK })
    });
    Ok(imports.take(IMPORT_LIMIT).collect())
}

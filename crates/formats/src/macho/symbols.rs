//! Symbols, read when somebody asks.

use super::constants::*;
use crate::parsed::{Binding, Part, Symbol, SymbolTable};
use alloc::{string::String, vec::Vec};
use ashore_base::{Addr, AddrRange, Bytes};
use ashore_image::{Function, Import};
use ashore_report::Report;

/// More than any program has; keeps a hostile file from making millions.
const IMPORT_LIMIT: usize = 65536;
/// Longer names are taken for damage.
const NAME_LIMIT: usize = 4096;

/// One symbol as it stands in the file.
struct Row {
    name: u32,
    kind: u8,
    description: u16,
    value: u64,
}

fn rows<'a>(bytes: Bytes<'a>, table: SymbolTable) -> impl Iterator<Item = Row> + 'a {
    let entries = table.entries.of(bytes.0).unwrap_or_default();
    entries.chunks_exact(SYMBOL_LEN as usize).filter_map(|raw| {
        let raw = Bytes(raw);
        Some(Row { name: raw.u32(0)?, kind: raw.u8(4)?, description: raw.u16(6)?, value: raw.u64(8)? })
    })
}

/// The functions the symbol table names. No sizes exist: each reaches to the next symbol in code.
pub(crate) fn functions(bytes: Bytes<'_>, part: &Part) -> Vec<Function> {
    let Some(table) = part.symbols else { return Vec::new() };
    let in_code = |addr| part.image.segment_at(addr).filter(|segment| segment.perms.is_exec);
    let is_defined = |row: &Row| row.kind & N_STAB == 0 && row.kind & N_TYPE == N_SECT;
    let mut found: Vec<Row> = rows(bytes, table).filter(is_defined).collect();
    found.sort_by_key(|row| row.value);
    found.dedup_by_key(|row| row.value);
    let ends = found.iter().skip(1).map(|row| Some(row.value)).chain([None]);
    let functions = found.iter().zip(ends).filter_map(|(row, next)| {
        let limit = in_code(Addr(row.value))?.filled().end;
        let end = next.map_or(limit, |next| limit.min(Addr(next)));
        let code = AddrRange { start: Addr(row.value), end };
        Some(Function { code, name_at: table.names.offset.saturating_add(row.name.into()) })
    });
    functions.collect()
}

/// The symbols the table defines. Sizes do not exist; what lies in code counts as a function.
pub(crate) fn symbols<'a>(bytes: Bytes<'a>, part: &Part) -> Vec<Symbol<'a>> {
    let Some(table) = part.symbols else { return Vec::new() };
    let is_defined = |row: &Row| row.kind & N_STAB == 0 && row.kind & N_TYPE == N_SECT;
    let found = rows(bytes, table).filter(is_defined).filter_map(|row| {
        let name = bytes.cstr(table.names.offset.checked_add(row.name.into())?)?;
        let binding = match () {
            () if row.kind & N_EXT == 0 => Binding::Local,
            () if row.description & N_WEAK_DEF != 0 => Binding::Weak,
            () => Binding::Strong,
        };
        let at = Addr(row.value);
        let is_function = part.image.segment_at(at).is_some_and(|segment| segment.perms.is_exec);
        Some(Symbol { name, memory: AddrRange::new(at, 0)?, binding, is_function })
    });
    found.filter(|symbol| !symbol.name.is_empty()).collect()
}

/// The names the program expects from its libraries. The library is known when the file binds by library ("two levels").
pub(crate) fn imports(bytes: Bytes<'_>, part: &Part) -> Result<Vec<Import>, Report> {
    let Some(table) = part.symbols else { return Ok(Vec::new()) };
    let Some(names) = table.names.of(bytes.0).map(Bytes) else { return Ok(Vec::new()) };
    let is_wanted = |row: &Row| row.kind & N_STAB == 0 && row.kind & N_TYPE == N_UNDF && row.value == 0;
    let imports = rows(bytes, table).filter(is_wanted).filter_map(|row| {
        let name = names.cstr(row.name.into()).filter(|name| !name.is_empty() && name.len() <= NAME_LIMIT)?;
        let ordinal = usize::from(row.description >> 8);
        let library = ordinal.checked_sub(1).and_then(|index| part.image.needed.get(index)).cloned();
        let is_weak = row.description & N_WEAK_REF != 0;
        Some(Import { name: String::from_utf8_lossy(name).into_owned(), library, is_weak })
    });
    Ok(imports.take(IMPORT_LIMIT).collect())
}

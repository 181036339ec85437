//! The section headers: for tools only, so a damaged table is a remark.

use super::{constants::*, dynamic::string, header::Header};
use crate::{
    check,
    parsed::{Section, SymbolTable},
};
use alloc::{format, vec::Vec};
use ashore_base::{AddrRange, Bytes};
use ashore_image::{FileRange, Perms};
use ashore_report::{Place, Report, table::MALFORMED};

/// More than any linked program has.
const SECTION_LIMIT: u64 = 16384;

/// One section header as it stands in the file.
struct Row {
    name: u32,
    kind: u32,
    flags: u64,
    addr: u64,
    offset: u64,
    len: u64,
    link: u32,
    align: u64,
}

fn row(bytes: Bytes<'_>, at: u64) -> Option<Row> {
    Some(Row {
        name: bytes.u32(at)?,
        kind: bytes.u32(at.checked_add(4)?)?,
        flags: bytes.u64(at.checked_add(8)?)?,
        addr: bytes.u64(at.checked_add(16)?)?,
        offset: bytes.u64(at.checked_add(24)?)?,
        len: bytes.u64(at.checked_add(32)?)?,
        link: bytes.u32(at.checked_add(40)?)?,
        align: bytes.u64(at.checked_add(48)?)?,
    })
}

impl Row {
    /// Its bytes; none for zero fill and for what passes the end of the file.
    fn file(&self, bytes: Bytes<'_>) -> FileRange {
        if self.kind == SHT_NOBITS {
            return FileRange::default();
        }
        check::range(bytes, self.offset, self.len, "a section").unwrap_or_default()
    }
}

/// Where the section `number` of an object file begins in the file, when it is filled from there and comes into memory.
pub(super) fn start(bytes: Bytes<'_>, header: &Header, number: u16) -> Option<u64> {
    let row = row(bytes, header.sections_at.checked_add(u64::from(number) * SECTION_LEN)?)?;
    let is_loaded = row.flags & SHF_ALLOC != 0 && row.len != 0;
    (is_loaded && row.file(bytes).len == row.len).then_some(row.offset)
}

/// Reads the table and finds the symbols; the full table is preferred to the dynamic one.
pub(super) fn read(bytes: Bytes<'_>, header: &Header) -> Result<(Vec<Section>, Option<SymbolTable>), Report> {
    let damaged = |reason| MALFORMED.at(Place::offset(header.sections_at), reason);
    if header.sections_at == 0 {
        return Ok((Vec::new(), None));
    }
    let Some(first) = row(bytes, header.sections_at) else {
        return Err(damaged(format!("the section table is beyond the file's {:#x} bytes", bytes.0.len())));
    };
    let count = if header.section_count == 0 { first.len } else { header.section_count };
    let limit = if header.segment_count == 0 { SHN_LORESERVE.into() } else { SECTION_LIMIT };
    if count > limit {
        return Err(damaged(format!("{count} sections are too many")));
    }
    let table = check::range(bytes, header.sections_at, count * SECTION_LEN, "the section table")?;
    let at = |index: u64| row(bytes, table.offset.checked_add(index.checked_mul(SECTION_LEN)?)?);
    let names = at(header.section_names).map(|row| row.file(bytes)).unwrap_or_default();
    let mut sections = Vec::new();
    let mut symbols: Option<(u32, SymbolTable)> = None;
    for row in (0..count).filter_map(at) {
        let file = row.file(bytes);
        if matches!(row.kind, SHT_SYMTAB | SHT_DYNSYM) && !matches!(symbols, Some((SHT_SYMTAB, _))) {
            let names = at(row.link.into()).map(|row| row.file(bytes)).unwrap_or_default();
            symbols = Some((row.kind, SymbolTable { entries: file, names, is_full: row.kind == SHT_SYMTAB }));
        }
        // A thread's zero fill takes no memory of the image itself.
        let is_each_threads = row.flags & SHF_TLS != 0 && row.kind == SHT_NOBITS;
        let is_mapped = row.flags & SHF_ALLOC != 0 && !is_each_threads;
        let memory = if is_mapped { check::memory(row.addr, row.len, 0).ok() } else { None };
        let perms = Perms {
            is_read: row.flags & SHF_ALLOC != 0,
            is_write: row.flags & SHF_WRITE != 0,
            is_exec: row.flags & SHF_EXECINSTR != 0,
        };
        let name = string(bytes, names, row.name.into()).unwrap_or_default();
        if !name.is_empty() {
            sections.push(Section {
                name,
                memory: memory.unwrap_or(AddrRange::default()),
                file,
                perms,
                align: row.align.max(1),
                holds_strings: row.flags & SHF_STRINGS != 0,
            });
        }
    }
    Ok((sections, symbols.map(|(_, table)| table)))
}

//! The dynamic table: which libraries complete the program.

use super::{constants::*, filled};
use crate::parsed::{Linking, SymbolTable};
use alloc::{format, string::String, vec::Vec};
use ashore_base::{Addr, AddrRange, Bytes};
use ashore_image::{FileRange, Image};
use ashore_report::{Place, Report, table::MALFORMED};

/// More than any program names.
const NEEDED_LIMIT: usize = 4096;

/// Longer names are taken for damage.
const NAME_LIMIT: usize = 4096;

/// What of the dynamic table is wanted.
#[derive(Clone, Default)]
pub(super) struct Dynamic {
    pub(super) needed: Vec<String>,
    pub(super) flags_1: u64,
    pub(super) symbols: Option<SymbolTable>,
    pub(super) linking: Linking,
    has_name: bool,
}

/// The raw values, before the strings are found.
#[derive(Default)]
struct Raw {
    /// Offset of the row and the string's offset in the names.
    needed: Vec<(u64, u64)>,
    names_at: Option<u64>,
    names_len: u64,
    symbols_at: Option<u64>,
    hash_at: Option<u64>,
    flags_1: u64,
    has_name: bool,
    /// String offsets of lists of directories.
    run_paths: Vec<u64>,
    changes_text: bool,
    relocations_at: Option<u64>,
    relocations_len: u64,
}

impl Dynamic {
    /// Whether the table says that this is a library and no program.
    pub(super) fn is_library(&self) -> bool {
        self.has_name && self.flags_1 & DF_1_PIE == 0
    }

    /// Reads the table at `file`.
    pub(super) fn read(bytes: Bytes<'_>, image: &Image, file: FileRange) -> Result<Dynamic, Report> {
        let raw = raw(bytes, file);
        let names = raw.names_at.and_then(|at| filled(image, AddrRange::new(Addr(at), raw.names_len)?));
        let mut needed = Vec::new();
        for &(row, offset) in raw.needed.iter().take(NEEDED_LIMIT) {
            let name = names.and_then(|names| string(bytes, names, offset));
            let Some(name) = name else {
                let reason =
                    format!("a needed library's name is at {offset:#x} of the string table, which does not hold it");
                return Err(MALFORMED.at(Place::offset(row), reason));
            };
            needed.push(name);
        }
        let symbols = names.and_then(|names| symbols(bytes, image, &raw, names));
        let linking = linking(bytes, image, &raw, names);
        Ok(Dynamic { needed, flags_1: raw.flags_1, symbols, linking, has_name: raw.has_name })
    }
}

fn raw(bytes: Bytes<'_>, file: FileRange) -> Raw {
    let mut raw = Raw::default();
    for at in (file.offset..file.end()).step_by(DYNAMIC_LEN as usize) {
        let (Some(tag), Some(value)) = (bytes.u64(at), bytes.u64(at.saturating_add(8))) else { break };
        match tag {
            DT_NULL => break,
            DT_NEEDED => raw.needed.push((at, value)),
            DT_STRTAB => raw.names_at = Some(value),
            DT_STRSZ => raw.names_len = value,
            DT_SYMTAB => raw.symbols_at = Some(value),
            DT_HASH => raw.hash_at = Some(value),
            DT_FLAGS_1 => raw.flags_1 = value,
            DT_SONAME => raw.has_name = true,
            DT_RPATH | DT_RUNPATH => raw.run_paths.push(value),
            DT_TEXTREL => raw.changes_text = true,
            DT_FLAGS => raw.changes_text |= value & DF_TEXTREL != 0,
            DT_RELA => raw.relocations_at = Some(value),
            DT_RELASZ => raw.relocations_len = value,
            _ => {}
        }
    }
    raw
}

/// What the table asks for beside libraries; what is damaged is left out.
fn linking(bytes: Bytes<'_>, image: &Image, raw: &Raw, names: Option<FileRange>) -> Linking {
    let text = |&at: &u64| string(bytes, names?, at);
    let run_paths = raw.run_paths.iter().take(NEEDED_LIMIT).filter_map(text);
    let memory = raw.relocations_at.and_then(|at| AddrRange::new(Addr(at), raw.relocations_len));
    Linking {
        run_paths: run_paths.flat_map(|list| list.split(':').map(String::from).collect::<Vec<_>>()).collect(),
        changes_text: raw.changes_text,
        relocations: memory.and_then(|memory| filled(image, memory)).unwrap_or_default(),
    }
}

/// The dynamic symbols. Their number stands in the hash table; files with only the GNU form of it end the symbols
/// where the names begin, which every linker does though nothing promises it.
fn symbols(bytes: Bytes<'_>, image: &Image, raw: &Raw, names: FileRange) -> Option<SymbolTable> {
    let symbols_at = raw.symbols_at?;
    let counted = raw.hash_at.and_then(|at| bytes.u32(image.offset_of(Addr(at))?.checked_add(4)?));
    let len = match counted {
        Some(count) => u64::from(count) * SYMBOL_LEN,
        None => raw.names_at?.checked_sub(symbols_at)?,
    };
    let entries = filled(image, AddrRange::new(Addr(symbols_at), len)?)?;
    Some(SymbolTable { entries, names, is_full: false })
}

/// The string at `offset` of a string table.
pub(super) fn string(bytes: Bytes<'_>, names: FileRange, offset: u64) -> Option<String> {
    let text = Bytes(names.of(bytes.0)?).cstr(offset)?;
    if text.len() > NAME_LIMIT {
        return None;
    }
    Some(String::from_utf8_lossy(text).into_owned())
}

//! Object files, for tools that change them before they are linked.
//!
//! Nothing has an address yet. Here a byte's address is its place in the file: what the assembler resolved inside a section
//! stays true so, and what is between sections is left to relocations anyway. Zeroed memory is in no file and has none.

use super::{header, header::Header, sections, symbols};
use crate::{
    check::Loader,
    parsed::{Container, Mark, Parsed, Part, Section, Symbol},
    table,
};
use alloc::{format, string::String, vec, vec::Vec};
use ashore_base::{Addr, AddrRange, Bytes};
use ashore_image::{Entry, FileRange, Function, Image, Import, Kind, Segment, StackWish};
use ashore_report::{
    Place, Report,
    table::{MALFORMED, NOT_A_PROGRAM},
};

/// Whether the file is an object file.
pub(crate) fn is_object(bytes: Bytes<'_>) -> bool {
    header::is_object(bytes)
}

/// Reads an object file.
pub(crate) fn read_object(bytes: Bytes<'_>) -> Result<Parsed<'_>, Report> {
    let header = Header { loader: Loader::Machine, ..Header::read_object(bytes)? };
    let (mut sections, symbols) = sections::read(bytes, &header)?;
    sections.retain(|section| section.perms.is_read && section.file.len != 0);
    sections.iter_mut().for_each(|section| section.memory = identity(section.file));
    let segments = segments(&sections)?;
    if segments.is_empty() {
        return Err(NOT_A_PROGRAM.at(Place::offset(header.sections_at), "it is an object file without contents"));
    }
    let image = Image {
        cpu: header.cpu,
        kind: Kind::Library,
        segments,
        entry: Entry::None,
        interpreter: None,
        tls: None,
        needed: Vec::new(),
        headers: None,
        stack: StackWish::default(),
        relro: None,
        dynamic: None,
        notes: Vec::new(),
    };
    let part = Part {
        format: &table::ELF_OBJECT,
        file: FileRange { offset: 0, len: bytes.0.len() as u64 },
        image,
        marks: vec![Mark::OsAbi(header.os_abi)],
        sections,
        symbols,
        unwind: None,
        physical: Vec::new(),
        linking: Default::default(),
    };
    Ok(Parsed { bytes, container: Container::Plain, parts: vec![part], asides: Vec::new(), remarks: Vec::new() })
}

fn identity(file: FileRange) -> AddrRange {
    AddrRange { start: Addr(file.offset), end: Addr(file.end()) }
}

/// The sections that come into memory, in the order of the file.
fn segments(sections: &[Section]) -> Result<Vec<Segment>, Report> {
    let segment = |section: &Section| Segment {
        memory: section.memory,
        file: section.file,
        perms: section.perms,
        align: 1,
        name: Some(String::from(section.name.as_str())),
    };
    let mut segments: Vec<Segment> = sections.iter().map(segment).collect();
    segments.sort_by_key(|segment| segment.memory.start);
    match segments.array_windows().find(|[first, second]| second.memory.start < first.memory.end) {
        Some([first, second]) => {
            let name = |segment: &Segment| segment.name.clone().unwrap_or_default();
            let reason = format!("the sections {} and {} overlap", name(first), name(second));
            Err(MALFORMED.at(Place::offset(second.file.offset), reason))
        }
        None => Ok(segments),
    }
}

/// The symbols with places of the file as their values.
fn rows<'a>(bytes: Bytes<'a>, part: &Part) -> impl Iterator<Item = symbols::Row> + use<'a> {
    let header = Header::read_object(bytes).ok();
    let rows = part.symbols.into_iter().flat_map(move |table| symbols::rows(bytes, table));
    rows.filter_map(move |row| {
        let start = sections::start(bytes, header.as_ref()?, row.section)?;
        Some(symbols::Row { value: start.checked_add(row.value)?, ..row })
    })
}

/// The functions that the symbols name.
pub(crate) fn object_functions(bytes: Bytes<'_>, part: &Part) -> Vec<Function> {
    let found = part.symbols.map(|table| symbols::extents(part, table, rows(bytes, part)));
    found.unwrap_or_default()
}

/// What the symbols name.
pub(crate) fn object_symbols<'a>(bytes: Bytes<'a>, part: &Part) -> Vec<Symbol<'a>> {
    let found = part.symbols.map(|table| symbols::named_memory(bytes, table, rows(bytes, part)));
    found.unwrap_or_default()
}

/// Which libraries complete it is known when it is linked.
pub(crate) fn no_imports(_: Bytes<'_>, _: &Part) -> Result<Vec<Import>, Report> {
    Ok(Vec::new())
}

//! ELF, 64-bit and little-endian: executables and libraries.
//!
//! A file is judged as a kernel judges it: header and program headers decide, and damage there refuses the file. Sections
//! and symbols only help tools, so damage there is a remark. Object files are read for tools that change them only.
//!
//! The `object` crate was considered: it answers a damaged file with a sentence but without the offset a report
//! needs, and what a loader wants of ELF is small.

mod constants;
pub mod core;
mod dynamic;
mod header;
mod notes;
mod object;
mod sections;
mod segments;
mod symbols;
mod unwind;

use crate::{
    check::{self, Loader},
    parsed::{Container, Mark, Parsed, Part},
    table,
};
use alloc::{vec, vec::Vec};
use ashore_base::{AddrRange, Bytes};
use ashore_image::{Entry, FileRange, Image, Kind};
use ashore_report::Report;
use constants::{DF_1_PIE, ELF_MAGIC};
use dynamic::Dynamic;
use header::{FileKind, Header};
use segments::Segments;

pub(crate) use object::{is_object, no_imports, object_functions, object_symbols, read_object};
pub(crate) use symbols::{functions, imports, symbols};

/// Whether the file begins like ELF.
pub(crate) fn recognise(bytes: &[u8]) -> bool {
    bytes.starts_with(ELF_MAGIC)
}

/// Reads a file that begins like ELF.
pub(crate) fn read(bytes: Bytes<'_>) -> Result<Parsed<'_>, Report> {
    read_as(bytes, Loader::System)
}

/// Reads a file that begins like ELF as the loader of a bare machine does.
pub(crate) fn read_bare(bytes: Bytes<'_>) -> Result<Parsed<'_>, Report> {
    read_as(bytes, Loader::Machine)
}

fn read_as(bytes: Bytes<'_>, loader: Loader) -> Result<Parsed<'_>, Report> {
    let header = Header { loader, ..Header::read(bytes)? };
    let mut remarks = Vec::new();
    let part = part(bytes, &header, &mut remarks)?;
    Ok(Parsed { bytes, container: Container::Plain, parts: vec![part], asides: Vec::new(), remarks })
}

/// Reads the program whose ELF header is `head`, which may stand in the file in disguise. Its program headers are `base`
/// bytes further on than it says; the offsets in them count from the start of the file.
pub(crate) fn read_embedded(bytes: Bytes<'_>, head: &[u8], base: u64) -> Result<Part, Report> {
    let header = Header::read(Bytes(head))?.embedded(base);
    part(bytes, &header, &mut Vec::new())
}

/// Reads everything the header leads to.
fn part(bytes: Bytes<'_>, header: &Header, remarks: &mut Vec<Report>) -> Result<Part, Report> {
    let mut found = Segments::read(bytes, header)?;
    remarks.append(&mut found.remarks);
    let (sections, symbols) = sections::read(bytes, header).unwrap_or_else(|damage| {
        remarks.push(damage);
        (Vec::new(), None)
    });
    let mut marks = vec![Mark::OsAbi(header.os_abi)];
    marks.extend(found.tags.iter().map(|&tag| Mark::SegmentTag(tag)));
    let notes = notes::read(bytes, &found.notes, remarks);
    let mut image = Image {
        cpu: header.cpu,
        kind: Kind::Static,
        segments: found.loads,
        entry: if header.entry.is_null() { Entry::None } else { Entry::Start(header.entry) },
        interpreter: found.interpreter,
        tls: found.tls,
        needed: Vec::new(),
        headers: None,
        stack: found.stack,
        relro: found.relro,
        dynamic: found.dynamic.map(|(memory, _)| memory),
        notes,
    };
    let dynamic = match found.dynamic {
        Some((_, file)) => Dynamic::read(bytes, &image, file)?,
        None => Dynamic::default(),
    };
    image.needed = dynamic.needed.clone();
    image.kind = kind(header, &image, &dynamic);
    image.headers = Some(header.table(&image));
    check::entry(&image, header::ENTRY_AT)?;
    let file = FileRange { offset: 0, len: bytes.0.len() as u64 };
    let symbols = symbols.or(dynamic.symbols);
    let (physical, linking) = (found.physical, dynamic.linking);
    Ok(Part { format: &table::ELF, file, image, marks, sections, symbols, unwind: found.unwind, physical, linking })
}

/// How the image wants to be placed and completed.
fn kind(header: &Header, image: &Image, dynamic: &Dynamic) -> Kind {
    let is_complete = image.interpreter.is_none() && image.needed.is_empty();
    match header.kind {
        FileKind::Fixed if is_complete => Kind::Static,
        FileKind::Fixed => Kind::Dynamic,
        FileKind::Movable if image.interpreter.is_some() => Kind::DynamicPie,
        FileKind::Movable if image.entry == Entry::None || dynamic.is_library() => Kind::Library,
        FileKind::Movable if is_complete => Kind::StaticPie,
        FileKind::Movable if dynamic.flags_1 & DF_1_PIE != 0 => Kind::DynamicPie,
        FileKind::Movable => Kind::Library,
    }
}

/// A range of memory that the file fills, as a range of the file.
fn filled(image: &Image, memory: AddrRange) -> Option<FileRange> {
    let segment = image.segment_at(memory.start)?;
    let offset = segment.offset_of(memory.start)?;
    (memory.end <= segment.filled().end).then(|| FileRange { offset, len: memory.len() })
}

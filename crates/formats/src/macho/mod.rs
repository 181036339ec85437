//! Mach-O, 64-bit and little-endian: programs and libraries for one CPU, and universal files that hold several.
//!
//! Load commands are read once, in order; what binds and rebases a program is only noted, since nothing here relocates.

mod commands;
mod constants;
mod header;
mod symbols;
mod universal;

use crate::{
    check,
    parsed::{Container, Linking, Mark, Parsed, Part},
    table,
};
use alloc::{vec, vec::Vec};
use ashore_base::Bytes;
use ashore_image::{Entry, FileRange, Image, Kind, StackWish};
use ashore_report::{Place, Report, table::NOT_A_PROGRAM};
use commands::Commands;
use constants::MAGIC_64;
use header::{FileKind, Header};

pub(crate) use symbols::{functions, imports, symbols};
pub(crate) use universal::{read as read_universal, recognise as recognise_universal};

/// Whether the file begins like a program for one CPU.
pub(crate) fn recognise(bytes: &[u8]) -> bool {
    Bytes(bytes).u32(0) == Some(MAGIC_64)
}

/// Reads a file for one CPU.
pub(crate) fn read(bytes: Bytes<'_>) -> Result<Parsed<'_>, Report> {
    let (part, asides) = part(bytes)?;
    Ok(Parsed { bytes, container: Container::Plain, parts: vec![part], asides, remarks: Vec::new() })
}

/// Reads the program that fills `bytes`, and what else is worth saying about it.
fn part(bytes: Bytes<'_>) -> Result<(Part, Vec<alloc::string::String>), Report> {
    let header = Header::read(bytes)?;
    let mut found = Commands::read(bytes, &header)?;
    if found.segments.is_empty() {
        return Err(NOT_A_PROGRAM.at(Place::offset(0), "no load command asks for memory"));
    }
    check::layout(&mut found.segments, header::COMMANDS_AT)?;
    let (entry, entry_at) = found.entry()?;
    let mut marks = vec![Mark::AppleFormat];
    marks.extend(found.platforms.iter().copied());
    let image = Image {
        cpu: header.cpu,
        kind: kind(&header, &found, entry)?,
        segments: found.segments,
        entry,
        interpreter: found.interpreter,
        tls: found.tls,
        needed: found.needed,
        headers: None,
        stack: StackWish { is_executable: header.is_stack_executable, len: found.stack_len },
        relro: None,
        dynamic: None,
        notes: Vec::new(),
    };
    check::entry(&image, entry_at)?;
    let file = FileRange { offset: 0, len: bytes.0.len() as u64 };
    let Commands { sections, symbols, .. } = found;
    let (physical, linking) = (Vec::new(), Linking::default());
    let part = Part { format: &table::MACHO, file, image, marks, sections, symbols, unwind: None, physical, linking };
    Ok((part, found.asides))
}

fn kind(header: &Header, found: &Commands, entry: Entry) -> Result<Kind, Report> {
    let is_complete = found.interpreter.is_none() && found.needed.is_empty();
    match (header.kind, entry) {
        (FileKind::Library, _) => Ok(Kind::Library),
        (FileKind::Program, Entry::None) => {
            Err(NOT_A_PROGRAM.at(Place::offset(header::COMMANDS_AT), "no load command names where it begins"))
        }
        (FileKind::Program, _) => Ok(match (is_complete, header.is_movable) {
            (true, true) => Kind::StaticPie,
            (true, false) => Kind::Static,
            (false, true) => Kind::DynamicPie,
            (false, false) => Kind::Dynamic,
        }),
    }
}

//! Universal files: several programs side by side, one per CPU.

use super::{constants::*, header, part};
use crate::{
    check,
    parsed::{Container, Parsed, Part},
};
use alloc::{format, string::String, vec::Vec};
use ashore_base::{Bytes, PAGE_SIZE};
use ashore_image::FileRange;
use ashore_report::{
    Place, Report,
    table::{MALFORMED, NO_IMAGE_FOR_CPU, SEGMENT_RANGE},
};

/// More CPUs than were ever in one file. A Java class begins with the same word and a larger number: its version.
const SLICE_LIMIT: u32 = 32;
/// Where the first row begins.
const ROWS_AT: u64 = 8;

/// Whether the file begins like a universal file.
pub(crate) fn recognise(bytes: &[u8]) -> bool {
    matches!(word(Bytes(bytes), 0), Some(UNIVERSAL_32 | UNIVERSAL_64))
        && matches!(word(Bytes(bytes), 4), Some(1..=SLICE_LIMIT))
}

/// Reads every program Ashore knows the CPU of; the others become remarks.
pub(crate) fn read(bytes: Bytes<'_>) -> Result<Parsed<'_>, Report> {
    let is_wide = word(bytes, 0) == Some(UNIVERSAL_64);
    let row_len = if is_wide { 32 } else { 20 };
    let count = u64::from(word(bytes, 4).unwrap_or_default());
    check::range(bytes, ROWS_AT, count * row_len, "the table of programs")?;
    let mut parsed =
        Parsed { bytes, container: Container::Universal, parts: Vec::new(), asides: Vec::new(), remarks: Vec::new() };
    let mut taken: Vec<FileRange> = Vec::new();
    for at in (0..count).map(|index| ROWS_AT + index * row_len) {
        let slice = slice(bytes, at, is_wide)?;
        if let Some(other) = taken.iter().find(|other| other.offset < slice.end() && slice.offset < other.end()) {
            let reason = format!("the programs at {:#x} and {:#x} share bytes", other.offset, slice.offset);
            return Err(MALFORMED.at(Place::offset(at), reason));
        }
        taken.push(slice);
        match header::cpu(at, word(bytes, at).unwrap_or_default()).and_then(|_| program(bytes, slice, at)) {
            Ok((part, asides)) => {
                parsed.asides.extend(asides.iter().map(|aside| format!("{}: {aside}", part.image.cpu)));
                parsed.parts.push(part);
            }
            Err(report) => parsed.remarks.push(report),
        }
    }
    match (parsed.parts.is_empty(), parsed.remarks.pop()) {
        (true, Some(last)) if parsed.remarks.is_empty() => Err(last),
        (true, _) => {
            Err(NO_IMAGE_FOR_CPU.at(Place::offset(ROWS_AT), format!("none of its {count} programs can be read")))
        }
        (false, last) => {
            parsed.remarks.extend(last);
            Ok(parsed)
        }
    }
}

/// The bytes of the program that the row at `at` names.
fn slice(bytes: Bytes<'_>, at: u64, is_wide: bool) -> Result<FileRange, Report> {
    let narrow = |at| word(bytes, at).map(u64::from);
    let wide = |at| bytes.array(at).map(u64::from_be_bytes);
    let pair = if is_wide { (wide(at + 8), wide(at + 16)) } else { (narrow(at + 8), narrow(at + 12)) };
    let (Some(offset), Some(len)) = pair else {
        return Err(MALFORMED.at(Place::offset(at), "a row of the table is cut short"));
    };
    check::range(bytes, offset, len, "the program of one CPU")
}

fn program(bytes: Bytes<'_>, slice: FileRange, at: u64) -> Result<(Part, Vec<String>), Report> {
    if !slice.offset.is_multiple_of(PAGE_SIZE) {
        let reason = format!("its program at {:#x} does not begin on a page", slice.offset);
        return Err(SEGMENT_RANGE.at(Place::offset(at), reason));
    }
    let inner = Bytes(slice.of(bytes.0).unwrap_or_default());
    if !super::recognise(inner.0) {
        return Err(MALFORMED.at(Place::offset(slice.offset), "no program begins here"));
    }
    let (part, asides) = part(inner).map_err(|report| report.shifted(slice.offset))?;
    Ok((part.shifted(slice.offset), asides))
}

/// The big-endian word at `at`.
fn word(bytes: Bytes<'_>, at: u64) -> Option<u32> {
    bytes.array(at).map(u32::from_be_bytes)
}

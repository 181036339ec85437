//! Notes: remarks that tools leave for kernels and debuggers.

use alloc::{format, string::String, vec::Vec};
use ashore_base::Bytes;
use ashore_image::{FileRange, Note};
use ashore_report::{Place, Report, table::MALFORMED};

/// More than any program has; keeps a hostile file from making millions.
const NOTE_LIMIT: usize = 256;
/// Length of the three words before the owner's name.
const HEAD_LEN: u64 = 12;

/// Reads the notes of every stretch. A damaged note ends its stretch with a remark: no loader depends on it.
pub(super) fn read(bytes: Bytes<'_>, stretches: &[(FileRange, u64)], remarks: &mut Vec<Report>) -> Vec<Note> {
    let mut notes = Vec::new();
    for &(stretch, align) in stretches {
        // The gABI asks for 8 in 64-bit files; in practice only stretches of GNU properties do so.
        let align = if align == 8 { 8 } else { 4 };
        let mut at = stretch.offset;
        while at.saturating_add(HEAD_LEN) <= stretch.end() && notes.len() < NOTE_LIMIT {
            match note(bytes, at, stretch.end(), align) {
                Some((note, next)) => {
                    notes.push(note);
                    at = next;
                }
                None => {
                    remarks.push(
                        MALFORMED.at(Place::offset(at), format!("a note passes its end at {:#x}", stretch.end())),
                    );
                    break;
                }
            }
        }
    }
    notes
}

/// The note at `at`, and where the next one begins.
fn note(bytes: Bytes<'_>, at: u64, end: u64, align: u64) -> Option<(Note, u64)> {
    let name_len = u64::from(bytes.u32(at)?);
    let data_len = u64::from(bytes.u32(at + 4)?);
    let kind = bytes.u32(at + 8)?;
    let name_at = at.checked_add(HEAD_LEN)?;
    let data_at = name_at.checked_add(name_len)?.checked_next_multiple_of(align)?;
    let data_end = data_at.checked_add(data_len)?;
    if data_end > end {
        return None;
    }
    let name = bytes.slice(name_at, name_len)?;
    let name = name.split(|&b| b == 0).next().unwrap_or_default();
    let owner = String::from_utf8_lossy(name).into_owned();
    let note = Note { owner, kind, file: FileRange { offset: data_at, len: data_len } };
    Some((note, data_end.checked_next_multiple_of(align)?))
}

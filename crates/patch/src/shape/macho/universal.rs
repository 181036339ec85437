//! The table of a universal file: where each program is. Its numbers are big-endian.

use super::commands::rewrite;
use crate::draft::Draft;
use ashore_base::Bytes;
use ashore_image::FileRange;
use ashore_report::Report;

/// First word of a file with 32-bit and with 64-bit offsets.
const NARROW: u32 = 0xcafe_babe;
const WIDE: u32 = 0xcafe_babf;
/// Sizes of a row.
const NARROW_LEN: u64 = 20;
const WIDE_LEN: u64 = 32;
/// No system has larger pages.
const ALIGN_LOG_MAX: u32 = 20;

/// A row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Row {
    /// Where the row is.
    at: u64,
    is_wide: bool,
    /// The program.
    pub(super) slice: FileRange,
    /// What its place is a multiple of.
    pub(super) align: u64,
}

/// The rows, in the order of the programs; none when the file is no universal one.
pub(super) fn rows(file: &[u8]) -> Vec<Row> {
    let bytes = Bytes(file);
    let word = |at| bytes.array(at).map(u32::from_be_bytes);
    let long = |at| bytes.array(at).map(u64::from_be_bytes);
    let is_wide = match word(0) {
        Some(NARROW) => false,
        Some(WIDE) => true,
        _ => return Vec::new(),
    };
    let row_len = if is_wide { WIDE_LEN } else { NARROW_LEN };
    let row = |index: u64| {
        let at = 8 + index * row_len;
        let (slice, log) = match is_wide {
            true => (FileRange { offset: long(at + 8)?, len: long(at + 16)? }, word(at + 24)?),
            false => (FileRange { offset: word(at + 8)?.into(), len: word(at + 12)?.into() }, word(at + 16)?),
        };
        Some(Row { at, is_wide, slice, align: 1 << log.min(ALIGN_LOG_MAX) })
    };
    let mut rows: Vec<Row> = (0..u64::from(word(4).unwrap_or_default())).map_while(row).collect();
    rows.sort_by_key(|row| row.slice.offset);
    rows
}

/// How many bytes the table takes; none in a file that is no universal one.
pub(super) fn table_len(file: &[u8]) -> u64 {
    rows(file).iter().map(|row| row.at + if row.is_wide { WIDE_LEN } else { NARROW_LEN }).max().unwrap_or(0)
}

impl Row {
    /// Writes where the program is now.
    pub(super) fn write(&self, file: &[u8], draft: &mut Draft, slice: FileRange) -> Result<(), Report> {
        let numbers = [slice.offset, slice.len];
        let raw: Vec<u8> = match self.is_wide {
            true => numbers.iter().flat_map(|long| long.to_be_bytes()).collect(),
            false => numbers.iter().flat_map(|&long| (long as u32).to_be_bytes()).collect(),
        };
        rewrite(file, draft, self.at + 8, &raw, "table of programs")
    }
}

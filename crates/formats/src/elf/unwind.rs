//! The unwinding table, which names every compiled function's extent even in stripped programs.
//!
//! Only the layout every linker writes is read (LSB "eh_frame_hdr": version 1, a sorted table of pairs of 32-bit offsets);
//! an unusual one is as good as none. An extent is believed when the record it leads to names the same start.

use crate::parsed::Part;
use alloc::vec::Vec;
use ashore_base::{Addr, AddrRange, Bytes};
use ashore_image::{FileRange, Function, Image};

/// Version, then the encodings of: the record section's address, the count, the table. In the last two `0x03` is an
/// unsigned 32-bit word and `0x3b` a signed one that counts from the start of the header (DWARF extensions, LSB).
const VERSION: u8 = 1;
const COUNT_ENCODING: u8 = 0x03;
const TABLE_ENCODING: u8 = 0x3b;
/// Where the count and the table are, given that encodings 0x1b and 0x3b take four bytes before them.
const COUNT_AT: u64 = 8;
const TABLE_AT: u64 = 12;
/// Length of a pair.
const PAIR_LEN: usize = 8;
/// Where a record's start and length are: behind its own length and the way to its common part.
const RECORD_START_AT: u64 = 8;
const RECORD_LEN_AT: u64 = 12;
/// No name: a place no file has.
const NO_NAME: u64 = u64::MAX;

/// The functions of the unwinding table.
pub(super) fn functions(bytes: Bytes<'_>, part: &Part) -> Vec<Function> {
    part.unwind.and_then(|file| read(bytes, &part.image, file)).unwrap_or_default()
}

fn read(bytes: Bytes<'_>, image: &Image, file: FileRange) -> Option<Vec<Function>> {
    let [version, _, count_encoding, table_encoding] = bytes.array(file.offset)?;
    if version != VERSION || count_encoding != COUNT_ENCODING || table_encoding != TABLE_ENCODING {
        return None;
    }
    let base = image.addr_of(file.offset)?;
    let table = Bytes(file.of(bytes.0)?);
    let count = u64::from(table.u32(COUNT_AT)?);
    let pairs = table.slice(TABLE_AT, count.checked_mul(PAIR_LEN as u64)?)?;
    let functions = pairs.chunks_exact(PAIR_LEN).filter_map(|pair| {
        let code_at = signed(base, Bytes(pair).u32(0)?);
        let record_at = signed(base, Bytes(pair).u32(4)?);
        Some(Function { code: extent(bytes, image, code_at, record_at)?, name_at: NO_NAME })
    });
    Some(functions.collect())
}

/// The extent of the function at `code_at`, from the record at `record_at`.
fn extent(bytes: Bytes<'_>, image: &Image, code_at: Addr, record_at: Addr) -> Option<AddrRange> {
    let record = image.offset_of(record_at)?;
    let field = record_at.plus(RECORD_START_AT);
    let start = signed(field, bytes.u32(record.checked_add(RECORD_START_AT)?)?);
    let len = bytes.u32(record.checked_add(RECORD_LEN_AT)?)?;
    let code = AddrRange::new(start, len.into())?;
    let segment = image.segment_at(start).filter(|segment| segment.perms.is_exec)?;
    (start == code_at && code.end <= segment.filled().end && !code.is_empty()).then_some(code)
}

/// The address a signed 32-bit offset away.
fn signed(base: Addr, offset: u32) -> Addr {
    Addr(base.0.wrapping_add_signed(i64::from(offset.cast_signed())))
}

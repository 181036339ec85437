//! Go's method records: four offsets of 4 bytes, the last two of which lead to code.
//!
//! A record is recognised by all of its words: a name that is one, a type inside the type data or none, and code. A mere equal
//! value elsewhere in the type data is not taken for one.

use crate::{
    census::{DataKind, DataRef, matches},
    draft::Draft,
    program::Program,
};
use ashore_base::{Addr, Bytes};
use ashore_report::{Place, Report, table::PATCH_REACH};

/// A record: the name, the method's type, and the code for calls through an interface and for other calls.
const RECORD_LEN: u64 = 16;
/// Offsets of the two that lead to code.
const CODE_AT: [u64; 2] = [8, 12];
/// A type that the linker left out because nothing needs it.
const NO_TYPE: u32 = u32::MAX;

/// Functions the runtime enters behind their first instruction, by arithmetic that no census sees: a return address must not
/// be a function's start.
const ENTERED_INSIDE: &[&str] = &["runtime.goexit", "runtime.goexit.abi0"];

/// Why the entry of the function at `addr` must stay as it is, if it must.
pub fn keeps_entry(program: &Program<'_>, addr: Addr) -> Option<&'static str> {
    let name = program.go.and_then(|_| program.name_at(addr))?;
    ENTERED_INSIDE.contains(&name.as_str()).then_some("Go's runtime enters it behind its first instruction")
}

/// The method records that lead to the function at `addr`.
pub fn method_refs(program: &Program<'_>, addr: Addr) -> Vec<DataRef> {
    let Some(table) = program.go else { return Vec::new() };
    let Some(types) = table.types(program.part) else { return Vec::new() };
    let Some(value) = addr.0.checked_sub(table.text().0).and_then(|offset| u32::try_from(offset).ok()) else {
        return Vec::new();
    };
    let Some(segment) = program.part.image.segment_at(types) else { return Vec::new() };
    let Some(start) = segment.offset_of(types) else { return Vec::new() };
    let len = segment.file.end() - start;
    let records = Records { program, types, start, len };
    let found = records.places_of(value).into_iter().filter(|&offset| records.is_method(offset));
    found.map(|offset| DataRef { offset, kind: DataKind::GoMethod, target: addr }).collect()
}

/// The type data.
struct Records<'p, 'a> {
    program: &'p Program<'a>,
    types: Addr,
    start: u64,
    len: u64,
}

impl Records<'_, '_> {
    /// File offsets of the aligned 4-byte words that are `value`.
    fn places_of(&self, value: u32) -> Vec<u64> {
        let bytes = Bytes(self.program.file).slice(self.start, self.len).unwrap_or_default();
        let (words, _) = bytes.as_chunks::<4>();
        let wanted = value.to_le_bytes();
        matches(words, |word| *word == wanted).into_iter().map(|index| self.start + (index * 4) as u64).collect()
    }

    /// Whether the word at `offset` is one of a record's two that lead to code.
    fn is_method(&self, offset: u64) -> bool {
        CODE_AT.iter().any(|&at| offset.checked_sub(at).is_some_and(|record| self.is_record(record)))
    }

    fn is_record(&self, record: u64) -> bool {
        let Some(bytes) = Bytes(self.program.file).array::<{ RECORD_LEN as usize }>(record) else { return false };
        let word = |at| Bytes(&bytes).u32(at).unwrap_or_default();
        let is_code = |offset: u32| match offset {
            0 | u32::MAX => true,
            _ => {
                let addr = self.program.go.map(|table| table.text().plus(offset.into()));
                addr.and_then(|addr| self.program.function_at(addr))
                    .is_some_and(|function| Some(function.start) == addr)
            }
        };
        let is_type = |offset: u32| offset == 0 || offset == NO_TYPE || u64::from(offset) < self.len;
        self.is_name(word(0)) && is_type(word(4)) && CODE_AT.iter().all(|&at| is_code(word(at)))
    }

    /// Whether a name stands `offset` bytes into the type data: flags, its length, and an identifier.
    fn is_name(&self, offset: u32) -> bool {
        let name = || {
            let at = self.program.part.image.offset_of(self.types.plus(offset.into()))?;
            let file = Bytes(self.program.file);
            let (len, len_len) = match file.u8(at.checked_add(1)?)? {
                len @ 0..0x80 => (u64::from(len), 1),
                low => (u64::from(low & 0x7f) | u64::from(file.u8(at.checked_add(2)?)?) << 7, 2),
            };
            core::str::from_utf8(file.slice(at.checked_add(1 + len_len)?, len)?).ok()
        };
        let starts_a_word = |name: &str| name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
        offset != 0 && name().is_some_and(|name| starts_a_word(name) && !name.contains(char::is_whitespace))
    }
}

/// Makes a record's word lead to `target`.
pub fn retarget(program: &Program<'_>, draft: &mut Draft, place: &DataRef, target: Addr) -> Result<(), Report> {
    let text = program.go.map_or(Addr::NULL, |table| table.text());
    let offset = target.0.checked_sub(text.0).and_then(|offset| u32::try_from(offset).ok());
    let Some(offset) = offset else {
        let reason =
            format!("a Go method record cannot name {target}, which lies outside the program's text at {text}");
        return Err(PATCH_REACH.at(Place::offset(place.offset), reason));
    };
    let reason = format!("Go method record to {}", program.describe(target));
    draft.replace(program.file, place.offset, &offset.to_le_bytes(), reason)
}

//! What the line table says about places inside a function: the source line, the size of the frame, what was inlined.
//!
//! Each is a run of pairs along the function's code: how much a value changes and how far the new one reaches. Runs are
//! short; they are read from the start, as the runtime does.

use super::linetable::{LineTable, Release};
use crate::parsed::Part;
use alloc::vec::Vec;
use ashore_base::{Addr, AddrRange};
use ashore_image::FileRange;

/// Fields of a function's record, in bytes behind the word that names it.
const FRAME_RUN: u64 = 12;
const FILE_RUN: u64 = 16;
const LINE_RUN: u64 = 20;
const RUN_COUNT: u64 = 24;
const UNIT: u64 = 28;
/// Where the bytes at the record's end are: 1.20 put the line of the function's start before them.
const TAIL: u64 = 32;
const TAIL_1_20: u64 = 36;
/// The bytes: a number for special functions, flags, a gap, and the count of data.
const FLAGS_IN_TAIL: u64 = 1;
const DATA_COUNT_IN_TAIL: u64 = 3;
const TAIL_LEN: u64 = 4;
/// Flags: nothing called it; it sets the stack pointer to another stack.
const IS_TOP: u8 = 1;
const WRITES_SP: u8 = 2;
/// Which of a function's further runs tells the place in the tree of inlined calls, and which of its data that tree is.
const INLINED_RUN: u64 = 2;
const INLINED_DATA: u64 = 3;
/// A call in the tree: the function's number and padding, its name, the place of the call in the code, its first line.
const CALL_LEN: u64 = 16;
/// No inlining is deeper.
const DEPTH_LIMIT: usize = 64;

/// What the line table knows of a function as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct FunctionTraits {
    /// Nothing called it: a stack ends here.
    pub is_outermost: bool,
    /// It sets the stack pointer to another stack: its frame has no size.
    pub switches_stacks: bool,
}

/// A place in the source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SourcePlace<'a> {
    /// The function's name.
    pub function: &'a [u8],
    /// The path of the file, as the compiler was told it.
    pub file: Option<&'a [u8]>,
    /// The line, from 1.
    pub line: Option<u32>,
    /// Whether its code stands inside that of the next place of the list.
    pub is_inlined: bool,
}

/// One function's record.
#[derive(Clone, Copy)]
struct Record {
    at: u64,
    code: AddrRange,
}

impl<'a> LineTable<'a> {
    /// How many bytes lie between the stack pointer and the return address when the code at `addr` is about to run.
    pub fn frame_len(&self, addr: Addr) -> Option<u64> {
        let record = self.record_at(addr)?;
        u64::try_from(self.value(record, FRAME_RUN, addr)?).ok()
    }

    /// What is known of the function that holds `addr`.
    pub fn traits(&self, addr: Addr) -> Option<FunctionTraits> {
        let record = self.record_at(addr)?;
        let flags = self.bytes.u8(self.tail(record)?.checked_add(FLAGS_IN_TAIL)?)?;
        Some(FunctionTraits { is_outermost: flags & IS_TOP != 0, switches_stacks: flags & WRITES_SP != 0 })
    }

    /// The places in the source of the code at `addr`, innermost first: more than one where calls were inlined.
    pub fn places(&self, part: &Part, addr: Addr) -> Vec<SourcePlace<'a>> {
        let Some(record) = self.record_at(addr) else { return Vec::new() };
        let mut places = Vec::new();
        let mut addr = addr;
        let tree = self.inlined(part, record);
        while let (Some(tree), true) = (tree, places.len() < DEPTH_LIMIT) {
            let Some((name, call)) = self.inlined_at(tree, record, addr) else { break };
            places.push(self.place(record, addr, name));
            addr = call;
        }
        for place in &mut places {
            place.is_inlined = true;
        }
        if let Some(name) = self.bytes.u32(record.at).and_then(|name| self.name_at(name)) {
            places.push(self.place(record, addr, name));
        }
        places
    }

    fn place(&self, record: Record, addr: Addr, function: &'a [u8]) -> SourcePlace<'a> {
        let line = self.value(record, LINE_RUN, addr).and_then(|line| u32::try_from(line).ok());
        let line = line.filter(|line| *line > 0);
        SourcePlace { function, file: self.file(record, addr), line, is_inlined: false }
    }

    fn file(&self, record: Record, addr: Addr) -> Option<&'a [u8]> {
        let number = u64::try_from(self.value(record, FILE_RUN, addr)?).ok()?;
        let unit = self.bytes.u32(record.at.checked_add(UNIT)?)?;
        let index = u64::from(unit).checked_add(number)?;
        let offset = self.bytes.u32(self.units_at.checked_add(index.checked_mul(4)?)?)?;
        let names = self.files.of(self.bytes.0)?;
        let name = names.get(offset as usize..)?.split(|&byte| byte == 0).next()?;
        (!name.is_empty()).then_some(name)
    }

    fn record_at(&self, addr: Addr) -> Option<Record> {
        let index = self.index_of(addr)?;
        let code = self.function(index).filter(|code| code.contains(addr))?;
        Some(Record { at: self.record_of(index)?, code })
    }

    fn tail(&self, record: Record) -> Option<u64> {
        let at = if self.release >= Release::Go1_20 { TAIL_1_20 } else { TAIL };
        record.at.checked_add(at)
    }

    /// The value at `addr` of the run whose offset is in a field of the record.
    fn value(&self, record: Record, field: u64, addr: Addr) -> Option<i32> {
        self.run(record, self.bytes.u32(record.at.checked_add(field)?)?, addr)
    }

    fn run(&self, record: Record, offset: u32, addr: Addr) -> Option<i32> {
        // Offset 0 is that of no run.
        let mut at = self.values_at.checked_add(u64::from((offset != 0).then_some(offset)?))?;
        let (mut value, mut end) = (-1i32, record.code.start);
        let unit = self.unit()?;
        loop {
            let change = self.varint(&mut at)?;
            // A change of nothing ends a run, unless it begins it.
            if change == 0 && end != record.code.start {
                return None;
            }
            // The sign is the lowest bit, and then all bits are turned over.
            let sign = 0u32.wrapping_sub(change & 1);
            value = value.wrapping_add((change >> 1 ^ sign).cast_signed());
            // Each pair reaches further, so that a damaged run ends too.
            let reach = self.varint(&mut at)?;
            end = Addr(end.0.checked_add(u64::from((reach != 0).then_some(reach)?).checked_mul(unit)?)?);
            if addr < end {
                return Some(value);
            }
        }
    }

    fn varint(&self, at: &mut u64) -> Option<u32> {
        let mut value = 0u32;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.bytes.u8(*at)?;
            *at = at.checked_add(1)?;
            value |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// The tree of calls inlined into a function; in the layout of 1.20 only.
    fn inlined(&self, part: &Part, record: Record) -> Option<FileRange> {
        if self.release < Release::Go1_20 {
            return None;
        }
        let tail = self.tail(record)?;
        if u64::from(self.bytes.u8(tail.checked_add(DATA_COUNT_IN_TAIL)?)?) <= INLINED_DATA {
            return None;
        }
        let runs = u64::from(self.bytes.u32(record.at.checked_add(RUN_COUNT)?)?);
        let slot = tail.checked_add(TAIL_LEN + (runs + INLINED_DATA) * 4)?;
        let offset = self.bytes.u32(slot).filter(|offset| *offset != u32::MAX)?;
        let start = part.image.offset_of(self.data_of_functions(part)?.plus(offset.into()))?;
        // How many calls are in it is nowhere written; each is checked when it is read.
        Some(FileRange { offset: start, len: 0 })
    }

    /// The inlined function the code at `addr` belongs to, and where in the code of its caller it is called.
    fn inlined_at(&self, tree: FileRange, record: Record, addr: Addr) -> Option<(&'a [u8], Addr)> {
        let runs = u64::from(self.bytes.u32(record.at.checked_add(RUN_COUNT)?)?);
        let slot = self.tail(record)?.checked_add(TAIL_LEN + INLINED_RUN * 4)?;
        let run = self.bytes.u32((runs > INLINED_RUN).then_some(slot)?)?;
        let index = u64::try_from(self.run(record, run, addr)?).ok()?;
        let call = tree.offset.checked_add(index.checked_mul(CALL_LEN)?)?;
        let name = self.name_at(self.bytes.u32(call.checked_add(4)?)?).filter(|name| !name.is_empty())?;
        let place = record.code.start.plus(self.bytes.u32(call.checked_add(8)?)?.into());
        record.code.contains(place).then_some((name, place))
    }
}

//! Every way a program reaches a function: places in code, words in data, records of linkers and languages.

use crate::{golang, program::Program};
use ashore_base::{Addr, AddrRange, Bytes};
use ashore_isa::{CodeRef, RefKind};
use std::collections::BTreeMap;

/// A word or record in data that leads to an address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct DataRef {
    /// Where in the file.
    pub offset: u64,
    /// What it is.
    pub kind: DataKind,
    /// The address it leads to.
    pub target: Addr,
}

/// What in data leads to an address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DataKind {
    /// A word of 8 bytes that is the address: a function value, a method table, a table of initialisers, a GOT slot.
    Pointer,
    /// A word the loader adds the base to, whatever its encoding; written by the format.
    Rebased,
    /// A relocation whose addend is the address.
    Relocation,
    /// An exported symbol other files bind to.
    Export,
    /// Where the program starts.
    Entry,
    /// A 4-byte offset from the program's header, in a table of initialisers.
    Offset,
    /// A 4-byte offset from the start of the text, in a Go method record: what interfaces and reflection call.
    GoMethod,
}

impl DataKind {
    /// Every kind.
    pub const ALL: &'static [DataKind] = &[
        DataKind::Pointer,
        DataKind::Rebased,
        DataKind::Relocation,
        DataKind::Export,
        DataKind::Entry,
        DataKind::Offset,
        DataKind::GoMethod,
    ];

    /// The words a person reads, for several of them.
    pub const fn words(self) -> &'static str {
        match self {
            DataKind::Pointer => "pointers in data",
            DataKind::Rebased => "pointers the loader completes",
            DataKind::Relocation => "relocations",
            DataKind::Export => "exported symbols",
            DataKind::Entry => "entry point",
            DataKind::Offset => "initialisers",
            DataKind::GoMethod => "Go method records",
        }
    }
}

/// Everything that leads to one address.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Census {
    /// Places in code.
    pub code: Vec<CodeRef>,
    /// Places in data.
    pub data: Vec<DataRef>,
}

impl Census {
    /// Counts everything in `program` that leads to the function at `addr`.
    pub fn of(program: &Program<'_>, addr: Addr) -> Census {
        let code = code(program, entry(addr));
        let mut data = program.shape.data_refs(program, addr);
        data.extend(golang::method_refs(program, addr));
        // A constant of 8 bytes in an instruction is the instruction's, though the word in the file looks like data.
        let in_code = |offset: u64| {
            let at = program.part.image.addr_of(offset).unwrap_or(Addr::NULL);
            code.iter().any(|place| place.at <= at && at.0 - place.at.0 < LONGEST_INSTRUCTION)
        };
        data.retain(|place| !in_code(place.offset));
        data.sort_unstable();
        data.dedup_by_key(|place| place.offset);
        Census { code, data }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.code.len() + self.data.len()
    }

    /// Whether nothing leads there.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many of each kind, those there are none of left out.
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        let code = self.code.iter().map(|place| place.kind.words());
        let mut counts = BTreeMap::new();
        for words in code.chain(self.data.iter().map(|place| place.kind.words())) {
            *counts.entry(words).or_default() += 1;
        }
        counts
    }

    /// How many calls, jumps and branches.
    pub fn branches(&self) -> usize {
        self.code.iter().filter(|place| place.kind < RefKind::Address).count()
    }
}

/// No instruction is longer, on any CPU.
const LONGEST_INSTRUCTION: u64 = 15;

/// The entry of the function at `addr`, as a range to look for.
pub fn entry(addr: Addr) -> AddrRange {
    AddrRange { start: addr, end: addr.plus(1) }
}

/// Every place in code that names an address in `targets`.
///
/// A number in an instruction that equals an address is one only where addresses are numbers: not in a program that its
/// loader places, and not in Go's, whose compiler computes them all.
pub fn code(program: &Program<'_>, targets: AddrRange) -> Vec<CodeRef> {
    let function_at = |addr| program.function_at(addr);
    let has_constants = !program.part.image.kind.is_relocatable() && program.go.is_none();
    let found = program.code().flat_map(|code| program.coder.find(code, targets, &function_at));
    let found = found.filter(|place| has_constants || place.kind != RefKind::Constant).collect();
    program.shape.resolved(program, found)
}

/// File offsets of the aligned 8-byte words in a stretch of the file that are addresses in `targets`.
pub fn words(file: &[u8], offset: u64, len: u64, targets: AddrRange) -> Vec<u64> {
    let Some(bytes) = Bytes(file).slice(offset, len) else { return Vec::new() };
    let skip = (offset.next_multiple_of(8) - offset) as usize;
    let (words, _) = bytes.get(skip..).unwrap_or_default().as_chunks::<8>();
    let is_inside = |word: &[u8; 8]| u64::from_le_bytes(*word).wrapping_sub(targets.start.0) < targets.len();
    let places = match targets.len() {
        // Every CPU compares four halves at once, and few halves are those of an address.
        1 => {
            let low = (targets.start.0 as u32).to_le_bytes();
            let halves = matches(words.as_flattened().as_chunks::<4>().0, |half| *half == low);
            let wholes = halves.into_iter().filter(|half| half % 2 == 0).map(|half| half / 2);
            wholes.filter(|index| words.get(*index).is_some_and(is_inside)).collect()
        }
        _ => matches(words, is_inside),
    };
    places.into_iter().map(|index| offset + (skip + index * 8) as u64).collect()
}

/// Which of `words` are wanted. Whole blocks are looked at without a branch per word, which the compiler turns into vectors.
pub(crate) fn matches<const N: usize>(words: &[[u8; N]], is_wanted: impl Fn(&[u8; N]) -> bool) -> Vec<usize> {
    const BLOCK: usize = 128;
    let mut found = Vec::new();
    for (index, block) in words.chunks(BLOCK).enumerate() {
        if block.iter().fold(0, |any, word| any | u32::from(is_wanted(word))) != 0 {
            let hits = block.iter().enumerate().filter(|(_, word)| is_wanted(word));
            found.extend(hits.map(|(at, _)| index * BLOCK + at));
        }
    }
    found
}

/// File offsets of the words in loaded memory that are addresses in `targets`, whatever they mean.
pub fn loaded_words(program: &Program<'_>, targets: AddrRange) -> Vec<u64> {
    let segments = program.part.image.segments.iter();
    segments.flat_map(|segment| words(program.file, segment.file.offset, segment.file.len, targets)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_at_their_offsets() {
        let mut file = vec![0; 1024];
        for at in [8usize, 16, 512, 1016] {
            file[at..at + 8].copy_from_slice(&0x1234u64.to_le_bytes());
        }
        file[701..709].copy_from_slice(&0x1234u64.to_le_bytes());
        assert_eq!(words(&file, 0, 1024, entry(Addr(0x1234))), [8, 16, 512, 1016]);
        assert_eq!(words(&file, 9, 600, entry(Addr(0x1234))), [16, 512]);
    }
}

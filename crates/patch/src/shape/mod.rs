//! What differs between file formats when a program is changed: one folder per format, one row each in [`table`].

mod elf;
mod macho;
mod object;
mod table;

use crate::{
    census::{self, Census, DataRef},
    draft::Draft,
    names::Name,
    program::Program,
};
use ashore_base::{Addr, AddrRange};
use ashore_formats::Part;
use ashore_image::FileRange;
use ashore_isa::CodeRef;
use ashore_report::{
    Report,
    table::{PATCH_REFUSED, PATCH_UNSUPPORTED},
};

/// Where memory can be added to a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Room {
    /// The address of the first byte of added code.
    pub code: Addr,
    /// The address of the first byte of added data.
    pub data: Addr,
}

/// Memory that is added to a program: at most one stretch of code and one of data.
#[derive(Clone, Default, Debug)]
pub struct Annex {
    /// The code, and constants beside it.
    pub code: Vec<u8>,
    /// The data.
    pub data: Vec<u8>,
    /// Zeroes behind the data.
    pub zeroed_len: u64,
    /// What the tables of a file that is still to be linked get.
    pub added: Added,
}

/// Rows that are added to the tables of a file that is still to be linked.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Added {
    /// Relocations, each with the number of the section it changes.
    pub relocations: Vec<(usize, Vec<u8>)>,
    /// Symbols: name, and what the row has behind it.
    pub symbols: Vec<(String, Vec<u8>)>,
}

/// What must change in a file that is still to be linked so that whoever reaches one function reaches another.
#[derive(Clone, Default, Debug)]
pub struct Relink {
    /// The old function and the new one, which need not be in the file.
    pub ends: [Addr; 2],
    /// What led to the old one.
    pub census: Census,
    /// Places in code to be encoded anew.
    pub moved: Vec<CodeRef>,
    /// Bytes of the tables that become others: where, what, why.
    pub edits: Vec<(u64, Vec<u8>, String)>,
    /// All rows that are added to the tables, those of earlier edits among them.
    pub added: Added,
    /// How many relocations name the new function instead of the old.
    pub moved_relocations: usize,
    /// How many relocations were added.
    pub added_relocations: usize,
    /// How many names that other files see mean the new function.
    pub moved_exports: usize,
    /// How many places in code still lead to the old one.
    pub kept_code: usize,
    /// How many relocations and names still do.
    pub kept_data: usize,
    /// How many words may lead to it, or elsewhere.
    pub unclear: usize,
    /// What was done, a sentence each.
    pub lines: Vec<String>,
}

impl Annex {
    /// Whether nothing is added.
    pub fn is_empty(&self) -> bool {
        self.code.is_empty() && self.data.is_empty() && self.zeroed_len == 0
    }
}

/// A program of the file that is changed, and the memory it gets.
#[derive(Clone, Copy)]
pub struct Changed<'p, 'a> {
    /// The program as it is.
    pub program: &'p Program<'a>,
    /// What is added to it.
    pub annex: &'p Annex,
}

/// Makes sealed bytes, as many as were announced, from the finished rest of the file.
pub type Sealer = Box<dyn Fn(&[u8]) -> Vec<u8> + Send + Sync>;

/// What is left to do when everything else is written.
#[derive(Default)]
pub struct Ending {
    /// What makes the sealed bytes, in the order of the file.
    pub sealers: Vec<Sealer>,
    /// What the person should know.
    pub warnings: Vec<Report>,
}

/// A word of the program that holds an address of a library at run time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Slot {
    /// The word.
    pub at: Addr,
    /// Whether it is a function's.
    pub is_function: bool,
    /// Whether it holds something else until the function was called for the first time.
    pub is_late: bool,
}

/// A function of a library that the program calls by name.
#[derive(Clone, Debug)]
pub struct Import {
    /// The record that names it.
    pub record: Addr,
    /// The words that the loader fills with its address.
    pub words: Vec<Addr>,
    /// What the record becomes once the name means a function of the program.
    pub bound: fn(record: &[u8], target: Addr) -> Vec<u8>,
    /// How long the record is.
    pub len: u64,
}

/// What a function of the program is for those who want to call it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    /// Itself.
    Itself,
    /// It chooses another when the program starts; a word holds that one.
    Other(Slot),
    /// The same, but no word is known.
    Unknown,
}

/// A word that the loader must complete.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rebased {
    /// The word.
    pub at: Addr,
    /// The address it holds once it is completed.
    pub target: Addr,
}

/// The ways of a file format.
pub trait Shape: Sync {
    /// Whether the symbol `symbol` is what a person calls `text`.
    fn spells(&self, symbol: &[u8], text: &[u8]) -> bool;

    /// Every word and record in data that leads to `addr`, those of languages left out.
    fn data_refs(&self, program: &Program<'_>, addr: Addr) -> Vec<DataRef>;

    /// File offsets of the words of loaded memory that are, or are completed to, addresses in `targets`.
    fn words(&self, program: &Program<'_>, targets: AddrRange) -> Vec<u64> {
        census::loaded_words(program, targets)
    }

    /// Those of `places`, found by decoding, whose target the instruction itself tells.
    fn resolved(&self, _program: &Program<'_>, places: Vec<CodeRef>) -> Vec<CodeRef> {
        places
    }

    /// Whether somebody else writes the bytes in `range` later.
    fn check_write(&self, _program: &Program<'_>, _range: AddrRange) -> Result<(), Report> {
        Ok(())
    }

    /// How the first of two functions is redirected to the second in a file that is still to be linked, beside what `added` has
    /// already; none for files that are linked.
    fn relink(&self, _program: &Program<'_>, _added: &Added, _names: [&Name; 2]) -> Option<Result<Relink, Report>> {
        None
    }

    /// Makes `place` lead to `target`.
    fn retarget(&self, program: &Program<'_>, draft: &mut Draft, place: &DataRef, target: Addr) -> Result<(), Report>;

    /// The stretches of the file that tell how it is read: no code, whatever a segment says.
    fn headers(&self, program: &Program<'_>) -> Vec<FileRange>;

    /// Where memory can be added.
    fn room(&self, program: &Program<'_>) -> Result<Room, Report>;

    /// The word that holds the address of `name`, which a library defines.
    fn import(&self, _program: &Program<'_>, _name: &[u8]) -> Option<Slot> {
        None
    }

    /// The records that import a function called `name`, one for each version of it.
    fn imported(&self, _program: &Program<'_>, _name: &[u8]) -> Vec<Import> {
        Vec::new()
    }

    /// What the function at `addr` is for its callers.
    fn choice(&self, _program: &Program<'_>, _addr: Addr) -> Choice {
        Choice::Itself
    }

    /// Makes the loader complete `words`, which are words of `annex`; the annex may grow by code.
    fn rebase(
        &self,
        program: &Program<'_>,
        _draft: &mut Draft,
        _annex: &mut Annex,
        words: &[Rebased],
    ) -> Result<(), Report> {
        let place = words.first().map_or(Addr::NULL, |word| word.at);
        let reason =
            format!("an added word must hold an address, and {} loaders cannot be told", program.part.format.name);
        Err(PATCH_REFUSED.at(place, reason).note("avoid pointers in the object's variables, or compile with -fPIC"))
    }

    /// Adds `annex` at the addresses that [`Shape::room`] told.
    fn attach(&self, program: &Program<'_>, draft: &mut Draft, annex: &Annex) -> Result<(), Report>;

    /// The stretches of `part` that hold instructions: all that can be run, unless the format knows better.
    fn code(&self, _file: &[u8], part: &Part) -> Vec<FileRange> {
        part.image.code().map(|segment| segment.file).collect()
    }

    /// Whether everything that leads to code can be found and changed.
    fn check(&self, _program: &Program<'_>) -> Result<(), Report> {
        Ok(())
    }

    /// Completes the draft of all changed programs of the file: reserves a place for the manifest, whose length `manifest_len`
    /// tells for a draft, and does what depends on it.
    fn finish(
        &self,
        changed: &[Changed<'_, '_>],
        draft: &mut Draft,
        manifest_len: &dyn Fn(&Draft) -> u64,
    ) -> Result<Ending, Report> {
        let end = changed.first().map_or(0, |changed| changed.program.file.len() as u64);
        draft.reserve(end, manifest_len(draft));
        Ok(Ending::default())
    }

    /// Whether what is sealed in the finished file fits the rest of it.
    fn check_seal(&self, _program: &Program<'_>) -> Result<(), Report> {
        Ok(())
    }
}

/// The ways of the format of `part`.
pub fn of(part: &Part) -> Result<&'static dyn Shape, Report> {
    let row = table::SHAPES.iter().find(|row| row.format == part.format.name);
    let refused = || PATCH_UNSUPPORTED.because(format!("{} files cannot be changed yet", part.format.name));
    row.map(|row| row.shape).ok_or_else(refused)
}

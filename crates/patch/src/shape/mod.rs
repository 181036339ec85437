//! What differs between file formats when a program is changed: one folder per format, one row each in [`table`].

mod elf;
mod table;

use crate::{census::DataRef, draft::Draft, program::Program};
use ashore_base::Addr;
use ashore_formats::Part;
use ashore_report::{Report, table::PATCH_UNSUPPORTED};

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
}

impl Annex {
    /// Whether nothing is added.
    pub fn is_empty(&self) -> bool {
        self.code.is_empty() && self.data.is_empty() && self.zeroed_len == 0
    }
}

/// The ways of a file format.
pub trait Shape: Sync {
    /// Whether the symbol `symbol` is what a person calls `text`.
    fn spells(&self, symbol: &[u8], text: &[u8]) -> bool;

    /// Every word and record in data that leads to `addr`, those of languages left out.
    fn data_refs(&self, program: &Program<'_>, addr: Addr) -> Vec<DataRef>;

    /// Makes `place` lead to `target`.
    fn retarget(&self, program: &Program<'_>, draft: &mut Draft, place: &DataRef, target: Addr) -> Result<(), Report>;

    /// Where memory can be added.
    fn room(&self, program: &Program<'_>) -> Result<Room, Report>;

    /// Adds `annex` at the addresses that [`Shape::room`] told.
    fn attach(&self, program: &Program<'_>, draft: &mut Draft, annex: &Annex) -> Result<(), Report>;
}

/// The ways of the format of `part`.
pub fn of(part: &Part) -> Result<&'static dyn Shape, Report> {
    let row = table::SHAPES.iter().find(|row| row.format == part.format.name);
    let refused = || PATCH_UNSUPPORTED.because(format!("{} files cannot be changed yet", part.format.name));
    row.map(|row| row.shape).ok_or_else(refused)
}

//! File formats: bytes in, [`Parsed`] out, one folder per format, and what can be learnt about a program from its bytes.
//!
//! [`read`] asks the rows of [`table`] who knows the file. The result holds one [`Part`] per program in the file; a part
//! is an [`Image`] for the loader plus what is worth knowing beside it. [`detect()`] decides which system a part is for,
//! [`functions`] finds the function around an address, [`hints`] tells the language and tools.
//!
//! Input is hostile: nothing here panics or allocates by a number the file names without checking it against the file's
//! length. A file that must not be loaded gives one report with the offset that says why; damage that no loader
//! depends on becomes a remark. Nothing here opens files, relocates or writes memory.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod ape;
pub mod boot;
mod check;
pub mod cpio;
pub mod detect;
pub mod elf;
mod flat;
mod functions;
pub mod golang;
pub mod hints;
mod macho;
mod parsed;
pub mod table;

pub use detect::{Detection, detect};
pub use flat::read_raw;
pub use functions::{Functions, functions};
pub use hints::hints;
pub use parsed::{Binding, Container, Linking, Mark, Parsed, Part, Section, Symbol, SymbolTable, Version};

use ashore_base::Bytes;
use ashore_report::{Place, Report, table::UNKNOWN_FORMAT};

#[cfg(doc)]
use ashore_image::Image;

/// Reads a program file as the loader of a bare machine does: nothing need fit pages or the addresses of programs.
pub fn read_bare(bytes: &[u8]) -> Result<Parsed<'_>, Report> {
    if elf::recognise(bytes) { elf::read_bare(Bytes(bytes)) } else { read(bytes) }
}

/// Reads a program file, or an object file that is still to be linked: for tools, as nothing runs these.
pub fn read_unlinked(bytes: &[u8]) -> Result<Parsed<'_>, Report> {
    if elf::is_object(Bytes(bytes)) { elf::read_object(Bytes(bytes)) } else { read(bytes) }
}

/// Reads a program file of any known format.
pub fn read(bytes: &[u8]) -> Result<Parsed<'_>, Report> {
    if let Some(row) = table::reader_of(bytes) {
        return (row.read)(Bytes(bytes));
    }
    if let Some(row) = table::STRANGERS.iter().find(|row| bytes.starts_with(row.magic)) {
        return Err(row.diagnosis.at(Place::offset(0), row.words));
    }
    let reason = match bytes.get(..4) {
        None if bytes.is_empty() => "the file is empty".into(),
        None => alloc::format!("the file has only {} bytes", bytes.len()),
        Some(start) => alloc::format!("it begins with {start:02x?}"),
    };
    Err(UNKNOWN_FORMAT.at(Place::offset(0), reason))
}

//! Instructions: one row each, by class, with encoding, meaning and text.
//!
//! A row's pattern has one character for each bit, the highest first: `0` and `1` are fixed, a letter belongs to a field of
//! that letter (the text's templates name fields by letter), blanks are for the reader. A class is a folder: its `table` has
//! the rows, the files beside it what they mean. Adding an instruction is a row, and a function if no other has its shape.
//!
//! Encodings are those of the Arm Architecture Reference Manual (DDI 0487), chapter C4. What is not in a row, and what a
//! row's meaning refuses, is not allocated: it traps as illegal.

mod atomic;
mod branch;
mod crypto;
mod decode;
mod feature;
mod float;
mod integer;
mod lift;
mod memory;
mod pattern;
mod simd;
mod system;
mod text;

pub(super) use float::javascript;

pub use decode::Decoder;
pub(super) use feature::parts;
pub use feature::{Feature, Features};
pub use pattern::{Pattern, Row};
pub use text::{Reader, disassemble, preferred};

/// The classes: a name and its rows.
pub static CLASSES: &[(&str, &[Row])] = &[
    ("integer", integer::ROWS),
    ("branch", branch::ROWS),
    ("system", system::ROWS),
    ("memory", memory::ROWS),
    ("atomic", atomic::ROWS),
    ("float", float::ROWS),
    ("simd", simd::ROWS),
    ("crypto", crypto::ROWS),
];

#[cfg(test)]
mod tests;

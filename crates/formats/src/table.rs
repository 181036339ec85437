//! The formats Ashore reads, and the ones it only knows by name.

use crate::{Parsed, Part, elf};
use alloc::vec::Vec;
use ashore_base::Bytes;
use ashore_image::{Function, Import};
use ashore_report::{
    Diagnosis, Report,
    table::{FOREIGN_FORMAT, NOT_A_PROGRAM},
};

/// A format that is read.
#[derive(Debug)]
pub struct Format {
    /// Its name, as people write it.
    pub name: &'static str,
    /// Whether the file begins like this format. The first row that says yes reads the file.
    pub recognise: fn(&[u8]) -> bool,
    /// Reads the file.
    pub read: for<'a> fn(Bytes<'a>) -> Result<Parsed<'a>, Report>,
    /// The functions the symbol table of a part names, in any order.
    pub functions: fn(Bytes<'_>, &Part) -> Vec<Function>,
    /// What a part wants from libraries.
    pub imports: fn(Bytes<'_>, &Part) -> Result<Vec<Import>, Report>,
}

/// Every format that is read.
pub static FORMATS: &[Format] = &[ELF];

/// The executable and linkable format of the System V ABI.
pub const ELF: Format = Format {
    name: "ELF",
    recognise: elf::recognise,
    read: elf::read,
    functions: elf::functions,
    imports: elf::imports,
};

/// A format that is known only so that the refusal is clear.
#[derive(Debug)]
pub struct Stranger {
    /// The first bytes.
    pub magic: &'static [u8],
    /// What the file is.
    pub words: &'static str,
    /// What is wrong with it.
    pub diagnosis: &'static Diagnosis,
}

/// Known strangers.
pub static STRANGERS: &[Stranger] = &[
    Stranger { magic: b"MZ", words: "a Windows or DOS program (PE)", diagnosis: &FOREIGN_FORMAT },
    Stranger { magic: b"\0asm", words: "a WebAssembly module", diagnosis: &FOREIGN_FORMAT },
    Stranger { magic: b"!<arch>\n", words: "a static library (ar archive)", diagnosis: &NOT_A_PROGRAM },
    Stranger { magic: b"!<thin>\n", words: "a thin static library (ar archive)", diagnosis: &NOT_A_PROGRAM },
    Stranger { magic: b"\x64\xaa", words: "a COFF object for AArch64", diagnosis: &NOT_A_PROGRAM },
    Stranger { magic: b"\x64\x86", words: "a COFF object for x86-64", diagnosis: &NOT_A_PROGRAM },
    Stranger { magic: b"\x01\xf7", words: "a 64-bit AIX program (XCOFF)", diagnosis: &FOREIGN_FORMAT },
    Stranger { magic: b"\x00\x00\x8a\x97", words: "a Plan 9 program for x86-64", diagnosis: &FOREIGN_FORMAT },
    Stranger { magic: b"\xce\xfa\xed\xfe", words: "a 32-bit Mach-O file", diagnosis: &FOREIGN_FORMAT },
    Stranger { magic: b"\xfe\xed\xfa", words: "a big-endian Mach-O file", diagnosis: &FOREIGN_FORMAT },
    Stranger { magic: b"#!", words: "a script; its first line names the program to run", diagnosis: &NOT_A_PROGRAM },
    Stranger { magic: b"\x1f\x8b", words: "a gzip archive", diagnosis: &NOT_A_PROGRAM },
    Stranger { magic: b"PK\x03\x04", words: "a zip archive", diagnosis: &NOT_A_PROGRAM },
];

//! The formats Ashore reads, and the ones it only knows by name.

use crate::{Parsed, Part, Symbol, ape, elf, flat, macho};
use alloc::vec::Vec;
use ashore_base::Bytes;
use ashore_image::{Function, Import};
use ashore_report::{
    Diagnosis, Report,
    table::{FOREIGN_FORMAT, NOT_A_PROGRAM},
};

/// A kind of file that is read.
#[derive(Debug)]
pub struct Reader {
    /// Its name, as people write it.
    pub name: &'static str,
    /// Whether the file begins like this kind. The first row that says yes reads the file.
    pub recognise: fn(&[u8]) -> bool,
    /// Reads the file.
    pub read: for<'a> fn(Bytes<'a>) -> Result<Parsed<'a>, Report>,
}

/// Every kind of file that is read. Their beginnings differ, so the order does not matter.
pub static READERS: &[Reader] = &[
    Reader { name: "ELF", recognise: elf::recognise, read: elf::read },
    Reader { name: "Mach-O", recognise: macho::recognise, read: macho::read },
    Reader { name: "Mach-O universal", recognise: macho::recognise_universal, read: macho::read_universal },
    Reader { name: "arm64 Image", recognise: flat::recognise, read: flat::read },
    Reader { name: "APE", recognise: ape::recognise, read: ape::read },
];

/// What reads a file that begins so.
pub fn reader_of(start: &[u8]) -> Option<&'static Reader> {
    READERS.iter().find(|row| (row.recognise)(start))
}

/// A format of the programs inside files.
#[derive(Debug)]
pub struct Format {
    /// Its name, as people write it.
    pub name: &'static str,
    /// The functions that a part's symbols, or else its unwinding records, tell of, in any order.
    pub functions: fn(Bytes<'_>, &Part) -> Vec<Function>,
    /// The symbols a part defines, in the order of its table.
    pub symbols: for<'a> fn(Bytes<'a>, &Part) -> Vec<Symbol<'a>>,
    /// What a part wants from libraries.
    pub imports: fn(Bytes<'_>, &Part) -> Result<Vec<Import>, Report>,
    /// Whether only a bare machine runs it: it says nothing about itself, it is copied to memory and jumped to.
    pub is_flat: bool,
}

/// The executable and linkable format of the System V ABI.
pub static ELF: Format =
    Format { name: "ELF", functions: elf::functions, symbols: elf::symbols, imports: elf::imports, is_flat: false };

/// The same before it is linked. A byte's address is its place in the file.
pub static ELF_OBJECT: Format = Format {
    name: "ELF object",
    functions: elf::object_functions,
    symbols: elf::object_symbols,
    imports: elf::no_imports,
    is_flat: false,
};

/// Apple's format.
pub static MACHO: Format = Format {
    name: "Mach-O",
    functions: macho::functions,
    symbols: macho::symbols,
    imports: macho::imports,
    is_flat: false,
};

/// A kernel as arm64 boot loaders take it (Linux, `Documentation/arch/arm64/booting.rst`).
pub static ARM64_IMAGE: Format = Format {
    name: "arm64 Image",
    functions: flat::functions,
    symbols: flat::symbols,
    imports: flat::imports,
    is_flat: true,
};

/// Memory contents and nothing else.
pub static RAW: Format =
    Format { name: "raw", functions: flat::functions, symbols: flat::symbols, imports: flat::imports, is_flat: true };

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
    Stranger { magic: b"\xca\xfe\xba\xbe\0\0\0", words: "a Java class", diagnosis: &FOREIGN_FORMAT },
    Stranger { magic: b"#!", words: "a script; its first line names the program to run", diagnosis: &NOT_A_PROGRAM },
    Stranger { magic: b"\x1f\x8b", words: "a gzip archive", diagnosis: &NOT_A_PROGRAM },
    Stranger { magic: b"PK\x03\x04", words: "a zip archive", diagnosis: &NOT_A_PROGRAM },
];

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;

    #[test]
    fn readers_and_strangers_are_told_apart() {
        assert_eq!(READERS.iter().map(|row| row.name).collect::<BTreeSet<_>>().len(), READERS.len());
        assert_eq!(STRANGERS.iter().map(|row| row.magic).collect::<BTreeSet<_>>().len(), STRANGERS.len());
        for stranger in STRANGERS {
            assert!(!READERS.iter().any(|row| (row.recognise)(stranger.magic)), "{}", stranger.words);
        }
    }
}

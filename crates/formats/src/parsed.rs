//! What a file turned out to be.

use crate::table::Format;
use alloc::{string::String, vec::Vec};
use ashore_base::{Addr, AddrRange, Bytes, Cpu};
use ashore_image::{FileRange, Image, Import, Perms};
use ashore_report::Report;
use core::fmt;

/// A program file that was understood.
#[derive(Debug)]
pub struct Parsed<'a> {
    /// The whole file.
    pub bytes: Bytes<'a>,
    /// What holds the parts.
    pub container: Container,
    /// The programs in it, at least one, in the order of the file.
    pub parts: Vec<Part>,
    /// What else the file holds, one sentence each.
    pub asides: Vec<String>,
    /// Damage that no loader depends on, and parts that were passed over.
    pub remarks: Vec<Report>,
}

/// What holds the programs of a file together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Container {
    /// Nothing: the file is the program.
    Plain,
    /// One program per CPU.
    Universal,
    /// One program per CPU behind a shell script, for several systems at once.
    Portable,
}

impl Container {
    /// The words a person reads.
    pub const fn words(self) -> &'static str {
        match self {
            Container::Plain => "plain",
            Container::Universal => "universal",
            Container::Portable => "portable (APE)",
        }
    }
}

impl Parsed<'_> {
    /// The part for `cpu`.
    pub fn part_for(&self, cpu: Cpu) -> Option<&Part> {
        self.parts.iter().find(|part| part.image.cpu == cpu)
    }

    /// The symbols `part` defines.
    pub fn symbols(&self, part: &Part) -> Vec<Symbol<'_>> {
        (part.format.symbols)(self.bytes, part)
    }

    /// What `part` wants from libraries.
    pub fn imports(&self, part: &Part) -> Result<Vec<Import>, Report> {
        (part.format.imports)(self.bytes, part)
    }
}

/// One program of a file.
#[derive(Debug)]
pub struct Part {
    /// Its format.
    pub format: &'static Format,
    /// The bytes of the file that belong to it.
    pub file: FileRange,
    /// What a loader needs.
    pub image: Image,
    /// What its header says about the system it is for.
    pub marks: Vec<Mark>,
    /// Its sections; empty when the table is missing or damaged. Only tools use them.
    pub sections: Vec<Section>,
    /// Where its symbols are.
    pub symbols: Option<SymbolTable>,
    /// The index of its unwinding records.
    pub unwind: Option<FileRange>,
    /// Segments that a machine is to load elsewhere than the program sees them: where it sees them, where they go.
    pub physical: Vec<(AddrRange, Addr)>,
    /// What its dynamic table asks of a linker beside the libraries.
    pub linking: Linking,
}

/// What a dynamic table asks of whoever links the program when it starts.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Linking {
    /// Directories to look for libraries in, as the file spells them.
    pub run_paths: Vec<String>,
    /// Whether memory that is not writable must be changed.
    pub changes_text: bool,
    /// The relocations, as the file holds them.
    pub relocations: FileRange,
}

impl Part {
    /// The first section called `name`.
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// Where a machine loads what the program sees at `addr`.
    pub fn physical(&self, addr: Addr) -> Addr {
        let moved = self.physical.iter().find(|(seen, _)| seen.contains(addr));
        moved.map_or(addr, |(seen, to)| to.plus(addr.0.wrapping_sub(seen.start.0)))
    }

    /// The part as it stands in a file that holds it from offset `base` on.
    pub(crate) fn shifted(mut self, base: u64) -> Part {
        let image = &mut self.image;
        let ranges = core::iter::once(&mut self.file)
            .chain(image.segments.iter_mut().map(|segment| &mut segment.file))
            .chain(image.tls.iter_mut().map(|tls| &mut tls.file))
            .chain(image.headers.iter_mut().map(|headers| &mut headers.file))
            .chain(image.notes.iter_mut().map(|note| &mut note.file))
            .chain(self.unwind.as_mut())
            .chain(core::iter::once(&mut self.linking.relocations))
            .chain(self.sections.iter_mut().map(|section| &mut section.file))
            .chain(self.symbols.iter_mut().flat_map(|table| [&mut table.entries, &mut table.names]));
        for range in ranges {
            range.offset = range.offset.saturating_add(base);
        }
        self
    }
}

/// What a header says about the system a program is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    /// The operating-system byte of the identification.
    OsAbi(u8),
    /// A kind of program header that only some systems have.
    SegmentTag(u32),
    /// The file is made for several systems at once, Linux among them.
    Portable,
    /// The format exists on one family of systems only.
    AppleFormat,
    /// The platform number the linker recorded, the oldest release it runs on, and the kit it was built with.
    Platform {
        /// The number.
        id: u32,
        /// The oldest release.
        oldest: Version,
        /// The kit.
        kit: Version,
    },
    /// The boot header of an arm64 kernel.
    Boot {
        /// How far from a multiple of 2 MiB it is to be loaded.
        text_offset: u64,
        /// How much memory it takes, zero fill included; 0 in old kernels.
        image_len: u64,
        /// Byte order, page size and placement.
        flags: u64,
    },
}

/// A version in three numbers, packed as 16, 8 and 8 bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Version(pub u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 >> 16, self.0 >> 8 & 0xff)?;
        match self.0 & 0xff {
            0 => Ok(()),
            patch => write!(f, ".{patch}"),
        }
    }
}

/// A named stretch of a program, for tools.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Section {
    /// Its name; formats with two names join them by a comma.
    pub name: String,
    /// Where it is in memory; empty when it is not.
    pub memory: AddrRange,
    /// Its bytes in the file; empty for zero fill.
    pub file: FileRange,
    /// What may be done with it.
    pub perms: Perms,
    /// The alignment it asks for, at least 1.
    pub align: u64,
    /// Whether it is a pool of strings, in which nothing needs an alignment.
    pub holds_strings: bool,
}

/// Who sees a symbol, and which of two wins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Binding {
    /// Only the object file it came from.
    Local,
    /// Everybody; gives way to a strong one of its name.
    Weak,
    /// Everybody.
    Strong,
}

impl Binding {
    /// The word a person reads and writes.
    pub const fn word(self) -> &'static str {
        match self {
            Binding::Local => "local",
            Binding::Weak => "weak",
            Binding::Strong => "strong",
        }
    }
}

/// A defined symbol, as its table has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Symbol<'a> {
    /// Its name; not necessarily text.
    pub name: &'a [u8],
    /// What it names; the length is 0 where the table has none.
    pub memory: AddrRange,
    /// Who sees it.
    pub binding: Binding,
    /// Whether the table calls it a function. Formats that do not say call all code functions.
    pub is_function: bool,
}

/// Where a symbol table and its names are. Reading it is left until somebody asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SymbolTable {
    /// The entries.
    pub entries: FileRange,
    /// The names.
    pub names: FileRange,
    /// Whether it names everything, not only what dynamic linking needs: there one name may stand for several versions.
    pub is_full: bool,
}

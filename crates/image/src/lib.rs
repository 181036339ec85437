//! What of a program is mapped where: an [`Image`] is the loader's view of a program, without the name of any file format.
//!
//! An image owns no contents. Segments, notes and the thread-local template are [`FileRange`]s into the bytes of the file
//! they came from, so that a program of any size costs the same to describe and a loader can map the file itself.
//! Symbols are not part of it: they are looked up through [`FunctionIndex`], which reads a table only when asked.
//!
//! Addresses are the file's own. For an image that [`Kind::is_relocatable`] they count from the base the loader chooses.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod functions;
mod segment;

use alloc::{string::String, vec::Vec};
use ashore_base::{Addr, AddrRange, Cpu};

pub use functions::{Function, FunctionIndex, FunctionList, NoFunctions};
pub use segment::{FileRange, Perms, Segment};

/// How an image wants to be placed and completed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// Complete, at the addresses it names.
    Static,
    /// Complete, at any base; relocates itself.
    StaticPie,
    /// Needs libraries, at the addresses it names.
    Dynamic,
    /// Needs libraries, at any base.
    DynamicPie,
    /// A library, at any base; not a program.
    Library,
}

impl Kind {
    /// Whether the loader chooses the base address.
    pub const fn is_relocatable(self) -> bool {
        match self {
            Kind::StaticPie | Kind::DynamicPie | Kind::Library => true,
            Kind::Static | Kind::Dynamic => false,
        }
    }

    /// Whether it runs without anybody binding libraries to it.
    pub const fn is_static(self) -> bool {
        match self {
            Kind::Static | Kind::StaticPie => true,
            Kind::Dynamic | Kind::DynamicPie | Kind::Library => false,
        }
    }

    /// The words a person reads.
    pub const fn words(self) -> &'static str {
        match self {
            Kind::Static => "static",
            Kind::StaticPie => "static, position-independent",
            Kind::Dynamic => "dynamic",
            Kind::DynamicPie => "dynamic, position-independent",
            Kind::Library => "library",
        }
    }
}

/// How a program begins.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Entry {
    /// Jumped to, with the system's start-up stack and registers.
    Start(Addr),
    /// Called as the C function `main` once libraries are ready.
    Main(Addr),
    /// It does not begin: a library.
    None,
}

impl Entry {
    /// The first address to run, if there is one.
    pub const fn addr(self) -> Option<Addr> {
        match self {
            Entry::Start(addr) | Entry::Main(addr) => Some(addr),
            Entry::None => None,
        }
    }
}

/// The initial contents of each thread's local variables.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TlsTemplate {
    /// Where the template lies in memory; its length is the whole block, zero fill included.
    pub memory: AddrRange,
    /// Its initialised part in the file.
    pub file: FileRange,
    /// The alignment every thread's copy must have.
    pub align: u64,
}

/// The table that describes the segments to the program itself (`AT_PHDR`, `AT_PHNUM`, `AT_PHENT`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct HeaderTable {
    /// Where it lies in memory, when a segment maps it.
    pub addr: Option<Addr>,
    /// Where it lies in the file.
    pub file: FileRange,
    /// How many rows it has.
    pub count: u64,
    /// The size of a row in bytes.
    pub row_len: u64,
}

/// A remark a tool left in the program, read by kernels and debuggers.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Note {
    /// Whose numbering `kind` belongs to.
    pub owner: String,
    /// What the remark is about.
    pub kind: u32,
    /// Its contents in the file.
    pub file: FileRange,
}

/// A name the program wants from a library.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Import {
    /// The name, as the library spells it.
    pub name: String,
    /// The library it is expected in, where the file says so.
    pub library: Option<String>,
    /// Whether the program runs without it.
    pub is_weak: bool,
}

/// The stack the program asks for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct StackWish {
    /// Whether code on the stack must run.
    pub is_executable: bool,
    /// The size wanted, in bytes, if any.
    pub len: Option<u64>,
}

/// One program for one CPU, as a loader needs it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Image {
    /// The CPU its code is for.
    pub cpu: Cpu,
    /// How it wants to be placed and completed.
    pub kind: Kind,
    /// What is mapped where, sorted by address, never overlapping, empty ones left out.
    pub segments: Vec<Segment>,
    /// How it begins. The address is inside an executable segment.
    pub entry: Entry,
    /// The program that completes it, by path.
    pub interpreter: Option<String>,
    /// The initial thread-local block.
    pub tls: Option<TlsTemplate>,
    /// The libraries it names, in order.
    pub needed: Vec<String>,
    /// The table that describes its segments.
    pub headers: Option<HeaderTable>,
    /// The stack it asks for.
    pub stack: StackWish,
    /// What becomes read-only once relocated.
    pub relro: Option<AddrRange>,
    /// The dynamic linking table in memory.
    pub dynamic: Option<AddrRange>,
    /// The remarks tools left.
    pub notes: Vec<Note>,
}

impl Image {
    /// The memory from the first to the last segment, rounded to nothing; empty for an image without segments.
    pub fn span(&self) -> AddrRange {
        match (self.segments.first(), self.segments.last()) {
            (Some(first), Some(last)) => AddrRange { start: first.memory.start, end: last.memory.end },
            _ => AddrRange::default(),
        }
    }

    /// The segment that holds `addr`.
    pub fn segment_at(&self, addr: Addr) -> Option<&Segment> {
        let after = self.segments.partition_point(|segment| segment.memory.start <= addr);
        let segment = self.segments.get(after.checked_sub(1)?)?;
        segment.memory.contains(addr).then_some(segment)
    }

    /// The file offset of the byte at `addr`, unless it is zero fill or unmapped.
    pub fn offset_of(&self, addr: Addr) -> Option<u64> {
        self.segment_at(addr)?.offset_of(addr)
    }

    /// The address of the byte at file offset `offset`, if a segment maps it.
    pub fn addr_of(&self, offset: u64) -> Option<Addr> {
        let segment = self.segments.iter().find(|segment| segment.file.contains(offset))?;
        Some(segment.memory.start.plus(offset - segment.file.offset))
    }

    /// The segments whose bytes run.
    pub fn code(&self) -> impl Iterator<Item = &Segment> {
        self.segments.iter().filter(|segment| segment.perms.is_exec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn image() -> Image {
        let text = Segment {
            memory: AddrRange::new(Addr(0x1000), 0x100).unwrap(),
            file: FileRange { offset: 0, len: 0x100 },
            perms: Perms { is_read: true, is_write: false, is_exec: true },
            align: 0x1000,
            name: None,
        };
        let data = Segment {
            memory: AddrRange::new(Addr(0x3000), 0x200).unwrap(),
            file: FileRange { offset: 0x100, len: 0x80 },
            perms: Perms { is_read: true, is_write: true, is_exec: false },
            align: 0x1000,
            name: None,
        };
        Image {
            cpu: Cpu::X86_64,
            kind: Kind::Static,
            segments: vec![text, data],
            entry: Entry::Start(Addr(0x1000)),
            interpreter: None,
            tls: None,
            needed: vec![],
            headers: None,
            stack: StackWish::default(),
            relro: None,
            dynamic: None,
            notes: vec![],
        }
    }

    #[test]
    fn addresses_map_to_the_file_and_back() {
        let image = image();
        assert_eq!(image.offset_of(Addr(0x1010)), Some(0x10));
        assert_eq!(image.offset_of(Addr(0x3010)), Some(0x110));
        assert_eq!(image.addr_of(0x110), Some(Addr(0x3010)));
        assert_eq!(image.span(), AddrRange { start: Addr(0x1000), end: Addr(0x3200) });
    }

    #[test]
    fn zero_fill_and_gaps_have_no_file_bytes() {
        let image = image();
        assert_eq!(image.offset_of(Addr(0x3080)), None);
        assert_eq!(image.offset_of(Addr(0x2000)), None);
        assert_eq!(image.offset_of(Addr(0)), None);
        assert_eq!(image.addr_of(0x180), None);
    }
}

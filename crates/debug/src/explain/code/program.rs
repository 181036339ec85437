//! The program that died: its file's bytes and where they were loaded.

use super::dwarf::Lines;
use super::stack::Cfi;
use ashore_base::{Addr, AddrRange};
use ashore_formats::{Functions, Parsed, Part, functions, golang::LineTable};
use ashore_image::{FunctionIndex, Segment};
use std::cell::OnceCell;

/// A longer name is taken for damage.
const NAME_LIMIT: usize = 4096;

/// A parsed file and where it was loaded. What is costly to read is read when first asked for, so one value should serve a
/// whole report; making one is free.
pub struct Program<'a> {
    path: String,
    pub(super) parsed: &'a Parsed<'a>,
    pub(super) part: &'a Part,
    bias: u64,
    functions: OnceCell<Functions<'a>>,
    go: OnceCell<Option<LineTable<'a>>>,
    lines: OnceCell<Option<Box<Lines<'a>>>>,
    cfi: OnceCell<Cfi<'a>>,
}

/// A name and how far behind its beginning an address is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// The name as the file spells it.
    pub name: String,
    /// How many bytes behind the start.
    pub offset: u64,
}

impl<'a> Program<'a> {
    /// The program `part` of a file whose path a person knows as `path`, loaded `bias` bytes above the addresses in it (0
    /// unless it is relocatable).
    pub fn new(parsed: &'a Parsed<'a>, part: &'a Part, path: &str, bias: u64) -> Program<'a> {
        let (functions, go, lines, cfi) = (OnceCell::new(), OnceCell::new(), OnceCell::new(), OnceCell::new());
        Program { path: path.to_owned(), parsed, part, bias, functions, go, lines, cfi }
    }

    /// The path a person knows it by.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The file's own address for one of memory.
    pub(super) fn in_file(&self, at: Addr) -> Addr {
        at.minus(self.bias)
    }

    /// The address in memory for one of the file.
    pub(super) fn in_memory(&self, at: Addr) -> Addr {
        at.plus(self.bias)
    }

    /// Which function holds an address of the file.
    pub(super) fn functions(&self) -> &Functions<'a> {
        self.functions.get_or_init(|| functions(self.parsed, self.part))
    }

    /// Go's line table, where the program has one.
    pub(super) fn go(&self) -> Option<&LineTable<'a>> {
        self.go.get_or_init(|| LineTable::find(self.parsed.bytes, self.part)).as_ref()
    }

    /// The debugging records, where the program has some.
    pub(super) fn lines(&self) -> Option<&Lines<'a>> {
        self.lines.get_or_init(|| Lines::read(self.parsed.bytes, self.part).map(Box::new)).as_deref()
    }

    /// How to unwind code that is not Go's.
    pub(super) fn cfi(&self) -> &Cfi<'a> {
        self.cfi.get_or_init(|| Cfi::read(self))
    }

    /// The program's segment at an address of memory.
    pub(in crate::explain) fn segment(&self, at: Addr) -> Option<&'a Segment> {
        self.part.image.segment_at(self.in_file(at))
    }

    /// How many bytes lie between the stack pointer and the return address of the Go function that runs at `at`.
    pub fn go_frame_len(&self, at: Addr) -> Option<u64> {
        self.go()?.frame_len(self.in_file(at))
    }

    /// Whether `at` is code of the program's file.
    pub fn is_code(&self, at: Addr) -> bool {
        self.segment(at).is_some_and(|segment| segment.perms.is_exec)
    }

    /// The file's bytes from `at` to the end of its segment, for memory that the program cannot change: what stands there
    /// whatever an engine wrote over it.
    pub fn original(&self, at: Addr) -> Option<&'a [u8]> {
        let segment = self.segment(at).filter(|segment| !segment.perms.is_write)?;
        let offset = segment.offset_of(self.in_file(at))?;
        let len = segment.file.end().checked_sub(offset)?;
        self.parsed.bytes.slice(offset, len)
    }

    /// Where the function that holds `at` lies in memory.
    pub fn function(&self, at: Addr) -> Option<AddrRange> {
        let found = self.functions().containing(self.in_file(at))?;
        Some(AddrRange { start: self.in_memory(found.start), end: self.in_memory(found.end) })
    }

    /// The function that holds `at`, else whatever symbol stands nearest before it in the same segment.
    pub fn name(&self, at: Addr) -> Option<Named> {
        let place = self.in_file(at);
        let functions = self.functions();
        if let (Some(code), Some(name)) = (functions.containing(place), functions.name(place)) {
            return Some(Named { name, offset: place.0.wrapping_sub(code.start.0) });
        }
        self.nearest(at)
    }

    fn nearest(&self, at: Addr) -> Option<Named> {
        let segment = self.segment(at)?;
        let place = self.in_file(at);
        let symbols = self.parsed.symbols(self.part);
        let before = symbols
            .iter()
            .filter(|symbol| segment.memory.contains(symbol.memory.start) && symbol.memory.start <= place);
        // One with a size that ends before the address says less than one without.
        let covers = |range: AddrRange| range.is_empty() || range.contains(place);
        let best = before.max_by_key(|symbol| (covers(symbol.memory), symbol.memory.start))?;
        let name = best.name.get(..NAME_LIMIT).unwrap_or(best.name);
        let offset = place.0.wrapping_sub(best.memory.start.0);
        Some(Named { name: String::from_utf8_lossy(name).into_owned(), offset })
    }

    /// What the segment at `at` is called: the section's name, or what the segment is for.
    pub(super) fn part_of(&self, at: Addr) -> Option<String> {
        let place = self.in_file(at);
        let segment = self.segment(at)?;
        let section = self.part.sections.iter().find(|section| section.memory.contains(place));
        let purpose = match (segment.perms.is_exec, segment.perms.is_write) {
            (true, _) => "code",
            (_, true) => "data",
            (false, false) => "read-only data",
        };
        Some(section.map_or(purpose, |section| &section.name).to_owned())
    }
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.offset {
            0 => f.write_str(&self.name),
            offset => write!(f, "{}+{offset:#x}", self.name),
        }
    }
}

//! The program that died: its file's bytes and where they were loaded.

use super::dwarf::Lines;
use super::stack::Cfi;
use ashore_base::{Addr, AddrRange};
use ashore_formats::{Functions, Parsed, Part, Symbol, functions, golang::LineTable};
use ashore_image::{FunctionIndex, Segment};
use ashore_isa::{Facts, Meanings};
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
    meanings: OnceCell<Option<Box<dyn Meanings>>>,
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
        Program {
            path: path.to_owned(),
            parsed,
            part,
            bias,
            functions: OnceCell::new(),
            go: OnceCell::new(),
            lines: OnceCell::new(),
            cfi: OnceCell::new(),
            meanings: OnceCell::new(),
        }
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

    /// What its instructions do, where anybody knows.
    pub(super) fn meanings(&self) -> Option<&dyn Meanings> {
        self.meanings.get_or_init(|| ashore_isa::meanings(self.part.image.cpu)).as_deref()
    }

    /// What is known of its CPU.
    pub(super) fn facts(&self) -> &'static Facts {
        ashore_isa::facts_of(self.part.image.cpu)
    }

    /// The program's segment at an address of memory.
    pub(in crate::explain) fn segment(&self, at: Addr) -> Option<&'a Segment> {
        self.part.image.segment_at(self.in_file(at))
    }

    /// Whether an address of memory lies in a part of a segment that the file does not fill.
    pub(in crate::explain) fn is_zero_fill(&self, at: Addr) -> bool {
        self.segment(at).is_some_and(|segment| segment.zeroed().contains(self.in_file(at)))
    }

    /// Where the program begins, in memory.
    pub(in crate::explain) fn entry(&self) -> Option<Addr> {
        self.part.image.entry.addr().map(|at| self.in_memory(at))
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

    /// The function that holds `at`, else the symbol that does, or one of unknown length right before it in the same segment.
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
        let best = nearest(symbols.iter().filter(|symbol| segment.memory.contains(symbol.memory.start)), place)?;
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

/// The innermost symbol that holds a place, else the last before it, unless that is known to end before it: then the place
/// has no name.
fn nearest<'s>(symbols: impl Iterator<Item = &'s Symbol<'s>> + Clone, place: Addr) -> Option<&'s Symbol<'s>> {
    let before = symbols.filter(|symbol| symbol.memory.start <= place);
    let holder = before.clone().filter(|symbol| symbol.memory.contains(place)).max_by_key(|symbol| symbol.memory.start);
    let last = before.max_by_key(|symbol| (symbol.memory.start, !symbol.memory.is_empty()));
    holder.or(last.filter(|symbol| symbol.memory.is_empty()))
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.offset {
            0 => f.write_str(&self.name),
            offset => write!(f, "{}+{offset:#x}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ashore_formats::Binding;

    #[test]
    fn a_symbol_that_ends_before_a_place_does_not_name_it() {
        let symbol = |name: &'static str, start: u64, len: u64| Symbol {
            name: name.as_bytes(),
            memory: AddrRange { start: Addr(start), end: Addr(start + len) },
            binding: Binding::Strong,
            is_function: true,
        };
        let symbols = [
            symbol("label", 0x100, 0),
            symbol("outer", 0x200, 0x100),
            symbol("inner", 0x220, 0x10),
            symbol("ended", 0x400, 0x10),
            symbol("alias", 0x400, 0),
            symbol("last", 0x500, 0),
        ];
        let name = |at| nearest(symbols.iter(), Addr(at)).map(|symbol| str::from_utf8(symbol.name).unwrap());
        let cases = [
            (0xff, None),
            (0x1ff, Some("label")),
            (0x224, Some("inner")),
            (0x240, Some("outer")),
            (0x300, None),
            (0x40f, Some("ended")),
            (0x410, None),
            (0x9000, Some("last")),
        ];
        for (at, wanted) in cases {
            assert_eq!(name(at), wanted, "{at:#x}");
        }
    }
}

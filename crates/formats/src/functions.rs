//! Which function holds an address, from whatever table the file has.

use crate::{
    golang::LineTable,
    parsed::{Parsed, Part},
};
use alloc::{string::String, vec::Vec};
use ashore_base::{Addr, AddrRange};
use ashore_image::{FunctionIndex, FunctionList};

/// A longer name is taken for damage.
const NAME_LIMIT: usize = 4096;

/// The functions of one part of a file.
#[derive(Debug)]
pub struct Functions<'a> {
    parsed: &'a Parsed<'a>,
    /// Go's own table, searched in place.
    go: Option<LineTable<'a>>,
    /// The symbol table's functions, sorted.
    listed: FunctionList,
}

/// A program whose code is this much longer than what its line table covers also holds code of another language.
const FOREIGN_CODE_LEN: u64 = 2 * ashore_base::PAGE_SIZE;

/// The functions of `part`. The line table of a pure Go program names all of its functions; its symbols are then left
/// unread.
pub fn functions<'a>(parsed: &'a Parsed<'a>, part: &Part) -> Functions<'a> {
    let go = LineTable::find(parsed.bytes, part);
    let code_len: u64 = part.image.code().map(|segment| segment.file.len).sum();
    let is_complete = go.is_some_and(|table| code_len.saturating_sub(table.code().len()) < FOREIGN_CODE_LEN);
    let listed = if is_complete { Vec::new() } else { (part.format.functions)(parsed.bytes, part) };
    let listed = FunctionList::new(listed);
    Functions { parsed, go, listed }
}

impl Functions<'_> {
    /// Whether nothing is known about any function.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many functions are known.
    pub fn len(&self) -> u64 {
        self.go.map_or(0, |table| table.len()) + self.listed.all().len() as u64
    }
}

impl Functions<'_> {
    /// The functions called `name`.
    pub fn named(&self, name: &str) -> Vec<AddrRange> {
        let mut found = self.go.map(|table| table.named(name.as_bytes())).unwrap_or_default();
        let is_called = |at: u64| self.parsed.bytes.cstr(at) == Some(name.as_bytes());
        found.extend(self.listed.all().iter().filter(|one| is_called(one.name_at)).map(|one| one.code));
        found.sort_by_key(|code| code.start);
        found.dedup();
        found
    }
}

impl FunctionIndex for Functions<'_> {
    fn containing(&self, addr: Addr) -> Option<AddrRange> {
        let go = self.go.and_then(|table| table.containing(addr));
        go.or_else(|| Some(self.listed.find(addr)?.code))
    }

    fn name(&self, addr: Addr) -> Option<String> {
        if let Some(name) = self.go.and_then(|table| table.name(addr)) {
            return Some(name);
        }
        let name = self.parsed.bytes.cstr(self.listed.find(addr)?.name_at)?;
        (!name.is_empty() && name.len() <= NAME_LIMIT).then(|| String::from_utf8_lossy(name).into_owned())
    }
}

//! The vDSO: a page of code and one of data in every program, so that the time is told without a call.
//!
//! It is a library of one page, written here byte by byte: an ELF header, what a linker in the program looks for, and four
//! functions under the names and the version Linux gives them.

mod code;
#[cfg(test)]
mod tests;

use crate::machine::{Frame, NoMemory};
use crate::memory::{MapRequest, Mapped, PageFail, Pages, Physical, Place, Prot, Space};
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_base::{Addr, PAGE_SIZE};
use ashore_pivot::Errno;

/// Where the code begins in its page.
const TEXT_AT: u64 = 0x400;
const NAME: &str = "linux-vdso.so.1";
const VERSION: &str = "LINUX_2.6.39";

/// The functions: name and code.
const FUNCTIONS: [(&str, &[u32]); 4] = [
    ("__kernel_rt_sigreturn", code::SIGRETURN),
    ("__kernel_clock_gettime", code::CLOCK_GETTIME),
    ("__kernel_gettimeofday", code::GETTIMEOFDAY),
    ("__kernel_clock_getres", code::CLOCK_GETRES),
];

/// Words of the data page: see [`code`].
const TURN: usize = 0;
const SCALE: usize = 8;
const WALL: usize = 16;

/// The two pages, the same for all programs.
pub(crate) struct Vdso {
    physical: &'static Physical,
    data: Frame,
    data_map: Arc<Mapped>,
    code_map: Arc<Mapped>,
}

/// A page that every program may see.
struct OnePage {
    physical: &'static Physical,
    frame: Frame,
}

impl Pages for OnePage {
    fn page(&self, index: u64) -> Result<Frame, PageFail> {
        if index != 0 {
            return Err(PageFail::BeyondEnd);
        }
        self.physical.frames.share(self.frame);
        Ok(self.frame)
    }

    fn len(&self) -> u64 {
        PAGE_SIZE
    }
}

impl Drop for OnePage {
    fn drop(&mut self) {
        self.physical.frames.drop(self.frame);
    }
}

impl Vdso {
    /// Writes both pages. `wall` is the wall clock when the counter began.
    pub(crate) fn new(physical: &'static Physical, wall: u64) -> Result<Vdso, NoMemory> {
        let machine = physical.machine;
        let page = || {
            let frame = physical.frames.take()?;
            machine.zero_frame(frame);
            Ok(frame)
        };
        let map = |frame, name: &str| {
            let pages = Arc::new(OnePage { physical, frame });
            Arc::new(Mapped { pages, device: 0, inode: 0, path: name.into(), spot: None })
        };
        let (data, text) = (page()?, page()?);
        machine.write_frame(data, SCALE, &machine.tick_scale().to_le_bytes());
        machine.write_frame(data, WALL, &wall.to_le_bytes());
        machine.write_frame(text, 0, &library());
        machine.sync_code(text);
        Ok(Vdso { physical, data, data_map: map(data, "[vvar]"), code_map: map(text, "[vdso]") })
    }

    /// Tells programs that the wall clock was set.
    pub(crate) fn set_wall(&self, wall: u64) {
        let machine = self.physical.machine;
        let mut turn = 0;
        loop {
            let seen = machine.exchange(self.data, TURN, turn, turn + 1);
            match seen == turn {
                true => break,
                false => turn = seen & !1,
            }
        }
        machine.write_frame(self.data, WALL, &wall.to_le_bytes());
        machine.exchange(self.data, TURN, turn + 1, turn.wrapping_add(2));
    }

    /// Maps both pages into a program; where the library is.
    pub(crate) fn map(&self, space: &Space) -> Result<Addr, Errno> {
        let at = space.map(&MapRequest { prot: Prot::NONE, ..MapRequest::plain(2 * PAGE_SIZE) })?;
        let request = |at: Addr, prot, may, mapped: &Arc<Mapped>| MapRequest {
            place: Place::Fixed(at),
            prot,
            may,
            file: Some((mapped.clone(), 0)),
            ..MapRequest::plain(PAGE_SIZE)
        };
        space.map(&request(at, Prot::READ, Prot::READ, &self.data_map))?;
        let text = at.plus(PAGE_SIZE);
        space.map(&request(text, Prot::READ | Prot::EXECUTE, Prot::ALL, &self.code_map))?;
        space.set_way_back(text.plus(TEXT_AT));
        Ok(text)
    }
}

/// A table being written: its bytes and where it is in the page.
struct Table {
    at: u64,
    bytes: Vec<u8>,
}

impl Table {
    fn after(before: u64) -> Table {
        Table { at: before.next_multiple_of(8), bytes: Vec::new() }
    }

    fn end(&self) -> u64 {
        self.at + self.bytes.len() as u64
    }

    fn half(&mut self, value: u16) -> &mut Table {
        self.bytes.extend(value.to_le_bytes());
        self
    }

    fn word(&mut self, value: u32) -> &mut Table {
        self.bytes.extend(value.to_le_bytes());
        self
    }

    fn long(&mut self, value: u64) -> &mut Table {
        self.bytes.extend(value.to_le_bytes());
        self
    }

    /// A string; where in the table it is.
    fn text(&mut self, text: &str) -> u32 {
        let at = self.bytes.len() as u32;
        self.bytes.extend(text.as_bytes());
        self.bytes.push(0);
        at
    }
}

/// How symbol tables and versions hash names.
fn hash(name: &str) -> u32 {
    name.bytes().fold(0u32, |hash, byte| {
        let hash = (hash << 4).wrapping_add(u32::from(byte));
        let high = hash & 0xf000_0000;
        (hash ^ high >> 24) & !high
    })
}

const HEADERS_LEN: u64 = 64 + 2 * 56;
/// The version of the file itself, and that of its functions.
const VERSION_BASE: u16 = 1;
const VERSION_OURS: u16 = 2;

/// The page of code.
fn library() -> Vec<u8> {
    let mut strings = Table::after(HEADERS_LEN);
    strings.text("");
    let (name, version) = (strings.text(NAME), strings.text(VERSION));
    let names = FUNCTIONS.map(|(name, _)| strings.text(name));
    let symbols = symbols(strings.end(), &names);
    let versions = symbol_versions(symbols.end());
    let definitions = definitions(versions.end(), name, version);
    let hashes = hashes(definitions.end());
    let dynamic = dynamic(hashes.end(), &[&strings, &symbols, &versions, &definitions, &hashes], name);
    let headers = headers(&dynamic);
    let mut page = alloc::vec![0; PAGE_SIZE as usize];
    let text = Table {
        at: TEXT_AT,
        bytes: FUNCTIONS.iter().flat_map(|(_, code)| code.iter()).flat_map(|word| word.to_le_bytes()).collect(),
    };
    for table in [headers, strings, symbols, versions, definitions, hashes, dynamic, text] {
        if let Some(place) = page.get_mut(table.at as usize..table.end() as usize) {
            place.copy_from_slice(&table.bytes);
        }
    }
    page
}

fn headers(dynamic: &Table) -> Table {
    let mut headers = Table { at: 0, bytes: Vec::new() };
    headers.bytes.extend(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    // A shared object for AArch64, without an entry; program headers follow, sections there are none.
    headers
        .half(3)
        .half(183)
        .word(1)
        .long(0)
        .long(64)
        .long(0)
        .word(0)
        .half(64)
        .half(56)
        .half(2)
        .half(64)
        .half(0)
        .half(0);
    let mut row = |kind: u32, flags: u32, at: u64, len: u64, align: u64| {
        headers.word(kind).word(flags).long(at).long(at).long(at).long(len).long(len).long(align);
    };
    row(1, 5, 0, PAGE_SIZE, PAGE_SIZE);
    row(2, 4, dynamic.at, dynamic.bytes.len() as u64, 8);
    headers
}

fn symbols(after: u64, names: &[u32]) -> Table {
    let mut symbols = Table::after(after);
    symbols.long(0).long(0).long(0);
    let mut at = TEXT_AT;
    for (name, (_, code)) in names.iter().zip(FUNCTIONS) {
        let len = code.len() as u64 * 4;
        // A global function of the first section there would be.
        symbols.word(*name).half(0x12).half(1).long(at).long(len);
        at += len;
    }
    symbols
}

fn symbol_versions(after: u64) -> Table {
    let mut versions = Table::after(after);
    versions.half(0);
    for _ in FUNCTIONS {
        versions.half(VERSION_OURS);
    }
    versions
}

fn definitions(after: u64, name: u32, version: u32) -> Table {
    const IS_BASE: u16 = 1;
    let mut definitions = Table::after(after);
    definitions.half(1).half(IS_BASE).half(VERSION_BASE).half(1).word(hash(NAME)).word(20).word(28).word(name).word(0);
    definitions.half(1).half(0).half(VERSION_OURS).half(1).word(hash(VERSION)).word(20).word(0).word(version).word(0);
    definitions
}

/// A table of hashes with one chain of all functions.
fn hashes(after: u64) -> Table {
    let mut hashes = Table::after(after);
    let count = FUNCTIONS.len() as u32;
    hashes.word(1).word(count + 1).word(count).word(0);
    for before in 0..count {
        hashes.word(before);
    }
    hashes
}

fn dynamic(after: u64, [strings, symbols, versions, definitions, hashes]: &[&Table; 5], name: u32) -> Table {
    let mut dynamic = Table::after(after);
    let rows = [
        (4, hashes.at),
        (5, strings.at),
        (6, symbols.at),
        (10, strings.bytes.len() as u64),
        (11, 24),
        (14, u64::from(name)),
        (0x6fff_fff0, versions.at),
        (0x6fff_fffc, definitions.at),
        (0x6fff_fffd, 2),
        (0, 0),
    ];
    for (kind, value) in rows {
        dynamic.long(kind).long(value);
    }
    dynamic
}

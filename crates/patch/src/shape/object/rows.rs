//! The tables of an object file: sections, symbols, relocations.

use super::table::{Role, Type, types};
use crate::program::Program;
use ashore_base::{Addr, AddrRange, Bytes, Cpu};
use ashore_image::FileRange;

/// In the ELF header: where the section table is, how many rows it has, which section holds their names.
pub(super) const SHOFF_AT: u64 = 40;
pub(super) const SHNUM_AT: u64 = 60;
const SHSTRNDX_AT: u64 = 62;
/// Sizes of a row of each table.
pub(super) const SECTION_LEN: u64 = 64;
pub(super) const SYMBOL_LEN: u64 = 24;
pub(super) const RELA_LEN: u64 = 24;
/// `sh_type`.
pub(super) const SHT_PROGBITS: u32 = 1;
const SHT_NULL: u32 = 0;
pub(super) const SHT_SYMTAB: u32 = 2;
pub(super) const SHT_STRTAB: u32 = 3;
pub(super) const SHT_RELA: u32 = 4;
const SHT_NOBITS: u32 = 8;
pub(super) const SHT_REL: u32 = 9;
/// `sh_flags`.
const SHF_ALLOC: u64 = 2;
const SHF_EXECINSTR: u64 = 4;
pub(super) const SHF_GROUP: u64 = 0x200;
/// `st_info`, `st_other`, `st_shndx`.
const STT_SECTION: u8 = 3;
const STT_FUNC: u8 = 2;
const STT_NOTYPE: u8 = 0;
const STT_GNU_IFUNC: u8 = 10;
const STB_LOCAL: u8 = 0;
/// The first `st_shndx` that is no section.
const SHN_LORESERVE: u16 = 0xff00;
/// Sections that tell about functions and reach none: they go on telling about the old one.
const RECORDS: &[&[u8]] = &[
    b".eh_frame",
    b".gcc_except_table",
    b".sframe",
    b".note",
    b"__patchable_function_entries",
    b"__mcount_loc",
    b"xray_",
];
/// What begins the name of an old function's own code, once its name means another.
pub(super) const ORIGINAL: &str = "__original_";
/// Symbols of other files have no address. These stand for them, far enough from each other for any addend.
const ELSEWHERE: u64 = 1 << 63;
const ELSEWHERE_STEP: u64 = 1 << 33;

/// A section.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section<'a> {
    pub(super) name: &'a [u8],
    pub(super) kind: u32,
    pub(super) flags: u64,
    /// Its bytes, which the file has.
    pub(super) file: FileRange,
    /// What its row says of them, if it says that there are any.
    pub(super) claim: FileRange,
    pub(super) link: u32,
    pub(super) info: u32,
}

impl Section<'_> {
    /// Whether it comes into memory and is filled from the file.
    pub(super) fn is_loaded(&self) -> bool {
        self.flags & SHF_ALLOC != 0 && self.kind != SHT_NOBITS && self.file.len != 0
    }

    fn is_code(&self) -> bool {
        self.flags & SHF_EXECINSTR != 0
    }

    fn is_record(&self) -> bool {
        RECORDS.iter().any(|name| self.name.starts_with(name))
    }
}

/// A symbol.
#[derive(Clone, Copy, Debug)]
pub(super) struct Symbol<'a> {
    /// Where its row is in the file.
    pub(super) at: u64,
    pub(super) name: &'a [u8],
    pub(super) info: u8,
    pub(super) section: u16,
    /// Its place in the file, or what stands for one of another file.
    pub(super) addr: Option<Addr>,
}

impl Symbol<'_> {
    pub(super) fn is_section(&self) -> bool {
        self.info & 0xf == STT_SECTION
    }

    /// Whether it chooses a function when the program starts.
    pub(super) fn is_chooser(&self) -> bool {
        self.info & 0xf == STT_GNU_IFUNC
    }

    pub(super) fn is_elsewhere(&self) -> bool {
        self.section == 0
    }

    /// Whether other files see it.
    pub(super) fn is_global(&self) -> bool {
        self.info >> 4 != STB_LOCAL && !self.is_section()
    }

    /// Whether the assembler made it for a place inside a function.
    pub(super) fn is_label(&self) -> bool {
        !self.is_global() && self.info & 0xf == STT_NOTYPE
    }

    fn is_function(&self) -> bool {
        matches!(self.info & 0xf, STT_FUNC | STT_GNU_IFUNC) || self.is_global()
    }
}

/// A relocation of a section that comes into memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Relocation {
    /// Where its row is in the file.
    pub(super) at: u64,
    /// The place it changes.
    pub(super) place: Addr,
    pub(super) number: u32,
    pub(super) symbol: u32,
    pub(super) addend: i64,
    /// Whether it changes instructions.
    is_code: bool,
    /// Whether it only tells about functions.
    is_record: bool,
}

/// Where a relocation leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Leads {
    /// To this place.
    To(Addr),
    /// To this place, or to another if its word is one of a table of distances: jumps of a switch.
    Perhaps(Addr),
    /// Nobody knows: a type without a row, which names this place.
    Unknown(Addr),
    /// To no function.
    Nowhere,
}

/// The tables.
#[derive(Debug)]
pub(super) struct Tables<'a> {
    pub(super) cpu: Cpu,
    pub(super) sections: Vec<Section<'a>>,
    pub(super) symbols: Vec<Symbol<'a>>,
    /// In the order of the file.
    pub(super) relocations: Vec<Relocation>,
    /// The numbers of the symbol table and of the section with the names of sections.
    pub(super) symbol_table: usize,
    pub(super) section_names: usize,
}

impl<'a> Tables<'a> {
    /// Reads what is there; damage is left out.
    pub(super) fn read(program: &Program<'a>) -> Tables<'a> {
        let cpu = program.part.image.cpu;
        let sections = sections(program.file);
        let symbol_table = sections.iter().position(|section| section.kind == SHT_SYMTAB).unwrap_or_default();
        let section_names = Bytes(program.file).u16(SHSTRNDX_AT).unwrap_or_default().into();
        let mut tables =
            Tables { cpu, sections, symbols: Vec::new(), relocations: Vec::new(), symbol_table, section_names };
        tables.symbols = tables.read_symbols(program.file);
        tables.relocations = tables.read_relocations(program.file);
        tables
    }

    fn read_symbols(&self, file: &'a [u8]) -> Vec<Symbol<'a>> {
        let table = self.sections.get(self.symbol_table).filter(|table| table.kind == SHT_SYMTAB);
        let Some(table) = table else { return Vec::new() };
        let names = self.sections.get(table.link as usize).map(|names| names.file).unwrap_or_default();
        let rows = table.file.of(file).unwrap_or_default().chunks_exact(SYMBOL_LEN as usize);
        let symbol = |(index, row): (usize, &[u8])| {
            let row = Bytes(row);
            let section = row.u16(6)?;
            let home = self.sections.get(usize::from(section)).filter(|home| home.is_loaded());
            let addr = match section {
                0 if index == 0 => None,
                0 => Some(Addr(ELSEWHERE.wrapping_add(index as u64 * ELSEWHERE_STEP))),
                SHN_LORESERVE.. => None,
                _ => home.and_then(|home| home.file.offset.checked_add(row.u64(8)?)).map(Addr),
            };
            let name = Bytes(names.of(file).unwrap_or_default()).cstr(row.u32(0)?.into()).unwrap_or_default();
            let at = table.file.offset + index as u64 * SYMBOL_LEN;
            Some(Symbol { at, name, info: row.u8(4)?, section, addr })
        };
        rows.enumerate().map_while(symbol).collect()
    }

    fn read_relocations(&self, file: &[u8]) -> Vec<Relocation> {
        let mut found = Vec::new();
        for table in self.sections.iter().filter(|table| table.kind == SHT_RELA) {
            let Some(home) = self.sections.get(table.info as usize).filter(|home| home.is_loaded()) else { continue };
            for (index, row) in table.file.of(file).unwrap_or_default().chunks_exact(RELA_LEN as usize).enumerate() {
                let at = table.file.offset + index as u64 * RELA_LEN;
                let row = Bytes(row);
                let place = row.u64(0).filter(|offset| *offset < home.file.len);
                let (Some(place), Some(number), Some(symbol), Some(addend)) =
                    (place, row.u32(8), row.u32(12), row.u64(16))
                else {
                    continue;
                };
                found.push(Relocation {
                    at,
                    place: Addr(home.file.offset + place),
                    number,
                    symbol,
                    addend: addend.cast_signed(),
                    is_code: home.is_code(),
                    is_record: home.is_record(),
                });
            }
        }
        found.sort_unstable_by_key(|relocation| relocation.at);
        found
    }

    /// The row of a relocation's type.
    pub(super) fn kind(&self, relocation: &Relocation) -> Option<&'static Type> {
        types(self.cpu).iter().find(|row| row.number == relocation.number)
    }

    /// The name of a relocation's type, and what it names.
    pub(super) fn describe(&self, relocation: &Relocation) -> String {
        let kind =
            self.kind(relocation).map_or_else(|| format!("type {}", relocation.number), |row| row.name.to_owned());
        let symbol = self.symbols.get(relocation.symbol as usize);
        let section = |symbol: &Symbol<'a>| self.sections.get(usize::from(symbol.section)).map(|home| home.name);
        let name =
            symbol.map(|symbol| if symbol.is_section() { section(symbol).unwrap_or_default() } else { symbol.name });
        let name = String::from_utf8_lossy(name.unwrap_or_default()).into_owned();
        if name.is_empty() { kind } else { format!("{kind} of {name}{:+}", relocation.addend) }
    }

    /// Where a relocation leads.
    pub(super) fn leads(&self, relocation: &Relocation) -> Leads {
        let symbol = self.symbols.get(relocation.symbol as usize);
        let Some((symbol, base)) = symbol.and_then(|symbol| Some((symbol, symbol.addr?))) else {
            return Leads::Nowhere;
        };
        let plus = |more: i64| Addr(base.0.wrapping_add_signed(relocation.addend).wrapping_add_signed(more));
        let is_field_end = relocation.is_code && self.cpu == Cpu::X86_64;
        match self.kind(relocation).map(|row| row.role) {
            _ if relocation.is_record => Leads::Nowhere,
            None if symbol.is_section() => Leads::Nowhere,
            None => Leads::Unknown(base),
            Some(Role::Other) => Leads::Nowhere,
            Some(Role::Plain) => Leads::To(plus(0)),
            Some(Role::Offset) => Leads::To(base),
            Some(Role::Relative) if is_field_end => Leads::To(plus(4)),
            // The addend is how far the word is from what the distance counts from.
            Some(Role::Relative) if !symbol.is_section() && symbol.is_function() => Leads::To(base),
            Some(Role::Relative) => Leads::Perhaps(plus(0)),
        }
    }

    /// How far behind its symbol a relocation leads. What leads to its symbol whatever the addend goes no farther.
    pub(super) fn beyond(&self, relocation: &Relocation) -> i64 {
        match self.kind(relocation).map(|row| row.role) {
            Some(Role::Plain) => relocation.addend,
            Some(Role::Relative) if relocation.is_code && self.cpu == Cpu::X86_64 => relocation.addend.wrapping_add(4),
            _ => 0,
        }
    }

    /// The relocations that change bytes in `range`.
    pub(super) fn inside(&self, range: AddrRange) -> impl Iterator<Item = &Relocation> {
        self.relocations.iter().filter(move |relocation| {
            let len = match self.kind(relocation) {
                // The linker takes bytes away here, as many as the addend says.
                Some(row) if row.name == "ALIGN" => relocation.addend.unsigned_abs(),
                Some(row) => row.len,
                None => 8,
            };
            relocation.place < range.end && range.start.0 < relocation.place.0.saturating_add(len)
        })
    }

    /// The section that holds the byte at `addr`.
    pub(super) fn section_at(&self, addr: Addr) -> Option<(usize, &Section<'a>)> {
        let mut sections = self.sections.iter().enumerate();
        sections.find(|(_, section)| section.is_loaded() && section.file.contains(addr.0))
    }

    /// Symbols that other files see and that mean `addr`.
    pub(super) fn exports(&self, addr: Addr) -> impl Iterator<Item = &Symbol<'a>> {
        let is_own = move |symbol: &&Symbol<'a>| {
            let is_here = symbol.is_global() && !symbol.is_elsewhere() && symbol.addr == Some(addr);
            is_here && !symbol.name.starts_with(ORIGINAL.as_bytes())
        };
        self.symbols.iter().filter(is_own)
    }
}

fn sections(file: &[u8]) -> Vec<Section<'_>> {
    let bytes = Bytes(file);
    let (Some(start), Some(count), Some(names)) = (bytes.u64(SHOFF_AT), bytes.u16(SHNUM_AT), bytes.u16(SHSTRNDX_AT))
    else {
        return Vec::new();
    };
    let table = bytes.slice(start, u64::from(count) * SECTION_LEN).unwrap_or_default();
    let row = |raw: &[u8]| {
        let raw = Bytes(raw);
        let (kind, flags) = (raw.u32(4)?, raw.u64(8)?);
        let file_range = FileRange { offset: raw.u64(24)?, len: raw.u64(32)? };
        let is_filled = kind != SHT_NOBITS && file_range.of(file).is_some();
        let held = if is_filled { file_range } else { FileRange::default() };
        let claim = if matches!(kind, SHT_NULL | SHT_NOBITS) { FileRange::default() } else { file_range };
        let (link, info) = (raw.u32(40)?, raw.u32(44)?);
        Some((raw.u32(0)?, Section { name: b"", kind, flags, file: held, claim, link, info }))
    };
    let rows: Vec<(u32, Section<'_>)> = table.chunks_exact(SECTION_LEN as usize).map_while(row).collect();
    let names = rows.get(usize::from(names)).and_then(|(_, names)| names.file.of(file)).unwrap_or_default();
    let mut sections = Vec::with_capacity(rows.len());
    for (name, section) in rows {
        sections.push(Section { name: Bytes(names).cstr(name.into()).unwrap_or_default(), ..section });
    }
    sections
}

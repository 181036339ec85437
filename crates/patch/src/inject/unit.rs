//! An object file, as far as linking it needs.

use ashore_base::Cpu;
use ashore_report::{Report, table::PATCH_OBJECT};
use object::{
    Architecture, File, Object as _, ObjectKind, ObjectSection, ObjectSymbol, RelocationFlags, RelocationTarget,
    SectionFlags, SymbolFlags, SymbolSection, elf,
};
use std::collections::BTreeMap;

/// An object file.
#[derive(Default, Debug)]
pub(crate) struct Unit {
    /// What people call it.
    pub(crate) path: String,
    /// What comes into memory, by section number.
    pub(crate) sections: BTreeMap<usize, Section>,
    /// Its symbols, by number.
    pub(crate) symbols: BTreeMap<usize, Symbol>,
    /// Whether records for unwinding or debugging are left behind.
    pub(crate) has_records: bool,
}

/// A section that comes into memory.
#[derive(Debug)]
pub(crate) struct Section {
    /// Its name.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) content: Content,
    /// Its address is a multiple of this power of two.
    pub(crate) align: u64,
    /// How many bytes of memory it takes.
    pub(crate) len: u64,
    /// Its bytes; none when it is zeroed.
    pub(crate) bytes: Vec<u8>,
    /// What is to be written into the bytes, in the order of the places.
    pub(crate) relocations: Vec<Relocation>,
}

/// What a section holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Content {
    /// Instructions.
    Code,
    /// Data that nobody writes.
    Constants,
    /// Variables.
    Variables,
    /// Variables that begin as zero.
    Zeroes,
}

/// An address to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Relocation {
    /// Where in its section.
    pub(crate) offset: u64,
    /// Its type, as the CPU's document numbers it.
    pub(crate) number: u32,
    /// The symbol it is about.
    pub(crate) symbol: Option<usize>,
    /// What is added to the symbol's address.
    pub(crate) addend: i64,
}

/// A symbol.
#[derive(Debug)]
pub(crate) struct Symbol {
    /// Its name; that of its section where it stands for one.
    pub(crate) name: String,
    /// What it names.
    pub(crate) place: Where,
    /// Whether it may be missing.
    pub(crate) is_weak: bool,
    /// Whether other files see it.
    pub(crate) is_global: bool,
    /// Whether it is called a function.
    pub(crate) is_function: bool,
}

/// What a symbol names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Where {
    /// A place in a section.
    Section { index: usize, offset: u64 },
    /// Zeroed memory of its own.
    Common { len: u64, align: u64 },
    /// A number.
    Number(u64),
    /// Something of another file.
    Elsewhere,
    /// A variable that each thread has for itself.
    ThreadLocal,
    /// A function that chooses a function.
    Chooser,
}

/// Sections with these names are known to hold records that are of no use in a finished program.
const RECORDS: &[&str] = &[".eh_frame", ".gcc_except_table", ".note", ".debug", ".sframe"];
/// Sections whose functions run before the program's own.
const INITIALISERS: &[&str] = &[".init_array", ".ctors", ".preinit_array", ".fini_array", ".dtors"];

/// Memory is aligned no more than pages are, on any CPU.
const ALIGN_MAX: u64 = 4096;
/// More than this is taken for damage.
const LEN_MAX: u64 = 256 << 20;

impl Section {
    /// The relocations of the place `offset`.
    pub(crate) fn relocations_at(&self, offset: u64) -> impl Iterator<Item = &Relocation> {
        let first = self.relocations.partition_point(|relocation| relocation.offset < offset);
        let rest = self.relocations.get(first..).unwrap_or_default();
        rest.iter().take_while(move |relocation| relocation.offset == offset)
    }
}

impl Unit {
    /// Reads the object file `bytes`, which must be for `cpu`.
    pub(crate) fn read(path: &str, bytes: &[u8], cpu: Cpu) -> Result<Unit, Report> {
        let refused = |reason: &str| PATCH_OBJECT.because(reason).in_file(path);
        let file = File::parse(bytes).map_err(|why| refused(&why.to_string()))?;
        if file.kind() != ObjectKind::Relocatable {
            return Err(refused("it is no object file: compile with -c"));
        }
        let wanted = match cpu {
            Cpu::X86_64 => Architecture::X86_64,
            Cpu::Aarch64 => Architecture::Aarch64,
            Cpu::Riscv64 => Architecture::Riscv64,
        };
        if file.architecture() != wanted || !file.is_little_endian() || !file.is_64() {
            return Err(refused(&format!("it is for {:?}, the program for {cpu}", file.architecture())));
        }
        let mut unit = Unit { path: path.to_owned(), ..Unit::default() };
        let mut budget = bytes.len() as u64;
        for section in file.sections() {
            unit.section(&section, &mut budget).map_err(|why| why.in_file(path))?;
        }
        for symbol in file.symbols() {
            unit.symbol(&file, &symbol).map_err(|why| why.in_file(path))?;
        }
        Ok(unit)
    }

    /// Takes a section, if it comes into memory. All of them together are no larger than `budget`, that is the file: a damaged
    /// one can name the same bytes often.
    fn section<'d>(&mut self, section: &impl ObjectSection<'d>, budget: &mut u64) -> Result<(), Report> {
        let name = String::from_utf8_lossy(section.name_bytes().unwrap_or_default()).into_owned();
        let SectionFlags::Elf { sh_type: kind, sh_flags: flags } = section.flags() else { return Ok(()) };
        if RECORDS.iter().any(|record| name.starts_with(record)) {
            self.has_records |= !name.starts_with(".note");
            return Ok(());
        }
        // Each thread's own come with relocations, which are refused by name.
        if !flags.contains(elf::SHF_ALLOC) || flags.contains(elf::SHF_TLS) || section.size() == 0 {
            return Ok(());
        }
        if INITIALISERS.iter().any(|initialiser| name.starts_with(initialiser)) {
            let reason =
                format!("{name} lists functions that run when a program starts or ends: nobody would call them");
            return Err(PATCH_OBJECT
                .because(reason)
                .note("drop constructors and destructors from the object's source"));
        }
        let content = match () {
            () if kind == elf::SHT_NOBITS => Content::Zeroes,
            () if flags.contains(elf::SHF_WRITE) => Content::Variables,
            () if flags.contains(elf::SHF_EXECINSTR) => Content::Code,
            () => Content::Constants,
        };
        let damaged = |why: &str| PATCH_OBJECT.because(format!("section {name}: {why}"));
        let bytes = match content {
            Content::Zeroes => Vec::new(),
            _ => {
                let bytes = section.data().map_err(|why| damaged(&why.to_string()))?;
                let left = budget.checked_sub(bytes.len() as u64);
                *budget = left.ok_or_else(|| damaged("it overlaps others"))?;
                bytes.to_vec()
            }
        };
        let align = section.align().max(1);
        if !align.is_power_of_two() || align > ALIGN_MAX || section.size() > LEN_MAX {
            return Err(damaged(&format!("{} bytes aligned to {align} have no place", section.size())));
        }
        let relocations = relocations(section, budget).map_err(|why| damaged(&why))?;
        let read = Section { content, align, len: section.size(), bytes, relocations, name };
        self.sections.insert(section.index().0, read);
        Ok(())
    }

    fn symbol<'d>(&mut self, file: &File<'d>, symbol: &impl ObjectSymbol<'d>) -> Result<(), Report> {
        let SymbolFlags::Elf { st_info: info, .. } = symbol.flags() else { return Ok(()) };
        let mut name = String::from_utf8_lossy(symbol.name_bytes().unwrap_or_default()).into_owned();
        let kind = info.st_type();
        let place = match symbol.section() {
            _ if kind == elf::STT_TLS => Where::ThreadLocal,
            SymbolSection::Undefined => Where::Elsewhere,
            _ if kind == elf::STT_GNU_IFUNC => Where::Chooser,
            SymbolSection::Absolute => Where::Number(symbol.address()),
            SymbolSection::Common => {
                let align = symbol.address().max(1);
                if !align.is_power_of_two() || align > ALIGN_MAX || symbol.size() > LEN_MAX {
                    let reason = format!("{name}: {} bytes aligned to {align} have no place", symbol.size());
                    return Err(PATCH_OBJECT.because(reason));
                }
                Where::Common { len: symbol.size(), align }
            }
            SymbolSection::Section(index) => {
                if kind == elf::STT_SECTION && name.is_empty() {
                    let section = file.section_by_index(index).ok();
                    let text = section.as_ref().and_then(|section| section.name_bytes().ok()).unwrap_or_default();
                    name = String::from_utf8_lossy(text).into_owned();
                }
                Where::Section { index: index.0, offset: symbol.address() }
            }
            _ => return Ok(()),
        };
        let is_function = kind == elf::STT_FUNC;
        let read = Symbol { name, place, is_weak: symbol.is_weak(), is_global: symbol.is_global(), is_function };
        self.symbols.insert(symbol.index().0, read);
        Ok(())
    }

    /// The function that shall do what `function` did: the one called `wanted`, or else the one of the same name, or else the
    /// only one that other files see.
    pub(crate) fn function(&self, wanted: Option<&str>, function: &str) -> Result<usize, Report> {
        let is_code = |symbol: &Symbol| match symbol.place {
            Where::Section { index, .. } => {
                self.sections.get(&index).is_some_and(|section| section.content == Content::Code)
            }
            _ => false,
        };
        let named = |name: &str| {
            let mut all: Vec<_> = self.symbols.iter().filter(|(_, s)| s.name == name && is_code(s)).collect();
            all.sort_by_key(|(_, symbol)| !symbol.is_global);
            all.first().map(|(index, _)| **index)
        };
        let global = |symbol: &Symbol| symbol.is_global && symbol.is_function && is_code(symbol);
        let globals: Vec<_> = self.symbols.iter().filter(|(_, symbol)| global(symbol)).collect();
        let found = match (wanted, globals.as_slice()) {
            (Some(wanted), _) => named(wanted),
            (None, globals) => named(function).or(match globals {
                [(index, _)] => Some(**index),
                _ => None,
            }),
        };
        found.ok_or_else(|| {
            let reason = format!("no function in it is called \"{}\"", wanted.unwrap_or(function));
            let names: Vec<&str> = globals.iter().take(10).map(|(_, symbol)| symbol.name.as_str()).collect();
            let known = if names.is_empty() { "it holds no functions".into() } else { names.join(", ") };
            PATCH_OBJECT.because(reason).in_file(&self.path).note(format!("name one of its own: {known}"))
        })
    }
}

fn relocations<'d>(section: &impl ObjectSection<'d>, budget: &mut u64) -> Result<Vec<Relocation>, String> {
    const ROW_LEN: u64 = 24;
    let mut all = Vec::new();
    for (offset, relocation) in section.relocations() {
        *budget = budget.checked_sub(ROW_LEN).ok_or("its relocations overlap others")?;
        let RelocationFlags::Elf { r_type: number } = relocation.flags() else { continue };
        if relocation.has_implicit_addend() {
            return Err("relocations without addends are not known on this CPU".into());
        }
        let symbol = match relocation.target() {
            RelocationTarget::Symbol(index) => Some(index.0),
            _ => None,
        };
        all.push(Relocation { offset, number: number.0, symbol, addend: relocation.addend() });
    }
    // Those of one place stay in their order: each continues what the one before it wrote.
    all.sort_by_key(|relocation| relocation.offset);
    Ok(all)
}

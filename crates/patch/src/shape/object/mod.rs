//! ELF object files, which a linker completes: names and relocations lead to functions, addresses hardly do.
//!
//! Redirecting makes relocations name another symbol; what the assembler resolved inside a section is re-encoded, or gets a
//! relocation of its own. The manifest travels in a section that linkers leave out of what they make.

mod added;
mod finish;
mod redirect;
mod rows;
mod table;
mod word;

use super::{Added, Annex, Changed, Choice, Ending, Relink, Room, Shape};
use crate::{
    census::{DataKind, DataRef},
    draft::Draft,
    names::Name,
    program::Program,
};
use ashore_base::{Addr, AddrRange, Bytes};
use ashore_image::FileRange;
use ashore_isa::{Code, CodeRef};
use ashore_report::{
    Place, Report,
    table::{PATCH_REFUSED, PATCH_UNSUPPORTED},
};
use rows::{
    Leads, RELA_LEN, SECTION_LEN, SHNUM_AT, SHOFF_AT, SHT_REL, SHT_RELA, SHT_STRTAB, SHT_SYMTAB, SYMBOL_LEN, Section,
    Tables,
};

/// The length of the ELF header.
const HEADER_LEN: u64 = 64;
/// The longest instruction of any CPU.
const LONGEST: u64 = 16;

/// The format's ways.
pub(super) struct ElfObject;

impl Shape for ElfObject {
    fn spells(&self, symbol: &[u8], text: &[u8]) -> bool {
        symbol == text
    }

    fn data_refs(&self, program: &Program<'_>, addr: Addr) -> Vec<DataRef> {
        let tables = Tables::read(program);
        let leads = tables.relocations.iter().filter(|relocation| tables.leads(relocation) == Leads::To(addr));
        let relocations =
            leads.map(|relocation| DataRef { offset: relocation.at, kind: DataKind::Relocation, target: addr });
        let exports = tables.exports(addr);
        let exports = exports.map(|symbol| DataRef { offset: symbol.at, kind: DataKind::Export, target: addr });
        relocations.chain(exports).collect()
    }

    fn words(&self, program: &Program<'_>, targets: AddrRange) -> Vec<u64> {
        let tables = Tables::read(program);
        let is_meant = |leads| match leads {
            Leads::To(addr) | Leads::Perhaps(addr) | Leads::Unknown(addr) => targets.contains(addr),
            Leads::Nowhere => false,
        };
        let found = tables.relocations.iter().filter(|relocation| is_meant(tables.leads(relocation)));
        found.map(|relocation| relocation.at).collect()
    }

    fn resolved(&self, program: &Program<'_>, places: Vec<CodeRef>) -> Vec<CodeRef> {
        if places.is_empty() {
            return places;
        }
        let tables = Tables::read(program);
        let is_free = |at: Addr| tables.inside(instruction(program, at)).next().is_none();
        let number = |addr| tables.section_at(addr).map(|(number, _)| number);
        let is_real = |place: &CodeRef| {
            let is_free = is_free(place.at) && place.second.is_none_or(is_free);
            is_free && number(place.at) == number(place.target)
        };
        places.into_iter().filter(is_real).collect()
    }

    fn retarget(&self, _: &Program<'_>, _: &mut Draft, place: &DataRef, _: Addr) -> Result<(), Report> {
        Err(PATCH_REFUSED.at(Place::offset(place.offset), "a relocation names symbols, not addresses"))
    }

    fn headers(&self, program: &Program<'_>) -> Vec<FileRange> {
        let file = Bytes(program.file);
        let count = u64::from(file.u16(SHNUM_AT).unwrap_or_default());
        let table = FileRange { offset: file.u64(SHOFF_AT).unwrap_or_default(), len: count * SECTION_LEN };
        vec![FileRange { offset: 0, len: HEADER_LEN }, table]
    }

    fn check(&self, program: &Program<'_>) -> Result<(), Report> {
        let tables = Tables::read(program);
        let unsupported = |reason: String| Err(PATCH_UNSUPPORTED.because(reason));
        if tables.sections.is_empty() {
            return unsupported("the object file has no sections, or too many to be counted in its header".into());
        }
        check_layout(program, &tables)?;
        check_tables(&tables)?;
        let has_short = tables.sections.iter().find(|section| {
            let home = tables.sections.get(section.info as usize);
            section.kind == SHT_REL && home.is_some_and(|home| home.is_loaded())
        });
        match has_short {
            Some(section) => {
                let name = String::from_utf8_lossy(section.name);
                unsupported(format!("the relocations in {name} have no addends, which this CPU's ABI does not know"))
            }
            None => Ok(()),
        }
    }

    fn check_write(&self, program: &Program<'_>, range: AddrRange) -> Result<(), Report> {
        let tables = Tables::read(program);
        match tables.inside(range).next() {
            Some(relocation) => {
                let reason = format!(
                    "the linker changes the bytes there: a relocation {} is at {}",
                    tables.describe(relocation),
                    program.describe(relocation.place)
                );
                Err(PATCH_REFUSED.at(program.place(range.start), reason).note("redirect changes what it names"))
            }
            None => Ok(()),
        }
    }

    fn choice(&self, program: &Program<'_>, addr: Addr) -> Choice {
        let is_chooser = |symbol: &rows::Symbol<'_>| symbol.is_chooser() && symbol.addr == Some(addr);
        if Tables::read(program).symbols.iter().any(is_chooser) { Choice::Unknown } else { Choice::Itself }
    }

    fn room(&self, _: &Program<'_>) -> Result<Room, Report> {
        let report = PATCH_REFUSED.because("code and data cannot be added to an object file");
        Err(report
            .note("put what is to be added into an object file of its own, and link both")
            .note("or change the linked program"))
    }

    fn attach(&self, program: &Program<'_>, _: &mut Draft, _: &Annex) -> Result<(), Report> {
        self.room(program).map(|_| ())
    }

    fn relink(&self, program: &Program<'_>, added: &Added, names: [&Name; 2]) -> Option<Result<Relink, Report>> {
        Some(redirect::plan(program, added, names))
    }

    fn finish(
        &self,
        changed: &[Changed<'_, '_>],
        draft: &mut Draft,
        manifest_len: &dyn Fn(&Draft) -> u64,
    ) -> Result<Ending, Report> {
        for Changed { program, annex } in changed {
            // What it adds is as long whatever the length of the manifest is.
            let mut rehearsal = draft.clone();
            finish::extend(program, &annex.added, &mut rehearsal, 0)?;
            finish::extend(program, &annex.added, draft, manifest_len(&rehearsal))?;
        }
        Ok(Ending::default())
    }
}

/// Refuses a file whose sections lie beyond its end or share bytes: what is changed in one would change another.
fn check_layout(program: &Program<'_>, tables: &Tables<'_>) -> Result<(), Report> {
    let sections = tables.sections.iter().map(|section| section.claim);
    let mut ranges: Vec<FileRange> =
        sections.chain(program.shape.headers(program)).filter(|range| range.len > 0).collect();
    ranges.sort_by_key(|range| range.offset);
    let beyond = ranges.iter().find(|range| range.of(program.file).is_none());
    let shared = ranges.array_windows().find(|[first, second]| second.offset < first.end()).map(|[_, second]| second);
    match beyond.or(shared) {
        Some(range) => Err(PATCH_UNSUPPORTED
            .at(Place::offset(range.offset), "the sections of the object file overlap, or reach beyond its end")),
        None => Ok(()),
    }
}

/// Refuses a file whose tables cannot be added to.
fn check_tables(tables: &Tables<'_>) -> Result<(), Report> {
    let is_names = |number: usize| tables.sections.get(number).is_some_and(|section| section.kind == SHT_STRTAB);
    let mut symbols = tables.sections.iter().filter(|section| section.kind == SHT_SYMTAB);
    let mut relocations = tables.sections.iter().filter(|section| section.kind == SHT_RELA);
    let has_symbols = match (symbols.next(), symbols.next()) {
        (Some(table), None) => is_names(table.link as usize) && table.file.len.is_multiple_of(SYMBOL_LEN),
        _ => false,
    };
    let is_known =
        |table: &Section<'_>| table.file.len.is_multiple_of(RELA_LEN) && table.link as usize == tables.symbol_table;
    // Tables that are added to move; what comes into memory stays.
    let is_table = |section: &&Section<'_>| matches!(section.kind, SHT_SYMTAB | SHT_STRTAB | SHT_RELA);
    let is_loaded = tables.sections.iter().filter(is_table).any(|section| section.is_loaded());
    // A number beyond the table would mean a symbol that is added.
    let is_named = tables.relocations.iter().all(|relocation| (relocation.symbol as usize) < tables.symbols.len());
    if !is_loaded && is_named && has_symbols && is_names(tables.section_names) && relocations.all(is_known) {
        return Ok(());
    }
    Err(PATCH_UNSUPPORTED
        .because("the object file has not one table of symbols with names, to which all relocations belong"))
}

/// The bytes of the instruction at `at`; those of the longest one where it cannot be decoded.
fn instruction(program: &Program<'_>, at: Addr) -> AddrRange {
    let code = program.code_at(at);
    let piece = code.and_then(|code| {
        let end = at.plus(LONGEST).min(code.range().end);
        code.within(AddrRange { start: at, end })
    });
    let len = piece.and_then(|piece: Code<'_>| program.coder.whole(piece, 1).ok()).unwrap_or(LONGEST);
    AddrRange { start: at, end: at.plus(len) }
}

//! Mach-O: pointers the dynamic linker completes, exported names, initialisers; memory is added before `__LINKEDIT`; the
//! signature is made anew.

mod annex;
mod caves;
mod commands;
mod ending;
mod exports;
mod fixups;
mod pointers;
mod signature;
mod table;
mod uleb;
mod universal;

use super::{Annex, Changed, Room, Shape};
use crate::{census::DataRef, draft::Draft, program::Program};
use ashore_base::{Addr, AddrRange};
use ashore_formats::Part;
use ashore_image::FileRange;
use ashore_report::{Place, Report, table::*};
use commands::Commands;
use ending::Ending;
use fixups::Fixups;

/// The format's ways.
pub(super) struct Macho;

/// The manifest takes a multiple of this, so that the signature behind it begins at one.
const UNIT: u64 = 16;
/// How often the length of the manifest, which is told in the manifest, is guessed.
const GUESSES: usize = 8;

impl Shape for Macho {
    fn spells(&self, symbol: &[u8], text: &[u8]) -> bool {
        // Compilers of C put an underscore before every name.
        symbol == text || symbol.strip_prefix(b"_").is_some_and(|name| name == text)
    }

    fn data_refs(&self, program: &Program<'_>, addr: Addr) -> Vec<DataRef> {
        pointers::to(program, addr)
    }

    fn words(&self, program: &Program<'_>, targets: AddrRange) -> Vec<u64> {
        pointers::words(program, targets)
    }

    fn retarget(&self, program: &Program<'_>, draft: &mut Draft, place: &DataRef, target: Addr) -> Result<(), Report> {
        pointers::retarget(program, draft, place, target)
    }

    fn headers(&self, program: &Program<'_>) -> Vec<FileRange> {
        let Ok(commands) = Commands::read(program.file, program.part) else { return Vec::new() };
        let own = commands.in_file(FileRange { offset: 0, len: table::HEADER_LEN + commands.len() });
        let before = FileRange { offset: 0, len: universal::table_len(program.file) };
        let linkedit = commands.linkedit().map(|segment| commands.in_file(segment.file));
        [before, own].into_iter().chain(linkedit).collect()
    }

    fn room(&self, program: &Program<'_>) -> Result<Room, Report> {
        annex::room(program)
    }

    fn attach(&self, program: &Program<'_>, _draft: &mut Draft, annex: &Annex) -> Result<(), Report> {
        // The load commands are written once, when the length of the manifest is known too.
        annex::check(program, annex)
    }

    fn code(&self, file: &[u8], part: &Part) -> Vec<FileRange> {
        // The text segment also maps the header, constants and tables.
        let Ok(commands) = Commands::read(file, part) else { return Vec::new() };
        let runs = commands.segments.iter().filter(|segment| segment.protection & table::EXECUTE != 0);
        let mut found = Vec::new();
        for segment in runs {
            let code = segment.sections.iter().filter(|section| section.flags & table::HAS_INSTRUCTIONS != 0);
            let before = found.len();
            found.extend(code.map(|section| section.file).filter(|range| range.len > 0));
            if found.len() == before {
                found.push(segment.file);
            }
        }
        found.into_iter().map(|range| commands.in_file(range)).collect()
    }

    fn check(&self, program: &Program<'_>) -> Result<(), Report> {
        let commands = Commands::read(program.file, program.part)?;
        commands.check()?;
        match Fixups::of(program.file, &commands) {
            Fixups::Chained(chains) => chains.check(),
            Fixups::None | Fixups::Listed(_) => Ok(()),
        }
    }

    fn finish(
        &self,
        changed: &[Changed<'_, '_>],
        draft: &mut Draft,
        manifest_len: &dyn Fn(&Draft) -> u64,
    ) -> Result<super::Ending, Report> {
        let Some(first) = changed.first() else { return Ok(super::Ending::default()) };
        let file = first.program.file;
        let rows = universal::rows(file);
        let next = |end: u64| rows.iter().map(|row| row.slice.offset).find(|&start| start >= end);
        let mut sorted = changed.to_vec();
        sorted.sort_by_key(|one| one.program.part.file.offset);
        let mut endings: Vec<Ending<'_, '_>> =
            sorted.iter().map(|&one| Ending::of(one, next(one.program.part.file.end()))).collect::<Result<_, _>>()?;
        let mut len = 0;
        for _ in 0..GUESSES {
            let mut attempt = draft.clone();
            let mut sealers = Vec::new();
            let last = endings.len().saturating_sub(1);
            for (index, ending) in endings.iter_mut().enumerate() {
                let end = ending.commands.slice.end();
                let later = rows.iter().filter(|row| row.slice.offset >= end);
                let align = later.map(|row| row.align).max();
                sealers.extend(ending.finish(&mut attempt, (index == last).then_some(len), align)?);
            }
            for row in &rows {
                let own = endings.iter().find(|ending| ending.commands.slice == row.slice);
                let start = attempt.moved(row.slice.offset);
                let len = match own {
                    Some(ending) => ending.len(),
                    None => row.slice.len,
                };
                row.write(file, &mut attempt, FileRange { offset: start, len })?;
            }
            let needed = manifest_len(&attempt);
            if (len.saturating_sub(4 * UNIT)..=len).contains(&needed) {
                *draft = attempt;
                let warnings = endings.into_iter().filter_map(|ending| ending.warning).collect();
                return Ok(super::Ending { sealers, warnings });
            }
            len = needed.next_multiple_of(UNIT);
        }
        Err(PATCH_UNVERIFIED.because("no length of the manifest fits"))
    }

    fn check_seal(&self, program: &Program<'_>) -> Result<(), Report> {
        let commands = Commands::read(program.file, program.part)?;
        let Some(command) = commands.find(table::LC_CODE_SIGNATURE) else { return Ok(()) };
        let range = command.stretch(8);
        let place = || Place::offset(commands.slice.offset + range.offset);
        let code = commands.in_file(FileRange { offset: 0, len: range.offset }).of(program.file);
        let Some((signature, code)) = commands.in_file(range).of(program.file).zip(code) else {
            return Err(PATCH_UNVERIFIED.at(place(), "the signature is beyond the end of the file"));
        };
        match signature::fault(signature, code) {
            None => Ok(()),
            Some(fault) => Err(PATCH_UNVERIFIED.at(place(), format!("the signature does not hold: {fault}"))),
        }
    }
}

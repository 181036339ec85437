//! ELF: pointers, relocations and exported symbols; memory is added at the end of the file with as few bytes of the rest changed
//! as the headers allow.

mod annex;
mod headers;
mod pointers;
mod rebase;
mod slots;

use super::{Annex, Choice, Import, Rebased, Room, Shape, Slot};
use crate::{census::DataRef, draft::Draft, program::Program};
use ashore_base::Addr;
use ashore_image::FileRange;
use ashore_report::Report;

/// The format's ways.
pub(super) struct Elf;

impl Shape for Elf {
    fn spells(&self, symbol: &[u8], text: &[u8]) -> bool {
        symbol == text
    }

    fn data_refs(&self, program: &Program<'_>, addr: Addr) -> Vec<DataRef> {
        pointers::to(program, addr)
    }

    fn retarget(&self, program: &Program<'_>, draft: &mut Draft, place: &DataRef, target: Addr) -> Result<(), Report> {
        let reason = format!("{} to {}", place.kind.words(), program.describe(target));
        draft.replace(program.file, place.offset, &target.0.to_le_bytes(), reason)
    }

    fn headers(&self, program: &Program<'_>) -> Vec<FileRange> {
        headers::all(program).collect()
    }

    fn room(&self, program: &Program<'_>) -> Result<Room, Report> {
        annex::room(program)
    }

    fn attach(&self, program: &Program<'_>, draft: &mut Draft, annex: &Annex) -> Result<(), Report> {
        annex::attach(program, draft, annex)
    }

    fn import(&self, program: &Program<'_>, name: &[u8]) -> Option<Slot> {
        slots::of_import(program, name)
    }

    fn imported(&self, program: &Program<'_>, name: &[u8]) -> Vec<Import> {
        slots::imported(program, name)
    }

    fn choice(&self, program: &Program<'_>, addr: Addr) -> Choice {
        slots::choice(program, addr)
    }

    fn rebase(
        &self,
        program: &Program<'_>,
        draft: &mut Draft,
        annex: &mut Annex,
        words: &[Rebased],
    ) -> Result<(), Report> {
        rebase::add(program, draft, annex, words)
    }
}

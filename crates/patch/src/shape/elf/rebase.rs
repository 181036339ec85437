//! More relocations for a program that can be loaded anywhere: its table is copied into added memory, with rows behind it.

use super::{
    super::{Annex, Rebased},
    annex,
    pointers::{DT_RELA, DT_RELASZ, Dynamic, relative_types},
};
use crate::{draft::Draft, program::Program};
use ashore_base::Addr;
use ashore_report::{Report, table::PATCH_REFUSED};

/// Relocations begin at multiples of this.
const ALIGN: usize = 8;

/// Makes the loader complete `words`.
pub(super) fn add(
    program: &Program<'_>,
    draft: &mut Draft,
    annex: &mut Annex,
    words: &[Rebased],
) -> Result<(), Report> {
    let dynamic = Dynamic::read(program);
    let entry = |tag| dynamic.entries.iter().find(|entry| entry.1 == tag).map(|entry| entry.0);
    let table = dynamic.table(program, DT_RELA, DT_RELASZ);
    let old = table.and_then(|table| Some((table.offset, table.of(program.file)?.to_vec())));
    let (Some(addr_at), Some(len_at), Some((offset, mut table))) = (entry(DT_RELA), entry(DT_RELASZ), old) else {
        let place = words.first().map_or(Addr::NULL, |word| word.at);
        let reason =
            "an added word must hold an address, and the program has no table of relocations to tell its loader";
        return Err(PATCH_REFUSED
            .at(place, reason)
            .note("avoid pointers in the object's variables, or compile with -fPIC"));
    };
    let [relative, _] = relative_types(program.part.image.cpu);
    let start = annex.code.len().next_multiple_of(ALIGN);
    annex.code.resize(start, 0);
    // Other requests may have changed rows of the table that is left behind.
    for edit in draft.edits() {
        for (at, &new) in (edit.offset..).zip(&edit.new) {
            let place = at.checked_sub(offset).and_then(|at| table.get_mut(usize::try_from(at).ok()?));
            place.into_iter().for_each(|byte| *byte = new);
        }
    }
    annex.code.append(&mut table);
    for word in words {
        let row = [word.at.0, relative.into(), word.target.0];
        row.iter().for_each(|long| annex.code.extend_from_slice(&long.to_le_bytes()));
    }
    let at = annex::room(program)?.code.plus(start as u64);
    let len = (annex.code.len() - start) as u64;
    draft.replace(program.file, addr_at, &at.0.to_le_bytes(), "table of relocations moved")?;
    draft.replace(program.file, len_at, &len.to_le_bytes(), "relocations counted")
}

//! The notes of a core file, in whose layout they are, and where they go.

use super::{Core, bsd, linux};
use alloc::format;
use ashore_base::{AddrRange, Bytes, Os};
use ashore_report::{
    Place,
    table::{MALFORMED, TRUNCATED},
};

/// Length of the three words before the owner's name.
const HEAD_LEN: u64 = 12;
/// Names and descriptions are padded to this, in 64-bit cores too.
const ALIGN: u64 = 4;

/// Our own note: the name of the system that the program was for.
pub(super) const ASHORE: &[u8] = b"Ashore";
pub(super) const NT_ASHORE_GUEST: u32 = 1;
/// The end of what the program wrote to its standard error output.
pub(super) const NT_ASHORE_WORDS: u32 = 2;

/// One note.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note<'a> {
    /// Whose it is, up to the zero.
    pub(super) owner: &'a [u8],
    pub(super) kind: u32,
    pub(super) data: Bytes<'a>,
    /// Where in the file it begins.
    pub(super) at: u64,
}

/// Reads the notes of every stretch into the core.
pub(super) fn read<'a>(core: &mut Core<'a>, bytes: Bytes<'a>, stretches: &[AddrRange]) {
    // Stretches of a hostile file may all be the same one: together they are not longer than the file.
    let mut budget = bytes.0.len() as u64;
    for stretch in stretches {
        let mut at = stretch.start.0;
        while at.saturating_add(HEAD_LEN) <= stretch.end.0 && budget > 0 {
            let Some((note, next)) = note(bytes, at) else {
                let reason = format!("the note at {at:#x} passes the end of the file");
                core.remark(TRUNCATED.at(Place::offset(at), reason));
                break;
            };
            if note.at.saturating_add(HEAD_LEN).saturating_add(note.data.0.len() as u64) > stretch.end.0 {
                core.remark(MALFORMED.at(Place::offset(at), format!("a note passes its end at {}", stretch.end)));
                break;
            }
            take(core, &note);
            budget = budget.saturating_sub(next - at);
            at = next;
        }
    }
}

/// The note at `at`, and where the next one begins.
fn note(bytes: Bytes<'_>, at: u64) -> Option<(Note<'_>, u64)> {
    let name_len = u64::from(bytes.u32(at)?);
    let data_len = u64::from(bytes.u32(at + 4)?);
    let kind = bytes.u32(at + 8)?;
    let name_at = at + HEAD_LEN;
    let data_at = name_at.checked_add(name_len)?.checked_next_multiple_of(ALIGN)?;
    let name = bytes.slice(name_at, name_len)?;
    let owner = name.split(|byte| *byte == 0).next().unwrap_or_default();
    let data = Bytes(bytes.slice(data_at, data_len)?);
    let next = data_at.checked_add(data_len)?.checked_next_multiple_of(ALIGN)?;
    Some((Note { owner, kind, data, at }, next))
}

/// Gives a note to whoever knows its owner's layouts. Unknown notes are nobody's damage.
fn take<'a>(core: &mut Core<'a>, note: &Note<'a>) {
    match note.owner {
        b"CORE" if bsd::is_dragonfly(note) => bsd::dragonfly(core, note),
        b"CORE" | b"LINUX" => linux::take(core, note),
        ASHORE if note.kind == NT_ASHORE_GUEST => {
            core.guest = Os::from_name(&text(Some(note.data.0)));
        }
        ASHORE if note.kind == NT_ASHORE_WORDS => core.last_words = note.data.0,
        b"FreeBSD" => bsd::freebsd(core, note),
        owner if owner.starts_with(b"NetBSD-CORE") => bsd::netbsd(core, note),
        owner if owner.starts_with(b"OpenBSD") => bsd::openbsd(core, note),
        _ => {}
    }
}

/// Text in a field of fixed length, up to its first zero.
pub(super) fn text(field: Option<&[u8]>) -> alloc::string::String {
    let field = field.unwrap_or_default();
    let text = field.split(|byte| *byte == 0).next().unwrap_or_default();
    alloc::string::String::from_utf8_lossy(text).into_owned()
}

/// The pairs of an auxiliary vector up to its end.
pub(super) fn auxv(data: Bytes<'_>) -> alloc::vec::Vec<(u64, u64)> {
    let words = data.0.chunks_exact(16).map(|pair| {
        let pair = Bytes(pair);
        (pair.u64(0).unwrap_or_default(), pair.u64(8).unwrap_or_default())
    });
    words.take_while(|(key, _)| *key != 0).collect()
}

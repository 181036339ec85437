//! Memory that a program has and does not use: what is left of the last page of its code and of its data.
//!
//! Linkers that leave no room for load commands still round segments up to pages. Nothing moves when these rests are used, so
//! that is the way for programs to which no segment can be added; they take only so much.

use super::{
    super::{Annex, Room},
    commands::{Commands, Segment},
    table::*,
};
use crate::draft::Draft;
use ashore_base::{Addr, AddrRange};
use ashore_image::FileRange;
use ashore_report::{Place, Report, table::PATCH_REFUSED};

/// Alignment of what is added.
const UNIT: u64 = 16;
/// Less is not worth naming.
const LEAST: u64 = 64;

/// The rest of a segment.
#[derive(Clone, Copy, Debug)]
struct Rest {
    memory: AddrRange,
    /// Its bytes in the file; empty where memory is zero without any.
    file: FileRange,
}

/// What is left of the segments of a program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caves {
    code: Rest,
    data: Option<Rest>,
    /// For messages.
    place: u64,
}

impl Caves {
    /// Those of the program with these commands; none when not even code has one.
    pub(super) fn of(file: &[u8], commands: &Commands) -> Option<Caves> {
        let segments = |wanted: u32| {
            let is_wanted = move |segment: &&Segment| segment.protection == wanted && segment.name != LINKEDIT;
            commands.segments.iter().filter(is_wanted)
        };
        let largest = |wanted| {
            segments(wanted).filter_map(|segment| rest(file, commands, segment)).max_by_key(|rest| rest.memory.len())
        };
        let code = largest(READ | EXECUTE).filter(|rest| rest.file.len > 0)?;
        Some(Caves { code, data: largest(READ | WRITE), place: commands.slice.offset })
    }

    /// Where memory can be added.
    pub(super) fn room(&self) -> Room {
        let data = self.data.unwrap_or(self.code);
        Room { code: self.code.memory.start, data: data.memory.start }
    }

    /// Adds `annex`.
    pub(super) fn attach(&self, file: &[u8], draft: &mut Draft, annex: &Annex) -> Result<(), Report> {
        let refused = |what: &str, needed: u64, room: u64| {
            let reason = format!(
                "{needed} bytes of {what} must be added: there is no room for a load command, and {room} are left of pages"
            );
            let report = PATCH_REFUSED.at(Place::offset(self.place), reason);
            Err(report.note("link with more room behind the load commands: `-headerpad 0x200`"))
        };
        let code_len = annex.code.len() as u64;
        if code_len > self.code.memory.len() {
            return refused("code", code_len, self.code.memory.len());
        }
        draft.replace(file, self.code.file.offset, &annex.code, "code added")?;
        let data_len = annex.data.len() as u64;
        let all = data_len.saturating_add(annex.zeroed_len);
        let is_zero = annex.data.iter().all(|&byte| byte == 0);
        match self.data {
            _ if all == 0 => Ok(()),
            Some(rest) if all <= rest.memory.len() && (is_zero || data_len <= rest.file.len) => match is_zero {
                true => Ok(()),
                false => draft.replace(file, rest.file.offset, &annex.data, "data added"),
            },
            rest => refused("data", all, rest.map_or(0, |rest| rest.memory.len())),
        }
    }
}

/// What is left of `segment` behind its last section.
fn rest(file: &[u8], commands: &Commands, segment: &Segment) -> Option<Rest> {
    let used = segment.sections.iter().map(|section| section.memory.end.0).max()?;
    let start = used.checked_next_multiple_of(UNIT)?;
    let memory = AddrRange { start: Addr(start), end: Addr(segment.end()) };
    if start < segment.addr || segment.end() < start.checked_add(LEAST)? {
        return None;
    }
    let distance = start - segment.addr;
    let len = segment.file.len.saturating_sub(distance);
    let bytes = commands.in_file(FileRange { offset: segment.file.offset.checked_add(distance)?, len });
    let is_zero = |range: FileRange| range.of(file).is_some_and(|bytes| bytes.iter().all(|&byte| byte == 0));
    match len {
        0 => Some(Rest { memory, file: FileRange::default() }),
        // Code must have bytes all the way.
        _ if is_zero(bytes) => {
            Some(Rest { memory: AddrRange { start: memory.start, end: Addr(start + len) }, file: bytes })
        }
        _ => None,
    }
}

//! USER: what the program triggers itself.

use crate::bsd::events::queue::{Note, Source, ev};
use crate::bsd::events::record::Event;

const FFAND: u32 = 0x4000_0000;
const FFOR: u32 = 0x8000_0000;
const FFCOPY: u32 = 0xc000_0000;
const FFCTRLMASK: u32 = 0xc000_0000;
const FFLAGSMASK: u32 = 0x00ff_ffff;
const TRIGGER: u32 = 0x0100_0000;

/// Applies a change to a note that exists. Adding one does not trigger it, whatever the change says.
pub fn touch(note: &mut Note, change: &Event) {
    if change.fflags & TRIGGER != 0 {
        note.fired = 1;
    }
    let flags = change.fflags & FFLAGSMASK;
    match change.fflags & FFCTRLMASK {
        FFAND => note.wanted &= flags,
        FFOR => note.wanted |= flags,
        FFCOPY => note.wanted = flags,
        _ => {}
    }
    note.param = change.data;
    if change.flags & ev::CLEAR != 0 {
        note.fired = 0;
    }
}

/// The event of a triggered note.
pub fn report(source: &Source, note: &Note) -> Event {
    Event { fflags: note.wanted & FFLAGSMASK, data: note.param, ..note.event(source.ident) }
}

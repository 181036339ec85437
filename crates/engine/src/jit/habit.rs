//! Which registers a program prefers, by samples of its text.

use ashore_base::{AddrRange, Cpu};
use ashore_isa::lift::Habit;
use ashore_pivot::Memory as _;

/// So many parts of each stretch of text are looked at: a start is to take no time.
const SAMPLES: u64 = 8;
/// The bytes of a part.
const PART: usize = 2048;

/// The habit that suits a text, which is mapped.
pub(super) fn of(cpu: Cpu, text: &[AddrRange]) -> Habit {
    let mut code = Vec::new();
    let mut part = [0; PART];
    for range in text.iter().filter(|range| !range.is_empty()) {
        for sample in 0..SAMPLES {
            let at = range.start.plus((range.len() / SAMPLES * sample) & !3);
            let len = (range.end.0 - at.0).min(PART as u64) as usize;
            let Some(part) = part.get_mut(..len) else { continue };
            if ashore_sys::GuestMemory.read(at, part).is_ok() {
                code.extend_from_slice(part);
            }
        }
    }
    ashore_isa::habit(cpu, &code)
}

//! Where stubs lie: within a jump's reach of the program, and where it matters at a distance with chosen digits.

use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use ashore_pivot::Errno;
use core::ops::RangeInclusive;

/// What the third byte of a jump's distance may be when it lies over a call: `ins` and `outs`, each one byte long, which
/// a program may never run (SDM volume 2: a general-protection fault without I/O rights). Whoever jumps to the call
/// runs that byte, and the handler of the fault takes it for the call.
pub(super) const GUARD: RangeInclusive<u8> = 0x6c..=0x6f;
/// Which bits of a distance that byte is.
const GUARD_SHIFT: u64 = 16;
/// Distances that differ in less than this have at most neighbouring guards.
const GUARD_SPAN: u64 = 4 << GUARD_SHIFT;
/// Distances that differ by this have the same guard.
const GUARD_PERIOD: u64 = 1 << 24;
/// How much of [`GUARD_SPAN`] is for the stubs themselves; the rest is for the calls they stand for.
pub(super) const GUARDED_AREA_MAX: u64 = 1 << GUARD_SHIFT;
/// How far apart calls may be that share an area.
pub(super) const GUARDED_TEXT_MAX: u64 = GUARD_SPAN - GUARDED_AREA_MAX - PAGE_SIZE;

/// How far below and above a program is searched. Right above it is its break.
const BELOW: u64 = 64 << 20;
const FIRST_ABOVE: u64 = 64 << 20;
const ABOVE: u64 = 1 << 30;
const LOWEST: u64 = 2 << 20;

/// Memory from which every byte of `text` can be reached with a 32-bit distance, and the other way.
pub(super) fn near(text: AddrRange, len: u64) -> Result<Option<AddrRange>, Errno> {
    const STEP: u64 = 1 << 20;
    const REACH: u64 = (1 << 31) - (1 << 24);
    let below = (1..BELOW / STEP).map(|n| text.start.0.saturating_sub(n * STEP)).take_while(|at| *at >= LOWEST);
    let top = text.end.align_up(PAGE_SIZE).0;
    let above = (FIRST_ABOVE / STEP..ABOVE / STEP).map(|n| top.saturating_add(n * STEP));
    for hint in below.chain(above) {
        let area = ashore_sys::anonymous(Addr(hint), len)?;
        let span = area.end.0.max(text.end.0) - area.start.0.min(text.start.0);
        if span < REACH {
            return Ok(Some(area));
        }
        ashore_sys::forget(area);
    }
    Ok(None)
}

/// Memory whose distance from the end of every call in `calls` has a [`GUARD`].
pub(super) fn guarded(calls: AddrRange, len: u64) -> Result<Option<AddrRange>, Errno> {
    if calls.len() > GUARDED_TEXT_MAX || len > GUARDED_AREA_MAX {
        return Ok(None);
    }
    let first = calls.end.plus(u64::from(*GUARD.start()) << GUARD_SHIFT).align_up(PAGE_SIZE).0;
    let below = (1..=BELOW / GUARD_PERIOD).map(|n| first.saturating_sub(n * GUARD_PERIOD));
    let above = (FIRST_ABOVE / GUARD_PERIOD..ABOVE / GUARD_PERIOD).map(|n| first.saturating_add(n * GUARD_PERIOD));
    for at in below.take_while(|at| *at >= LOWEST).chain(above) {
        let area = ashore_sys::anonymous(Addr(at), len)?;
        if area.start.0 == at {
            return Ok(Some(area));
        }
        ashore_sys::forget(area);
    }
    Ok(None)
}

/// Whether a jump of this distance may lie over a call.
pub(super) fn is_guarded(distance: i32) -> bool {
    GUARD.contains(&((distance >> GUARD_SHIFT) as u8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_distance_into_a_guarded_area_has_the_guard() {
        let calls = AddrRange { start: Addr(0x1234_5678), end: Addr(0x1234_5678 + GUARDED_TEXT_MAX) };
        let area = guarded(calls, GUARDED_AREA_MAX).unwrap().unwrap();
        for call in [calls.start, calls.end] {
            for stub in [area.start, Addr(area.end.0 - 32)] {
                assert!(is_guarded(stub.0.wrapping_sub(call.0) as i32), "{call} {stub}");
            }
        }
        ashore_sys::forget(area);
    }

    #[test]
    fn calls_too_far_apart_have_no_common_area() {
        let calls = AddrRange { start: Addr(0x1000_0000), end: Addr(0x1000_0000 + GUARDED_TEXT_MAX + 1) };
        assert_eq!(guarded(calls, PAGE_SIZE), Ok(None));
    }
}

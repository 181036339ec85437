//! Places that name an address with several instructions: `adrp` and `add`, `movz` and `movk`.
//!
//! The halves of a pair are found by following the register through straight code. `adrp` and a load is a slot that holds an
//! address, not an address, and not reported. A constant is reported when at least two instructions make it: what one
//! instruction makes is far more often a number.

use super::effects::{Effect, Flow, effect};
use super::find::Search;
use super::words::{Half, SIZE, Shape, add_constant, named, rd, rn};
use crate::{Code, CodeRef, RefKind};
use alloc::vec::Vec;
use ashore_base::Addr;

/// How many instructions behind the first are looked at.
const WINDOW: usize = 16;

/// The instructions in `code` behind `at`, with their addresses.
pub(super) fn behind(code: Code<'_>, at: Addr) -> impl Iterator<Item = (Addr, u32)> {
    let bytes = code.from(at.plus(SIZE)).unwrap_or_default();
    let words = bytes.chunks_exact(SIZE as usize).map(|bytes| bytes.try_into().map_or(0, u32::from_le_bytes));
    words.scan(at, |at, word| {
        *at = at.plus(SIZE);
        Some((*at, word))
    })
}

/// The places that name a target from the `adrp` at `at`: one for each `add`.
pub(super) fn pages(search: &Search<'_>, word: u32, at: Addr, found: &mut Vec<CodeRef>) {
    let Some(page) = named(word, at) else { return };
    let overlaps = page.0 < search.targets.end.0 && search.targets.start.0.saturating_sub(page.0) < 4096;
    if !overlaps || rd(word) == 31 {
        return;
    }
    let register = rd(word);
    for (second, word) in behind(search.code, at).take(WINDOW) {
        if let Some(constant) = add_constant(word).filter(|_| rn(word) == register) {
            let target = page.plus(u64::from(constant));
            if search.targets.contains(target) && one_function(search, at, second) {
                found.push(CodeRef { at, second: Some(second), kind: RefKind::Address, target });
            }
        }
        let Effect { writes, flow, .. } = effect(word);
        if flow != Flow::On || writes & (1 << register) != 0 {
            return;
        }
    }
}

/// The place that names a target by a constant whose first half is made by the `movz` at `at`.
pub(super) fn constant(search: &Search<'_>, word: u32, at: Addr, found: &mut Vec<CodeRef>) {
    if Half::of(word).is_none_or(|half| half.keeps) || rd(word) == 31 {
        return;
    }
    let (value, last) = made(search.code, at, word);
    let Some(last) = last.filter(|_| search.targets.contains(Addr(value))) else { return };
    if one_function(search, at, last) {
        found.push(CodeRef { at, second: Some(last), kind: RefKind::Constant, target: Addr(value) });
    }
}

/// The constant that the `movz` at `at` and those that keep what it did make, and where the last of them is.
pub(super) fn made(code: Code<'_>, at: Addr, word: u32) -> (u64, Option<Addr>) {
    let register = rd(word);
    let mut value = Half::of(word).map_or(0, |half| half.apply(0));
    let mut last = None;
    for (place, word) in behind(code, at).take(WINDOW) {
        match Half::of(word).filter(|half| half.keeps && rd(word) == register) {
            Some(half) => {
                value = half.apply(value);
                last = Some(place);
            }
            None => {
                let Effect { reads, writes, flow } = effect(word);
                if flow != Flow::On || (reads | writes) & (1 << register) != 0 {
                    break;
                }
            }
        }
    }
    (value, last)
}

/// Whether the two places are in one function, as far as functions are known.
fn one_function(search: &Search<'_>, first: Addr, second: Addr) -> bool {
    (search.function_at)(first).is_none_or(|function| function.contains(second))
}

/// Why what the `adrp` at `at` makes cannot be changed for the `add` at `second` alone, if something else uses it.
pub(super) fn other_use(code: Code<'_>, at: Addr, second: Addr) -> Option<&'static str> {
    const SHARED: &str = "another instruction uses the page this one names";
    const UNKNOWN: &str = "the register with the page may still be used behind a branch";
    /// Registers a call may change: nothing survives in them.
    const SCRATCH: u32 = 0x0003_ffff;
    let (_, first) = behind(code, at.minus(SIZE)).next()?;
    if Shape::of(first) != Some(Shape::Adrp) {
        return Some("the first instruction is no adrp");
    }
    let register = 1 << rd(first);
    for (place, word) in behind(code, at).take(64) {
        let Effect { reads, writes, flow } = effect(word);
        if place != second && flow == Flow::On && reads & register != 0 {
            return Some(SHARED);
        }
        match flow {
            _ if place > second.minus(SIZE) && writes & register != 0 && flow == Flow::On => return None,
            Flow::On => {}
            Flow::Call | Flow::Return if register & SCRATCH != 0 => return None,
            Flow::Call | Flow::Return | Flow::Away => return Some(UNKNOWN),
        }
    }
    Some(UNKNOWN)
}

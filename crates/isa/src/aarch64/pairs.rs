//! Places that name an address with several instructions: `adrp` and `add`, `movz` and `movk`.
//!
//! The halves of a pair are found by following the register through straight code. `adrp` and a load is a slot that holds an
//! address, not an address, and not reported. A constant is reported when at least two instructions make it: what one
//! instruction makes is far more often a number.

use super::effects::effect;
use super::words::{Half, SIZE, Shape, add_constant, instructions, named, rd, rn};
use crate::code::{OtherUse, Pair, Search, bit};
use crate::{Code, CodeRef, RefKind};
use alloc::vec::Vec;
use ashore_base::Addr;

/// How many instructions behind the first are looked at.
const WINDOW: usize = 16;

/// The instructions in `code` behind `at`, with their addresses.
pub(super) fn behind(code: Code<'_>, at: Addr) -> impl Iterator<Item = (Addr, u32)> {
    let start = at.plus(SIZE);
    instructions(Code { bytes: code.from(start).unwrap_or_default(), start })
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
        if !effect(word).keeps(register) {
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
                let effect = effect(word);
                if !effect.keeps(register) || effect.reads & bit(register) != 0 {
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
    /// Registers a call may change.
    const SCRATCH: u32 = 0x0003_ffff;
    let (_, first) = behind(code, at.minus(SIZE)).next()?;
    if Shape::of(first) != Some(Shape::Adrp) {
        return Some("the first instruction is no adrp");
    }
    let pair = Pair { second, register: rd(first), scratch: SCRATCH };
    match pair.other_use(behind(code, at).map(|(at, word)| (at, effect(word))))? {
        OtherUse::Seen => Some(SHARED),
        OtherUse::Unknown => Some(UNKNOWN),
    }
}

//! Making a place name another address.

use super::pairs::{self, First};
use super::words::{Instruction, Shape, UNIT, named, split, with_short_upper};
use crate::{Code, CodeRef, RefKind, Unencodable, Write};
use alloc::vec::Vec;
use ashore_base::Addr;

const GONE: &str = "the instructions are not those the place was found with";

/// How far a pair reaches.
const PAIR_REACH: u64 = 1 << 31;

/// How far `c.lui` and what follows reach.
const SHORT_REACH: u64 = 1 << 17;

/// What to write so that `place` names `target`.
pub(super) fn retarget(code: Code<'_>, place: &CodeRef, target: Addr) -> Result<Vec<Write>, Unencodable> {
    let gone = Unencodable::Instruction { at: place.at, reason: GONE };
    let at = |at: Addr| code.from(at).and_then(|bytes| Instruction::first(bytes, at)).ok_or(gone.clone());
    let first = at(place.at)?;
    match place.second {
        Some(second) => pair(code, place, (first, at(second)?), target),
        None if named(first) != Some(place.target) => Err(gone),
        None => {
            let shape = Shape::of(first).ok_or(gone.clone())?;
            Ok(Vec::from([write(first, shape.aim(first.word, first.at, target)?)]))
        }
    }
}

fn write(one: Instruction, word: u32) -> Write {
    Write { at: one.at, bytes: word.to_le_bytes().into_iter().take(one.size as usize).collect() }
}

fn pair(
    code: Code<'_>,
    place: &CodeRef,
    (one, second): (Instruction, Instruction),
    target: Addr,
) -> Result<Vec<Write>, Unencodable> {
    let gone = Unencodable::Instruction { at: place.at, reason: GONE };
    let first = First::of(one).ok_or(gone.clone())?;
    if first.with(second, one.rd()) != Some((place.kind, place.target)) {
        return Err(gone);
    }
    let out_of_range = |reach| Unencodable::OutOfRange { at: place.at, target, reach };
    let apart = match first {
        First::Distance(_) => target.0.wrapping_sub(one.at.0),
        First::Constant(_) => target.0,
    };
    if matches!(place.kind, RefKind::Call | RefKind::Jump) && !target.0.is_multiple_of(UNIT) {
        return Err(Unencodable::Instruction { at: place.at, reason: "a jump reaches only whole instructions" });
    }
    let (upper, lower) = split(apart).ok_or(out_of_range(PAIR_REACH))?;
    let aimed = match one.size {
        4 => one.word & 0xfff | upper,
        _ => with_short_upper(one.word, upper).ok_or(out_of_range(SHORT_REACH))?,
    };
    let mut writes = Vec::new();
    if aimed != one.word {
        if let Some(reason) = pairs::other_use(code, place.at, second.at) {
            return Err(Unencodable::Instruction { at: place.at, reason });
        }
        writes.push(write(one, aimed));
    }
    writes.push(write(second, second.word & 0x000f_ffff | lower << 20));
    Ok(writes)
}

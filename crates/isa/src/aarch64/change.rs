//! Making a place name another address.

use super::pairs;
use super::words::{Half, PAGE, SIZE, Shape, aim, named, rd, with_add_constant};
use crate::{Code, CodeRef, Unencodable, Write};
use alloc::vec::Vec;
use ashore_base::{Addr, Bytes};

const GONE: &str = "the instructions are not those the place was found with";

/// What to write so that `place` names `target`.
pub(super) fn retarget(code: Code<'_>, place: &CodeRef, target: Addr) -> Result<Vec<Write>, Unencodable> {
    let gone = Unencodable::Instruction { at: place.at, reason: GONE };
    let word = word_at(code, place.at).ok_or(gone.clone())?;
    match (Shape::of(word), place.second) {
        (Some(Shape::Adrp), Some(second)) => page_and_offset(code, place, (word, second), target),
        (None, Some(last)) => constant(code, place, (word, last), target),
        (Some(shape), None) if shape != Shape::Adrp && named(word, place.at) == Some(place.target) => {
            Ok(Vec::from([write(place.at, aim(shape, word, place.at, target)?)]))
        }
        _ => Err(gone),
    }
}

fn word_at(code: Code<'_>, at: Addr) -> Option<u32> {
    Bytes(code.from(at)?).u32(0)
}

fn write(at: Addr, word: u32) -> Write {
    Write { at, bytes: Vec::from(word.to_le_bytes()) }
}

/// `adrp` and `add`.
fn page_and_offset(
    code: Code<'_>,
    place: &CodeRef,
    (first, second): (u32, Addr),
    target: Addr,
) -> Result<Vec<Write>, Unencodable> {
    let gone = Unencodable::Instruction { at: place.at, reason: GONE };
    let add = word_at(code, second).ok_or(gone.clone())?;
    let constant =
        super::words::add_constant(add).filter(|_| super::words::rn(add) == rd(first)).ok_or(gone.clone())?;
    let page = named(first, place.at).ok_or(gone.clone())?;
    if page.plus(u64::from(constant)) != place.target {
        return Err(gone);
    }
    let aimed = aim(Shape::Adrp, first, place.at, target)?;
    let mut writes = Vec::new();
    if aimed != first {
        if let Some(reason) = pairs::other_use(code, place.at, second) {
            return Err(Unencodable::Instruction { at: place.at, reason });
        }
        writes.push(write(place.at, aimed));
    }
    writes.push(write(second, with_add_constant(add, (target.0 % PAGE) as u32)));
    Ok(writes)
}

/// `movz` and `movk`: every half of the address must have its instruction.
fn constant(
    code: Code<'_>,
    place: &CodeRef,
    (first, last): (u32, Addr),
    target: Addr,
) -> Result<Vec<Write>, Unencodable> {
    let gone = Unencodable::Instruction { at: place.at, reason: GONE };
    let half = Half::of(first).filter(|half| !half.keeps).ok_or(gone.clone())?;
    if pairs::made(code, place.at, first) != (place.target.0, Some(last)) {
        return Err(gone);
    }
    let mut value = 0;
    let mut writes = Vec::new();
    let behind = pairs::behind(code, place.at.minus(SIZE)).take_while(|&(at, _)| at <= last);
    for (at, word) in behind {
        let Some(each) = Half::of(word).filter(|each| rd(word) == rd(first) && (at == place.at || each.keeps)) else {
            continue;
        };
        let word = each.with(word, target.0);
        value = Half::of(word).map_or(value, |each| each.apply(value));
        writes.push(write(at, word));
    }
    if value != target.0 {
        let reach = if half.wide { 1 << 48 } else { 1 << 32 };
        return Err(Unencodable::OutOfRange { at: place.at, target, reach });
    }
    Ok(writes)
}

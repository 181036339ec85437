//! The first instructions of a function, made to run elsewhere.
//!
//! Instructions that name an address by distance are written anew. Those that reached further than their new place allows go
//! through x16 or x17, whichever the moved instructions do not use (Go's prologues compare the stack's limit in x16).

use super::Instructions;
use super::effects::effect;
use super::emit::{IP0, IP1};
use super::words::{B, SIZE, Shape, aim, instructions, named, rd};
use crate::code::{Moving, Register, check_entries};
use crate::{Code, Displaced, Unencodable};
use ashore_base::{Addr, AddrRange, Bytes};

/// How many bytes whole instructions take that cover the first `len` of `function`.
pub(super) fn whole(function: Code<'_>, len: u64) -> Result<u64, Unencodable> {
    let needed = len.checked_next_multiple_of(SIZE).unwrap_or(u64::MAX);
    if needed > function.bytes.len() as u64 {
        return Err(Unencodable::TooShort { needed });
    }
    Ok(needed)
}

/// The whole instructions that cover the first `len` bytes of `function`, moved to `to`, followed by a branch back.
pub(super) fn displace(function: Code<'_>, len: u64, to: Addr) -> Result<Displaced, Unencodable> {
    let taken = whole(function, len)?;
    let moved = Code { bytes: Bytes(function.bytes).slice(0, taken).unwrap_or_default(), start: function.start };
    let end = function.start.plus(taken);
    let goes = |word| Shape::of(word).is_some_and(|shape| shape.is_branch() || shape == Shape::Call);
    let branches = instructions(function).filter(|&(_, word)| goes(word));
    let branches = branches.filter_map(|(at, word)| Some((at, named(word, at)?)));
    check_entries(AddrRange { start: function.start, end }, branches)?;
    let used = instructions(moved).fold(0, |used, (_, word)| used | effect(word).uses());
    let mut moving = Moving::new(function.start, to, &[IP0, IP1], used);
    for (at, word) in instructions(moved) {
        moving.instruction(at, word)?;
    }
    moving.go(end, function.start)?;
    Ok(Displaced { taken, bytes: moving.block.into_bytes() })
}

impl Moving<Instructions> {
    fn instruction(&mut self, at: Addr, word: u32) -> Result<(), Unencodable> {
        let (Some(shape), Some(target)) = (Shape::of(word), named(word, at)) else {
            self.block.word(word);
            return Ok(());
        };
        // A call of itself is a call as any other.
        let target = if shape.is_branch() { self.followed(target) } else { target };
        match shape {
            Shape::Call => {
                if self.block.aimed(shape, word, target).is_err() {
                    // Between a call and the function's entry both are free, but what follows may still want the value.
                    let free = self.free(at)?;
                    self.block.far_call(target, free);
                }
            }
            Shape::Jump => self.go(target, at)?,
            Shape::Condition | Shape::Compare | Shape::Test => self.conditional(shape, word, target, at)?,
            Shape::Adr => self.block.address(Register(rd(word)), target),
            Shape::Adrp => match aim(shape, word, self.block.here(), target) {
                Ok(word) => self.block.word(word),
                Err(_) => self.block.constant(Register(rd(word)), target.0),
            },
            Shape::Literal => self.literal(word, target, at)?,
        }
        Ok(())
    }

    /// Goes to `target`, on behalf of the instruction at `at`.
    fn go(&mut self, target: Addr, at: Addr) -> Result<(), Unencodable> {
        if self.block.aimed(Shape::Jump, B, target).is_err() {
            let free = self.free(at)?;
            self.block.far_branch(target, free);
        }
        Ok(())
    }

    /// A conditional branch: itself where it reaches, the opposite one over a branch otherwise.
    fn conditional(&mut self, shape: Shape, word: u32, target: Addr, at: Addr) -> Result<(), Unencodable> {
        if self.block.aimed(shape, word, target).is_ok() {
            return Ok(());
        }
        // The conditions 14 and 15 both mean always, and are not each other's opposite.
        if shape == Shape::Condition && word & 14 == 14 {
            return self.go(target, at);
        }
        let opposite = if shape == Shape::Condition { word ^ 1 } else { word ^ 1 << 24 };
        let mut beyond = self.behind(SIZE);
        beyond.go(target, at)?;
        let over = beyond.block.here();
        self.block.aimed(shape, opposite, over)?;
        self.go(target, at)
    }

    /// A load of a literal: the address into the register itself, or into a free one, and a load through it.
    fn literal(&mut self, word: u32, target: Addr, at: Addr) -> Result<(), Unencodable> {
        let is_vector = word >> 26 & 1 == 1;
        // The loads with a base that do the same, by bits 30 and 31.
        let load: u32 = match (is_vector, word >> 30) {
            (false, 0) => 0xb940_0000,
            (false, 1) => 0xf940_0000,
            (false, 2) => 0xb980_0000,
            // A prefetch is a hint.
            (false, _) => return Ok(()),
            (true, 0) => 0xbd40_0000,
            (true, 1) => 0xfd40_0000,
            (true, 2) => 0x3dc0_0000,
            (true, _) => {
                return Err(Unencodable::Instruction { at, reason: "it is no instruction" });
            }
        };
        let base = if is_vector || rd(word) == 31 { self.free(at)? } else { Register(rd(word)) };
        self.block.address(base, target);
        self.block.word(load | base.0 << 5 | rd(word));
        Ok(())
    }
}

//! The first instructions of a function, made to run elsewhere.
//!
//! Instructions that name an address by distance are written anew. Those that reached further than their new place allows go
//! through x16 or x17, whichever the moved instructions do not use (Go's prologues compare the stack's limit in x16).

use super::effects::effect;
use super::emit::{Block, IP0, IP1, Register};
use super::words::{B, SIZE, Shape, aim, named, rd};
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

/// The instructions of `code`, with their addresses.
fn instructions(code: Code<'_>) -> impl Iterator<Item = (Addr, u32)> {
    let words = code.bytes.chunks_exact(SIZE as usize).map(|bytes| bytes.try_into().map_or(0, u32::from_le_bytes));
    words.enumerate().map(move |(index, word)| (code.start.plus(index as u64 * SIZE), word))
}

/// The whole instructions that cover the first `len` bytes of `function`, moved to `to`, followed by a branch back.
pub(super) fn displace(function: Code<'_>, len: u64, to: Addr) -> Result<Displaced, Unencodable> {
    let taken = whole(function, len)?;
    let moved = Code { bytes: Bytes(function.bytes).slice(0, taken).unwrap_or_default(), start: function.start };
    let behind_first = AddrRange { start: function.start.plus(1), end: function.start.plus(taken) };
    for (at, word) in instructions(function) {
        let goes = Shape::of(word).is_some_and(|shape| shape.is_branch() || shape == Shape::Call);
        if goes && named(word, at).is_some_and(|target| behind_first.contains(target)) {
            return Err(Unencodable::Instruction { at, reason: "it branches into the bytes to be taken" });
        }
    }
    let used = instructions(moved).fold(0, |used, (_, word)| {
        let effect = effect(word);
        used | effect.reads | effect.writes
    });
    let free = [IP0, IP1].into_iter().find(|register| used & (1 << register.0) == 0);
    let mut moving = Moving { from: function.start, to, free, block: Block::new(to) };
    for (at, word) in instructions(moved) {
        moving.instruction(at, word)?;
    }
    moving.go(function.start.plus(taken), function.start)?;
    Ok(Displaced { taken, bytes: moving.block.into_bytes() })
}

/// Instructions on their way.
struct Moving {
    /// Where the function is.
    from: Addr,
    /// Where its first instructions go.
    to: Addr,
    /// A register that may be changed.
    free: Option<Register>,
    block: Block,
}

impl Moving {
    fn instruction(&mut self, at: Addr, word: u32) -> Result<(), Unencodable> {
        let (Some(shape), Some(target)) = (Shape::of(word), named(word, at)) else {
            self.block.word(word);
            return Ok(());
        };
        // A loop back to the first instruction stays in the moved code; a call of itself is a call as any other.
        let target = if shape.is_branch() && target == self.from { self.to } else { target };
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

    fn free(&self, at: Addr) -> Result<Register, Unencodable> {
        let reason = "it reaches too far when moved, and no register is free to go through";
        self.free.ok_or(Unencodable::Instruction { at, reason })
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
        let mut beyond = Moving { block: Block::new(self.block.here().plus(SIZE)), ..*self };
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

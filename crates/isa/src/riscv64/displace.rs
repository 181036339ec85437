//! The first instructions of a function, made to run elsewhere.
//!
//! Instructions that name an address by distance are written anew; compressed ones become full ones. What reached further than
//! its new place allows goes through the last temporary the moved instructions do not use.

use super::Instructions;
use super::effects::effect;
use super::emit::ZERO;
use super::words::{Instruction, Shape, instructions, named, opcode};
use crate::code::{Moving, Register, check_entries};
use crate::{Code, Displaced, Unencodable};
use alloc::vec::Vec;
use ashore_base::{Addr, AddrRange};

/// t6 to t3: nothing expects anything in them at a function's entry.
const TEMPORARIES: [Register; 4] = [Register(31), Register(30), Register(29), Register(28)];

/// How many bytes whole instructions take that cover the first `len` of `function`.
pub(super) fn whole(function: Code<'_>, len: u64) -> Result<u64, Unencodable> {
    let ends = instructions(function, function.start).map(|one| one.next().0.wrapping_sub(function.start.0));
    let mut ends = core::iter::once(0).chain(ends);
    ends.find(|&end| end >= len).ok_or(Unencodable::TooShort { needed: len })
}

/// The whole instructions that cover the first `len` bytes of `function`, moved to `to`, followed by a branch back.
pub(super) fn displace(function: Code<'_>, len: u64, to: Addr) -> Result<Displaced, Unencodable> {
    let taken = whole(function, len)?;
    let end = function.start.plus(taken);
    let branches = instructions(function, function.start).filter_map(|one| Some((one.at, named(one)?)));
    check_entries(AddrRange { start: function.start, end }, branches)?;
    let moved: Vec<Instruction> = instructions(function, function.start).take_while(|one| one.at < end).collect();
    let used = moved.iter().fold(0, |used, &one| used | effect(one).uses());
    let mut moving = Moving::new(function.start, to, &TEMPORARIES, used);
    for one in moved {
        moving.instruction(one)?;
    }
    moving.go(end, function.start)?;
    Ok(Displaced { taken, bytes: moving.block.into_bytes() })
}

impl Moving<Instructions> {
    fn instruction(&mut self, one: Instruction) -> Result<(), Unencodable> {
        let Some(shape) = Shape::of(one) else {
            match (one.opcode(), one.size) {
                (opcode::AUIPC, _) if one.rd() != 0 => {
                    self.block.address(Register(one.rd()), one.at.plus(one.upper()));
                }
                (_, 2) => self.block.short(one.word as u16),
                _ => self.block.word(one.word),
            }
            return Ok(());
        };
        let target = shape.target(one);
        // A call of itself is a call as any other.
        let target = if shape == Shape::Call { target } else { self.followed(target) };
        match shape {
            Shape::Call => {
                if self.block.aimed(shape, one.word, target).is_err() {
                    let link = Register(one.rd());
                    self.block.far_jump(link, target, link);
                }
                Ok(())
            }
            Shape::Jump | Shape::ShortJump => self.go(target, one.at),
            Shape::Branch => self.conditional(one.word, target, one.at),
            Shape::ShortBranch => self.conditional(full(one), target, one.at),
        }
    }

    /// Goes to `target`, on behalf of the instruction at `at`.
    fn go(&mut self, target: Addr, at: Addr) -> Result<(), Unencodable> {
        if self.block.aimed(Shape::Jump, opcode::JAL, target).is_err() {
            let free = self.free(at)?;
            self.block.far_jump(ZERO, target, free);
        }
        Ok(())
    }

    /// A conditional branch: itself where it reaches, the opposite one over a jump otherwise.
    fn conditional(&mut self, word: u32, target: Addr, at: Addr) -> Result<(), Unencodable> {
        const OPPOSITE: u32 = 1 << 12;
        if self.block.aimed(Shape::Branch, word, target).is_ok() {
            return Ok(());
        }
        let mut beyond = self.behind(4);
        beyond.go(target, at)?;
        let over = beyond.block.here();
        self.block.aimed(Shape::Branch, word ^ OPPOSITE, over)?;
        self.go(target, at)
    }
}

/// `c.beqz` and `c.bnez` as full instructions, without their distance.
fn full(one: Instruction) -> u32 {
    let register = 8 + (one.word >> 7 & 7);
    opcode::BRANCH | register << 15 | (one.function() & 1) << 12
}

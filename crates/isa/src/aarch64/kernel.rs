//! Calls to the kernel (`svc`), and the frame a handler that takes one over gets.
//!
//! The frame lies on the stack of whoever makes the call: [`FRAME_SIZE`] bytes below the stack pointer, and the handler's own
//! frames below that. Code that leaves less room than that on its stack must not be redirected. The offsets in the frame:
//!
//! | offset | what |
//! | --- | --- |
//! | 0, 8, ... [`X`] `+ 8 * n` | x0 to x30 |
//! | [`SP`] | the stack pointer before the call |
//! | [`NZCV`] | the flags |
//! | [`FPCR`], [`FPSR`] | control and state of floating point |
//! | [`NEXT`] | the address of the instruction behind the call, where control continues |
//! | [`Q`] `+ 16 * n` | q0 to q31 |
//!
//! Whatever the handler writes to the general, flag and floating-point registers there is in the registers when control
//! continues. `SP` and `NEXT` are for reading. The upper parts of scalable vectors are not kept, as they are not across a call
//! to the kernel.

use super::emit::{Block, IP0, SP as STACK};
use super::words::{B, SIZE, SVC, Shape, aim, instructions};
use crate::code::Register;
use crate::{Code, Unencodable, Write};
use alloc::vec::Vec;
use ashore_base::{Addr, Bytes};

/// Where x0 is in the frame; x1 to x30 follow.
pub const X: u64 = 0;
/// Where the stack pointer is.
pub const SP: u64 = 0xf8;
/// Where the flags are.
pub const NZCV: u64 = 0x100;
/// Where the control register of floating point is.
pub const FPCR: u64 = 0x108;
/// Where the state register of floating point is.
pub const FPSR: u64 = 0x110;
/// Where the address is at which control continues.
pub const NEXT: u64 = 0x118;
/// Where q0 is; q1 to q31 follow.
pub const Q: u64 = 0x120;
/// The bytes of the frame.
pub const FRAME_SIZE: u64 = Q + 32 * 16;

/// The kernel calls in `code`.
pub(super) fn calls(code: Code<'_>) -> Vec<Addr> {
    instructions(code).filter(|(_, word)| word & SVC.0 == SVC.1).map(|(at, _)| at).collect()
}

/// The branch that replaces the call at `site`, and the island at `island`.
pub(super) fn redirect(
    function: Code<'_>,
    site: Addr,
    island: Addr,
    handler: Addr,
) -> Result<(Write, Vec<u8>), Unencodable> {
    let word = function.from(site).and_then(|bytes| Bytes(bytes).u32(0));
    if word.is_none_or(|word| word & SVC.0 != SVC.1) {
        return Err(Unencodable::Instruction { at: site, reason: "it does not call the kernel" });
    }
    let write = Write { at: site, bytes: aim(Shape::Jump, B, site, island)?.to_le_bytes().into() };
    let mut block = Block::new(island);
    save(&mut block, site.plus(SIZE));
    block.far_call(handler, IP0);
    restore(&mut block);
    block.aimed(Shape::Jump, B, site.plus(SIZE))?;
    Ok((write, block.into_bytes()))
}

const STP: u32 = 0xa900_0000;
const LDP: u32 = 0xa940_0000;
const STP_Q: u32 = 0xad00_0000;
const LDP_Q: u32 = 0xad40_0000;
const STR: u32 = 0xf900_0000;
const LDR: u32 = 0xf940_0000;
const ADD: u32 = 0x9100_0000;
const SUB: u32 = 0xd100_0000;
const MRS: u32 = 0xd530_0000;
const MSR: u32 = 0xd510_0000;

/// The registers of the system that are kept: their place in `mrs` and `msr`, and in the frame.
const STATE: [(u32, u64); 3] = [(0x000b_4200, NZCV), (0x000b_4400, FPCR), (0x000b_4420, FPSR)];

/// A load or store of one register in the frame.
fn one(operation: u32, register: u32, offset: u64) -> u32 {
    operation | ((offset / 8) as u32 & 0xfff) << 10 | STACK.0 << 5 | register
}

/// A load or store of two, which are `size` bytes each.
fn two(operation: u32, first: u32, offset: u64, size: u64) -> u32 {
    operation | ((offset / size) as u32 & 0x7f) << 15 | (first + 1) << 10 | STACK.0 << 5 | first
}

fn frame(operation: u32, to: u32, from: u32) -> u32 {
    operation | (FRAME_SIZE as u32) << 10 | from << 5 | to
}

/// The pairs of general registers and of vector registers, with the operation, and where they are.
fn pairs(general: u32, vector: u32) -> impl Iterator<Item = u32> {
    let general = (0..15).map(move |pair| two(general, pair * 2, X + u64::from(pair) * 16, 8));
    let vector = (0..16).map(move |pair| two(vector, pair * 2, Q + u64::from(pair) * 32, 16));
    vector.chain(general)
}

fn save(block: &mut Block, next: Addr) {
    block.word(frame(SUB, STACK.0, STACK.0));
    pairs(STP, STP_Q).for_each(|word| block.word(word));
    block.word(one(STR, 30, X + 30 * 8));
    block.words(&[frame(ADD, 0, STACK.0), one(STR, 0, SP)]);
    for (name, offset) in STATE {
        block.words(&[MRS | name, one(STR, 0, offset)]);
    }
    block.address(Register(0), next);
    // mov x0, sp
    block.words(&[one(STR, 0, NEXT), ADD | STACK.0 << 5]);
}

fn restore(block: &mut Block) {
    for (name, offset) in STATE {
        block.words(&[one(LDR, 0, offset), MSR | name]);
    }
    pairs(LDP, LDP_Q).for_each(|word| block.word(word));
    block.words(&[one(LDR, 30, X + 30 * 8), frame(ADD, STACK.0, STACK.0)]);
}

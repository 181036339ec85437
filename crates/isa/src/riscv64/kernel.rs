//! Calls to the kernel (`ecall`), and the frame a handler that takes one over gets.
//!
//! The frame lies on the stack of whoever makes the call: [`FRAME_SIZE`] bytes below the stack pointer, and the handler's own
//! frames below that. Code that leaves less room than that on its stack must not be redirected. The offsets in the frame:
//!
//! | offset | what |
//! | --- | --- |
//! | [`NEXT`] | the address of the instruction behind the call, where control continues |
//! | [`X`] `+ 8 * n` | x1 to x31; x2 is the stack pointer before the call |
//! | [`F`] `+ 8 * n` | f0 to f31 |
//! | [`FCSR`] | control and state of floating point |
//!
//! Whatever the handler writes to the registers there is in them when control continues. `x2` and `NEXT` are for reading.
//! Vector registers are not kept, as they are not across a call to the kernel.

use super::emit::{ADDI, Block, LD, RA, SP, T6, with_constant};
use super::find::Starts;
use super::words::{ECALL, Shape, UNIT, opcode};
use crate::code::Register;
use crate::{Code, FunctionAt, Unencodable, Write};
use alloc::vec::Vec;
use ashore_base::{Addr, Bytes};

/// Where the address is at which control continues.
pub const NEXT: u64 = 0;
/// Where x0 would be; x1 to x31 follow.
pub const X: u64 = 0;
/// Where f0 is; f1 to f31 follow.
pub const F: u64 = 0x100;
/// Where the control and state register of floating point is.
pub const FCSR: u64 = 0x200;
/// The bytes of the frame.
pub const FRAME_SIZE: u64 = 0x210;

const ECALL_SIZE: u64 = 4;

/// The kernel calls in `code`.
pub(super) fn calls(code: Code<'_>, function_at: FunctionAt<'_>) -> Vec<Addr> {
    let mut starts = Starts::new(code, function_at);
    let halves = || code.bytes.chunks_exact(UNIT as usize).map(|half| half.try_into().map_or(0, u16::from_le_bytes));
    let pairs = halves().zip(halves().skip(1)).enumerate();
    let calls = pairs.filter(|&(_, (low, high))| u32::from(low) == ECALL && high == 0);
    calls.map(|(index, _)| code.start.plus(index as u64 * UNIT)).filter(|&at| starts.at(at)).collect()
}

/// The jump that replaces the call at `site`, and the island at `island`, which must be within a mebibyte.
pub(super) fn redirect(
    function: Code<'_>,
    site: Addr,
    island: Addr,
    handler: Addr,
) -> Result<(Write, Vec<u8>), Unencodable> {
    if function.from(site).and_then(|bytes| Bytes(bytes).u32(0)) != Some(ECALL) {
        return Err(Unencodable::Instruction { at: site, reason: "it does not call the kernel" });
    }
    let next = site.plus(ECALL_SIZE);
    let write = Write { at: site, bytes: Shape::Jump.aim(opcode::JAL, site, island)?.to_le_bytes().into() };
    let mut block = Block::new(island);
    save(&mut block, next);
    block.far_jump(RA, handler, T6);
    restore(&mut block);
    block.aimed(Shape::Jump, opcode::JAL, next)?;
    Ok((write, block.into_bytes()))
}

const SD: u32 = 0x3023;
const FSD: u32 = 0x3027;
const FLD: u32 = 0x3007;

/// The register the island works with once it is saved.
const T0: Register = Register(5);

/// A store of a register in the frame.
fn store(operation: u32, register: u32, offset: u64) -> u32 {
    let offset = offset as u32;
    operation | (offset & 0x1f) << 7 | (offset >> 5) << 25 | SP.0 << 15 | register << 20
}

/// A load of a register from the frame.
fn load(operation: u32, register: u32, offset: u64) -> u32 {
    with_constant(operation, Register(register), SP, offset as u32)
}

/// The general registers but the stack pointer, and where they are.
fn general() -> impl Iterator<Item = (u32, u64)> {
    (1..32).filter(|&register| register != SP.0).map(|register| (register, X + u64::from(register) * 8))
}

fn floating() -> impl Iterator<Item = (u32, u64)> {
    (0..32).map(|register| (register, F + u64::from(register) * 8))
}

fn save(block: &mut Block, next: Addr) {
    block.word(with_constant(ADDI, SP, SP, (FRAME_SIZE as u32).wrapping_neg() & 0xfff));
    general().for_each(|(register, offset)| block.word(store(SD, register, offset)));
    block.word(with_constant(ADDI, T0, SP, FRAME_SIZE as u32));
    block.word(store(SD, T0.0, X + u64::from(SP.0) * 8));
    floating().for_each(|(register, offset)| block.word(store(FSD, register, offset)));
    // frcsr t0
    block.word(0x0030_22f3);
    block.word(store(SD, T0.0, FCSR));
    block.address(T0, next);
    block.word(store(SD, T0.0, NEXT));
    // mv a0, sp
    block.word(with_constant(ADDI, Register(10), SP, 0));
}

fn restore(block: &mut Block) {
    block.word(load(LD, T0.0, FCSR));
    // fscsr t0
    block.word(0x0032_9073);
    floating().for_each(|(register, offset)| block.word(load(FLD, register, offset)));
    general().for_each(|(register, offset)| block.word(load(LD, register, offset)));
    block.word(with_constant(ADDI, SP, SP, FRAME_SIZE as u32));
}

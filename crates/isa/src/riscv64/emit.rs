//! New code: branches, addresses, constants, and the counter of a hook.

use super::Instructions;
use super::words::{Shape, UNIT, opcode, split};
use crate::Unencodable;
use crate::code::{self, Register};
use alloc::vec::Vec;
use ashore_base::Addr;

/// x0: always zero.
pub(super) const ZERO: Register = Register(0);
/// Where a function returns to.
pub(super) const RA: Register = Register(1);
/// The stack pointer.
pub(super) const SP: Register = Register(2);
/// A temporary.
pub(super) const T5: Register = Register(30);
/// The last temporary. No function expects anything in it at its entry; Go's linker goes through it, and its assembler keeps
/// nothing in it from one of its instructions to the next.
pub(super) const T6: Register = Register(31);

/// A full instruction with a constant of twelve bits: opcode and function, destination, base, constant.
pub(super) fn with_constant(operation: u32, rd: Register, rs1: Register, constant: u32) -> u32 {
    operation | rd.0 << 7 | rs1.0 << 15 | constant << 20
}

/// `addi`.
pub(super) const ADDI: u32 = opcode::ADD_CONSTANT;
/// `ld`.
pub(super) const LD: u32 = 0x3003;

/// Code of this CPU that grows.
pub(super) type Block = code::Block<Instructions>;

impl Block {
    /// An instruction that names `target` by distance.
    pub(super) fn aimed(&mut self, shape: Shape, word: u32, target: Addr) -> Result<(), Unencodable> {
        let word = shape.aim(word, self.here(), target)?;
        self.word(word);
        Ok(())
    }

    /// Makes `value` in `register`.
    pub(super) fn constant(&mut self, register: Register, value: u64) {
        const SLLI: u32 = 0x1013;
        // From the lowest twelve bits up, until what is left fits two instructions; written in the opposite order.
        let mut steps = Vec::new();
        let mut rest = value as i64;
        while i64::from(rest as i32) != rest {
            let lower = (rest << 52) >> 52;
            let upper = rest.wrapping_sub(lower) >> 12;
            let zeros = upper.trailing_zeros().min(51);
            steps.push((zeros + 12, lower as u32 & 0xfff));
            rest = upper >> zeros;
        }
        self.small_constant(register, rest as i32);
        for (shift, lower) in steps.into_iter().rev() {
            self.word(with_constant(SLLI, register, register, shift));
            if lower != 0 {
                self.word(with_constant(ADDI, register, register, lower));
            }
        }
    }

    fn small_constant(&mut self, register: Register, value: i32) {
        const ADDIW: u32 = opcode::ADD_CONSTANT_W;
        let (upper, lower) = ((value.wrapping_add(0x800) as u32) & !0xfff, value as u32 & 0xfff);
        if upper == 0 {
            return self.word(with_constant(ADDI, register, ZERO, lower));
        }
        self.word(opcode::LUI | register.0 << 7 | upper);
        if lower != 0 {
            self.word(with_constant(ADDIW, register, register, lower));
        }
    }

    /// The first of a pair that names `target` through `register`, and the constant for the second: by distance while that
    /// reaches (2 GiB), so that the code may be loaded elsewhere.
    fn upper(&mut self, register: Register, target: Addr) -> u32 {
        match split(target.0.wrapping_sub(self.here().0)) {
            Some((upper, lower)) => {
                self.word(opcode::AUIPC | register.0 << 7 | upper);
                lower
            }
            None => {
                self.constant(register, target.0);
                0
            }
        }
    }

    /// Makes `target` in `register`.
    pub(super) fn address(&mut self, register: Register, target: Addr) {
        let lower = self.upper(register, target);
        self.word(with_constant(ADDI, register, register, lower));
    }

    /// Goes to `target` at any distance through `register`, and keeps where it came from in `link`.
    pub(super) fn far_jump(&mut self, link: Register, target: Addr, register: Register) {
        let lower = self.upper(register, target);
        self.word(with_constant(opcode::JALR, link, register, lower));
    }
}

/// `jal`, or `auipc t6; jalr`.
pub(super) fn branch(at: Addr, target: Addr) -> Result<Vec<u8>, Unencodable> {
    let mut block = Block::new(at);
    if block.aimed(Shape::Jump, opcode::JAL, target).is_err() {
        if split(target.0.wrapping_sub(at.0)).is_none() || !target.0.is_multiple_of(UNIT) {
            return Err(Unencodable::OutOfRange { at, target, reach: 1 << 31 });
        }
        block.far_jump(ZERO, target, T6);
    }
    Ok(block.into_bytes())
}

/// `auipc t6; jalr`, or the address as a constant.
pub(super) fn far_branch(at: Addr, target: Addr) -> Vec<u8> {
    let mut block = Block::new(at);
    block.far_jump(ZERO, target, T6);
    block.into_bytes()
}

/// `li a0, value; ret`.
pub(super) fn return_value(value: u64) -> Vec<u8> {
    const A0: Register = Register(10);
    let mut block = Block::new(Addr::NULL);
    block.constant(A0, value);
    block.word(with_constant(opcode::JALR, ZERO, RA, 0));
    block.into_bytes()
}

/// `nop`s; one compressed when the length wants it.
pub(super) fn nothing(len: u64) -> Result<Vec<u8>, Unencodable> {
    const SHORT_NOP: u16 = 1;
    if !len.is_multiple_of(UNIT) {
        return Err(Unencodable::TooShort { needed: len.next_multiple_of(UNIT) });
    }
    let mut block = Block::new(Addr::NULL);
    (0..len / 4).for_each(|_| block.word(ADDI));
    if !len.is_multiple_of(4) {
        block.short(SHORT_NOP);
    }
    Ok(block.into_bytes())
}

/// Adds one to the 64-bit word at `counter`.
///
/// No register changes: the two an atomic addition needs are kept in the sixteen bytes below the stack pointer.
pub(super) fn count(at: Addr, counter: Addr) -> Result<Vec<u8>, Unencodable> {
    if !counter.0.is_multiple_of(8) {
        return Err(Unencodable::Instruction { at, reason: "a counter must lie at a multiple of eight" });
    }
    const DOWN: u32 = 0xff0;
    let mut block = Block::new(at);
    block.word(with_constant(ADDI, SP, SP, DOWN));
    // sd t5, 0(sp); sd t6, 8(sp)
    block.word(0x01e1_3023);
    block.word(0x01f1_3423);
    block.address(T6, counter);
    block.word(with_constant(ADDI, T5, ZERO, 1));
    // amoadd.d zero, t5, (t6)
    block.word(0x01ef_b02f);
    block.word(with_constant(LD, T5, SP, 0));
    block.word(with_constant(LD, T6, SP, 8));
    block.word(with_constant(ADDI, SP, SP, 16));
    Ok(block.into_bytes())
}

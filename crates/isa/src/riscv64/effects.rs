//! What an instruction does to the general registers, as far as following a value through straight code needs it.
//!
//! Both answers err to the safe side: an instruction not known here may read and write every register.

use super::words::{Instruction, opcode};
use crate::code::{Effect, Flow, bit};

/// x1 to x31: x0 is zero and never followed.
const REGISTERS: u32 = !1;

/// What `one` does.
pub(super) fn effect(one: Instruction) -> Effect {
    let (reads, writes, flow) = match (one.size, one.word & 3) {
        (4, _) => full(one),
        (_, 0) => quadrant0(one),
        (_, 1) => quadrant1(one),
        _ => quadrant2(one),
    };
    Effect { reads: reads & REGISTERS, writes: writes & REGISTERS, flow }
}

fn jump(link: u32, through: u32) -> Flow {
    match (link, through) {
        (0, 1) => Flow::Return,
        (0, _) => Flow::Away,
        _ => Flow::Call,
    }
}

fn full(one: Instruction) -> (u32, u32, Flow) {
    let (d, a, b) = (bit(one.rd()), bit(one.rs1()), bit(one.word >> 20));
    match one.opcode() {
        opcode::LUI | opcode::AUIPC => (0, d, Flow::On),
        opcode::JAL => (0, d, jump(one.rd(), 0)),
        opcode::JALR => (a, d, jump(one.rd(), one.rs1())),
        opcode::BRANCH => (a | b, 0, Flow::Away),
        opcode::LOAD | opcode::ADD_CONSTANT | opcode::ADD_CONSTANT_W => (a, d, Flow::On),
        opcode::STORE => (a | b, 0, Flow::On),
        // Loads and stores of floating point and vectors: the second may be a stride.
        0x07 | 0x27 => (a | b, 0, Flow::On),
        // Arithmetic, atomics, vectors.
        0x33 | 0x3b | 0x2f | 0x57 => (a | b, d, Flow::On),
        // fence; fused multiplication.
        0x0f | 0x43 | 0x47 | 0x4b | 0x4f => (0, 0, Flow::On),
        0x53 => floating(one, d, a),
        // ecall, ebreak and what only a kernel does; then control and status registers.
        0x73 if one.function() == 0 => (REGISTERS, 0, Flow::Away),
        0x73 => (if one.function() < 4 { a } else { 0 }, d, Flow::On),
        _ => (REGISTERS, REGISTERS, Flow::Away),
    }
}

/// Floating point: comparisons, conversions and moves touch general registers.
fn floating(one: Instruction, d: u32, a: u32) -> (u32, u32, Flow) {
    match one.word >> 27 {
        0b10100 | 0b11000 | 0b11100 => (0, d, Flow::On),
        0b11010 | 0b11110 => (a, 0, Flow::On),
        _ => (0, 0, Flow::On),
    }
}

const STACK: u32 = 1 << 2;

/// The register named by three bits from `from` on.
fn short(word: u32, from: u32) -> u32 {
    bit(8 + (word >> from & 7))
}

fn quadrant0(one: Instruction) -> (u32, u32, Flow) {
    let (d, base) = (short(one.word, 2), short(one.word, 7));
    match one.function() {
        0 if one.word == 0 => (REGISTERS, REGISTERS, Flow::Away),
        0 => (STACK, d, Flow::On),
        2 | 3 => (base, d, Flow::On),
        1 | 5 => (base, 0, Flow::On),
        6 | 7 => (base | d, 0, Flow::On),
        // Loads and stores of bytes, in a later extension.
        _ => (base | d, d, Flow::On),
    }
}

fn quadrant1(one: Instruction) -> (u32, u32, Flow) {
    let d = bit(one.rd());
    match one.function() {
        2 => (0, d, Flow::On),
        3 if one.rd() != 2 => (0, d, Flow::On),
        4 => (short(one.word, 7) | short(one.word, 2), short(one.word, 7), Flow::On),
        5 => (0, 0, Flow::Away),
        6 | 7 => (short(one.word, 7), 0, Flow::Away),
        _ => (d, d, Flow::On),
    }
}

fn quadrant2(one: Instruction) -> (u32, u32, Flow) {
    let (d, b) = (bit(one.rd()), bit(one.word >> 2));
    match (one.function(), one.word >> 12 & 1, one.word >> 2 & 31) {
        (0, ..) => (d, d, Flow::On),
        (2 | 3, ..) => (STACK, d, Flow::On),
        (4, 0, 0) => (d, 0, jump(0, one.rd())),
        (4, 0, _) => (b, d, Flow::On),
        (4, _, 0) if one.rd() == 0 => (REGISTERS, 0, Flow::Away),
        (4, _, 0) => (d, 1 << 1, Flow::Call),
        (4, ..) => (d | b, d, Flow::On),
        (1 | 5, ..) => (STACK, 0, Flow::On),
        _ => (STACK | b, 0, Flow::On),
    }
}

//! RISC-V instructions: where they end, the fields of those that name an address, and how to put another address in.
//!
//! Encodings are those of the RISC-V Instruction Set Manual, volume I, chapters "RV32I", "RV64I" and "C".

use crate::{Code, Unencodable};
use ashore_base::{Addr, Bytes};

/// Instructions start at multiples of this.
pub(super) const UNIT: u64 = 2;

/// `ecall`.
pub(super) const ECALL: u32 = 0x73;

/// The opcodes of full instructions, in their low seven bits.
pub(super) mod opcode {
    pub(in super::super) const LOAD: u32 = 0x03;
    pub(in super::super) const ADD_CONSTANT: u32 = 0x13;
    pub(in super::super) const AUIPC: u32 = 0x17;
    pub(in super::super) const ADD_CONSTANT_W: u32 = 0x1b;
    pub(in super::super) const STORE: u32 = 0x23;
    pub(in super::super) const LUI: u32 = 0x37;
    pub(in super::super) const BRANCH: u32 = 0x63;
    pub(in super::super) const JALR: u32 = 0x67;
    pub(in super::super) const JAL: u32 = 0x6f;
}

/// One instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Instruction {
    /// Where.
    pub at: Addr,
    /// Its bits: sixteen of a compressed one.
    pub word: u32,
    /// How many bytes it has.
    pub size: u64,
}

impl Instruction {
    /// The one that starts `bytes`, which run at `at`.
    #[inline]
    pub(super) fn first(bytes: &[u8], at: Addr) -> Option<Instruction> {
        let low = Bytes(bytes).u16(0)?;
        if low & 3 != 3 {
            return Some(Instruction { at, word: low.into(), size: 2 });
        }
        Some(Instruction { at, word: Bytes(bytes).u32(0)?, size: 4 })
    }

    /// Where the next one starts.
    pub(super) fn next(self) -> Addr {
        self.at.plus(self.size)
    }

    /// The opcode; of a compressed one, which has none, zero.
    pub(super) fn opcode(self) -> u32 {
        if self.size == 4 { self.word & 0x7f } else { 0 }
    }

    /// The register in bits 7 to 11: for most instructions the one that is written.
    pub(super) fn rd(self) -> u32 {
        self.word >> 7 & 31
    }

    /// The register in bits 15 to 19.
    pub(super) fn rs1(self) -> u32 {
        self.word >> 15 & 31
    }

    /// The bits 12 to 14 of a full instruction, 13 to 15 of a compressed one.
    pub(super) fn function(self) -> u32 {
        if self.size == 4 { self.word >> 12 & 7 } else { self.word >> 13 & 7 }
    }

    /// The constant of `auipc` and `lui`, where it counts.
    pub(super) fn upper(self) -> u64 {
        i64::from((self.word & 0xffff_f000) as i32) as u64
    }

    /// The constant of instructions with twelve bits at the top.
    pub(super) fn lower(self) -> u64 {
        i64::from(self.word as i32 >> 20) as u64
    }
}

/// The instructions of `code` from `at` on, as far as their bytes are there.
pub(super) fn instructions(code: Code<'_>, at: Addr) -> impl Iterator<Item = Instruction> {
    let mut rest = code.from(at).unwrap_or_default();
    let mut at = at;
    core::iter::from_fn(move || {
        let one = Instruction::first(rest, at)?;
        rest = rest.get(one.size as usize..)?;
        at = one.next();
        Some(one)
    })
}

/// The instructions that name an address by their own distance from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// `jal` that keeps where it came from.
    Call,
    /// `jal` that does not.
    Jump,
    /// `c.j`.
    ShortJump,
    /// `beq` and its kin.
    Branch,
    /// `c.beqz` and `c.bnez`.
    ShortBranch,
}

/// A run of bits: how many, where they start in the distance, where in the instruction.
type Bits = (u32, u32, u32);

const JAL: &[Bits] = &[(10, 1, 21), (1, 11, 20), (8, 12, 12), (1, 20, 31)];
const SHORT_JUMP: &[Bits] =
    &[(3, 1, 3), (1, 4, 11), (1, 5, 2), (1, 6, 7), (1, 7, 6), (2, 8, 9), (1, 10, 8), (1, 11, 12)];
const BRANCH: &[Bits] = &[(4, 1, 8), (6, 5, 25), (1, 11, 7), (1, 12, 31)];
const SHORT_BRANCH: &[Bits] = &[(2, 1, 3), (1, 5, 2), (2, 3, 10), (2, 6, 5), (1, 8, 12)];

impl Shape {
    /// Which of them `one` is.
    pub(super) fn of(one: Instruction) -> Option<Shape> {
        match (one.opcode(), one.word & 0xe003) {
            (opcode::JAL, _) if one.rd() == 0 => Some(Shape::Jump),
            (opcode::JAL, _) => Some(Shape::Call),
            (opcode::BRANCH, _) => Some(Shape::Branch),
            (0, 0xa001) => Some(Shape::ShortJump),
            (0, 0xc001 | 0xe001) => Some(Shape::ShortBranch),
            _ => None,
        }
    }

    /// Where the bits of the distance are.
    fn bits(self) -> &'static [Bits] {
        match self {
            Shape::Call | Shape::Jump => JAL,
            Shape::ShortJump => SHORT_JUMP,
            Shape::Branch => BRANCH,
            Shape::ShortBranch => SHORT_BRANCH,
        }
    }

    /// How far it reaches, in bytes either way.
    pub(super) fn reach(self) -> u64 {
        match self {
            Shape::Call | Shape::Jump => 1 << 20,
            Shape::ShortJump => 1 << 11,
            Shape::Branch => 1 << 12,
            Shape::ShortBranch => 1 << 8,
        }
    }

    /// The address `one`, of this shape, names.
    pub(super) fn target(self, one: Instruction) -> Addr {
        let gathered = self
            .bits()
            .iter()
            .fold(0, |distance, &(count, to, from)| distance | u64::from(one.word >> from & ((1 << count) - 1)) << to);
        // The highest bit is the sign.
        let reach = self.reach();
        one.at.plus((gathered ^ reach).wrapping_sub(reach))
    }

    /// The bits of `word`, of this shape and running at `at`, that name `target`.
    pub(super) fn aim(self, word: u32, at: Addr, target: Addr) -> Result<u32, Unencodable> {
        let distance = target.0.wrapping_sub(at.0);
        let reach = self.reach();
        if distance.wrapping_add(reach) >= 2 * reach {
            return Err(Unencodable::OutOfRange { at, target, reach });
        }
        if !distance.is_multiple_of(UNIT) {
            return Err(Unencodable::Instruction { at, reason: "a branch reaches only whole instructions" });
        }
        Ok(self.bits().iter().fold(word, |word, &(count, to, from)| {
            let mask = (1 << count) - 1;
            word & !(mask << from) | ((distance >> to) as u32 & mask) << from
        }))
    }
}

/// The address `one` names by its own distance, if it names one.
pub(super) fn named(one: Instruction) -> Option<Addr> {
    Some(Shape::of(one)?.target(one))
}

/// What `auipc` or `lui` and the instruction behind it must hold to make `apart` together, sign bits counted in: the upper
/// twenty bits in their place and the lower twelve.
pub(super) fn split(apart: u64) -> Option<(u32, u32)> {
    let upper = apart.wrapping_add(0x800) & !0xfff;
    let fits = i64::from(upper as i32) as u64 == upper;
    fits.then_some((upper as u32, apart as u32 & 0xfff))
}

/// The constant of `c.lui`, where it counts.
pub(super) fn short_upper(one: Instruction) -> Option<u64> {
    let is_one = one.size == 2 && one.word & 0xe003 == 0x6001 && one.rd() != 2 && one.rd() != 0;
    let bits = (one.word >> 2 & 0x1f) | (one.word >> 7 & 0x20);
    (is_one && bits != 0).then_some((u64::from(bits << 12) ^ 0x2_0000).wrapping_sub(0x2_0000))
}

/// `word`, a `c.lui`, with another constant, if there is room for it.
pub(super) fn with_short_upper(word: u32, upper: u32) -> Option<u32> {
    let bits = upper as i32 >> 12;
    let fits = bits != 0 && (-32..32).contains(&bits);
    fits.then_some(word & !0x107c | (bits as u32 & 0x1f) << 2 | (bits as u32 & 0x20) << 7)
}

/// Whether `word` is the mark indirect branches must land on where the CPU checks that (`lpad`).
///
/// A detour written over it turns such a branch into a fault: write the detour behind the landing pad then.
pub fn is_landing_pad(word: u32) -> bool {
    word & 0xfff == opcode::AUIPC
}

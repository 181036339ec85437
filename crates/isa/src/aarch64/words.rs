//! AArch64 instruction words: the fields of those that name an address, and how to put another address in.
//!
//! Encodings are those of the Arm Architecture Reference Manual (DDI 0487), chapter C4 "A64 Instruction Set Encoding".

use crate::{Code, Unencodable};
use ashore_base::Addr;

/// The bytes of an instruction.
pub(super) const SIZE: u64 = 4;

/// The bytes of the page `adrp` counts in.
pub(super) const PAGE: u64 = 4096;

/// `svc`, and the bits that tell it from others: the sixteen bits of its number are free.
pub(super) const SVC: (u32, u32) = (0xffe0_001f, 0xd400_0001);

/// `b`, without its distance.
pub(super) const B: u32 = 0x1400_0000;

/// `nop`.
pub(super) const NOP: u32 = 0xd503_201f;

/// The instructions that name an address by its distance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// `bl`.
    Call,
    /// `b`.
    Jump,
    /// `b.cond` and `bc.cond`.
    Condition,
    /// `cbz` and `cbnz`.
    Compare,
    /// `tbz` and `tbnz`.
    Test,
    /// `adr`.
    Adr,
    /// `adrp`: names a page.
    Adrp,
    /// A load or prefetch of a literal.
    Literal,
}

impl Shape {
    /// Which of them `word` is.
    pub(super) fn of(word: u32) -> Option<Shape> {
        Some(match word {
            w if w & 0xfc00_0000 == 0x9400_0000 => Shape::Call,
            w if w & 0xfc00_0000 == B => Shape::Jump,
            w if w & 0xff00_0000 == 0x5400_0000 => Shape::Condition,
            w if w & 0x7e00_0000 == 0x3400_0000 => Shape::Compare,
            w if w & 0x7e00_0000 == 0x3600_0000 => Shape::Test,
            w if w & 0x9f00_0000 == 0x1000_0000 => Shape::Adr,
            w if w & 0x9f00_0000 == 0x9000_0000 => Shape::Adrp,
            w if w & 0x3b00_0000 == 0x1800_0000 => Shape::Literal,
            _ => return None,
        })
    }

    /// Whether control may go to the address, and does not come back by itself.
    pub(super) fn is_branch(self) -> bool {
        matches!(self, Shape::Jump | Shape::Condition | Shape::Compare | Shape::Test)
    }

    /// How many bits the distance has.
    fn bits(self) -> u32 {
        match self {
            Shape::Call | Shape::Jump => 26,
            Shape::Condition | Shape::Compare | Shape::Literal => 19,
            Shape::Test => 14,
            Shape::Adr | Shape::Adrp => 21,
        }
    }

    /// The bytes one of the distance stands for.
    fn scale(self) -> u64 {
        match self {
            Shape::Adr => 1,
            Shape::Adrp => PAGE,
            _ => SIZE,
        }
    }

    /// How far it reaches, in bytes either way.
    pub(super) fn reach(self) -> u64 {
        (1 << (self.bits() - 1)) * self.scale()
    }

    /// The distance in `word`, in its own units, as signed as it is.
    fn distance(self, word: u32) -> i64 {
        let raw = match self {
            Shape::Call | Shape::Jump => word,
            Shape::Adr | Shape::Adrp => (word >> 5) << 2 | (word >> 29) & 3,
            Shape::Condition | Shape::Compare | Shape::Literal | Shape::Test => word >> 5,
        };
        let unused = 64 - self.bits();
        (i64::from(raw) << unused) >> unused
    }

    /// `word` with another distance, of which only the bits there is room for count.
    fn with_distance(self, word: u32, distance: u64) -> u32 {
        let raw = distance as u32 & ((1 << self.bits()) - 1);
        let mask = (1 << self.bits()) - 1;
        match self {
            Shape::Call | Shape::Jump => word & !mask | raw,
            Shape::Adr | Shape::Adrp => word & 0x9f00_001f | (raw & 3) << 29 | (raw >> 2) << 5,
            Shape::Condition | Shape::Compare | Shape::Literal | Shape::Test => word & !(mask << 5) | raw << 5,
        }
    }
}

/// The address `word` names by distance when it runs at `at`: for `adrp`, the page.
pub(super) fn named(word: u32, at: Addr) -> Option<Addr> {
    let shape = Shape::of(word)?;
    let from = if shape == Shape::Adrp { at.align_down(PAGE) } else { at };
    Some(from.plus((shape.distance(word) as u64).wrapping_mul(shape.scale())))
}

/// `word`, of shape `shape` and running at `at`, naming `target` (for `adrp`, its page).
pub(super) fn aim(shape: Shape, word: u32, at: Addr, target: Addr) -> Result<u32, Unencodable> {
    let apart = match shape {
        Shape::Adrp => target.align_down(PAGE).0.wrapping_sub(at.align_down(PAGE).0),
        _ => target.0.wrapping_sub(at.0),
    } as i64;
    let reach = shape.reach();
    let fits = if apart < 0 { apart.unsigned_abs() <= reach } else { apart.unsigned_abs() < reach };
    if !fits {
        return Err(Unencodable::OutOfRange { at, target, reach });
    }
    if !apart.unsigned_abs().is_multiple_of(shape.scale()) {
        return Err(Unencodable::Instruction { at, reason: "a branch reaches only whole instructions" });
    }
    Ok(shape.with_distance(word, (apart / shape.scale() as i64) as u64))
}

/// The instructions in `code`, with their addresses.
pub(super) fn instructions(code: Code<'_>) -> impl Iterator<Item = (Addr, u32)> {
    let words = code.bytes.chunks_exact(SIZE as usize).map(|bytes| bytes.try_into().map_or(0, u32::from_le_bytes));
    words.enumerate().map(move |(index, word)| (code.start.plus(index as u64 * SIZE), word))
}

/// The register in bits 0 to 4: for most instructions the one that is written.
pub(super) fn rd(word: u32) -> u32 {
    word & 31
}

/// The register in bits 5 to 9: for most instructions the first that is read.
pub(super) fn rn(word: u32) -> u32 {
    word >> 5 & 31
}

/// The constant of `add xd, xn, #constant`, not shifted.
pub(super) fn add_constant(word: u32) -> Option<u32> {
    (word & 0xffc0_0000 == 0x9100_0000).then_some(word >> 10 & 0xfff)
}

/// `word`, an `add` of a constant, with another constant.
pub(super) fn with_add_constant(word: u32, constant: u32) -> u32 {
    word & !(0xfff << 10) | (constant & 0xfff) << 10
}

/// `movz` and `movk`: the instructions that make a constant of halves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Half {
    /// Whether the other halves are kept (`movk`); otherwise they become zero (`movz`).
    pub keeps: bool,
    /// Whether the register is 64 bits wide; otherwise its upper half becomes zero.
    pub wide: bool,
    /// How far to the left the constant goes, in bits.
    pub shift: u32,
    /// The sixteen bits.
    pub bits: u64,
}

impl Half {
    /// What `word` says, when it is one.
    pub(super) fn of(word: u32) -> Option<Half> {
        let keeps = match word & 0x7f80_0000 {
            0x5280_0000 => false,
            0x7280_0000 => true,
            _ => return None,
        };
        let (wide, shift) = (word >> 31 == 1, (word >> 21 & 3) * 16);
        (wide || shift < 32).then_some(Half { keeps, wide, shift, bits: u64::from(word >> 5 & 0xffff) })
    }

    /// What is in the register when it held `before`.
    pub(super) fn apply(self, before: u64) -> u64 {
        let kept = if self.keeps { before & !(0xffff << self.shift) } else { 0 };
        let value = kept | self.bits << self.shift;
        if self.wide { value } else { value & 0xffff_ffff }
    }

    /// `word` with the sixteen bits that `value` has there.
    pub(super) fn with(self, word: u32, value: u64) -> u32 {
        word & !(0xffff << 5) | ((value >> self.shift) as u32 & 0xffff) << 5
    }
}

/// Whether `word` is one an indirect branch may land on in a guarded page: `bti`, `bti c`, `bti j`, `bti jc`, `paciasp`, `pacibsp`.
///
/// A detour written over it turns such a branch into a fault, if the page is guarded and the CPU checks: write the detour behind
/// the landing pad then, which displaces one instruction more.
pub fn is_landing_pad(word: u32) -> bool {
    const PACIASP: u32 = 0xd503_233f;
    const PACIBSP: u32 = 0xd503_237f;
    const BTI: (u32, u32) = (0xffff_ff3f, 0xd503_241f);
    word & BTI.0 == BTI.1 || word == PACIASP || word == PACIBSP
}

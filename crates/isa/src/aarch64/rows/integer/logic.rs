//! Logic, moves of constants, bit fields.

use super::arithmetic::shifted;
use crate::aarch64::rows::lift::{Lift, width};
use crate::aarch64::rows::pattern::{bit, bits, reg};
use ashore_ir::{Bin, Extend, FlagOp, Op, Size, Un, Value, Width};

/// The constant of a logical instruction: a run of ones, turned, repeated. The fields are N, immr and imms.
pub(in crate::aarch64::rows) fn bitmask(n: u32, immr: u32, imms: u32) -> Option<u64> {
    let length = (n << 6 | (!imms & 63)).checked_ilog2()?;
    if length == 0 {
        return None;
    }
    let size: u32 = 1 << length;
    let (ones, turn) = (imms & (size - 1), immr & (size - 1));
    if ones == size - 1 {
        return None;
    }
    let all = u64::MAX >> (64 - size);
    let run = (1u64 << (ones + 1)) - 1;
    let turned = (run >> turn | run << ((size - turn) % size)) & all;
    let mut mask = turned;
    let mut filled = size;
    while filled < 64 {
        mask |= mask << filled;
        filled *= 2;
    }
    Some(mask)
}

/// The operation of bits 30 and 29, and of the bit that inverts the second operand.
fn apply(l: &mut Lift, w: u32, invert: bool, [a, b]: [Value; 2]) -> Value {
    let width = width(bit(w, 31));
    let op = match (bits(w, 30, 29), invert) {
        (0 | 3, false) => Bin::And,
        (0 | 3, true) => Bin::AndNot,
        (1, false) => Bin::Or,
        (1, true) => Bin::OrNot,
        (_, false) => Bin::Xor,
        (_, true) => Bin::Xnor,
    };
    let result = l.bin(op, width, a, b);
    if bits(w, 30, 29) == 3 {
        let flags = match invert {
            false => l.flags_of(FlagOp::And, width, a, b),
            true => l.flags_of(FlagOp::And, width, result, result),
        };
        l.set_flags(flags);
    }
    result
}

pub(super) fn logic_immediate(l: &mut Lift, w: u32) -> Option<()> {
    if bit(w, 22) && !bit(w, 31) {
        return None;
    }
    let mask = bitmask(bits(w, 22, 22), bits(w, 21, 16), bits(w, 15, 10))?;
    let mask = if bit(w, 31) { mask } else { mask & u64::from(u32::MAX) };
    let b = l.number(mask);
    let result = match (reg(w, 5), bits(w, 30, 29)) {
        (31, 1) => b,
        (n, _) => {
            let a = l.x(n);
            apply(l, w, false, [a, b])
        }
    };
    if bits(w, 30, 29) == 3 {
        l.set_x(reg(w, 0), result)
    } else {
        l.set_x_sp(reg(w, 0), result)
    }
    Some(())
}

pub(super) fn logic_shifted(l: &mut Lift, w: u32) -> Option<()> {
    let b = shifted(l, w)?;
    let result = match (reg(w, 5), bits(w, 30, 29), bit(w, 21)) {
        // The moves: `mov` and `mvn`.
        (31, 1, false) => l.cut(width(bit(w, 31)), b),
        (31, 1, true) => l.un(Un::Not, width(bit(w, 31)), b),
        (n, _, invert) => {
            let a = l.x(n);
            apply(l, w, invert, [a, b])
        }
    };
    l.set_x(reg(w, 0), result);
    Some(())
}

pub(super) fn move_wide(l: &mut Lift, w: u32) -> Option<()> {
    let shift = bits(w, 22, 21) * 16;
    let width = width(bit(w, 31));
    if shift >= width.bits() {
        return None;
    }
    let number = u64::from(bits(w, 20, 5));
    let result = match bits(w, 30, 29) {
        0 => {
            let inverted = !(number << shift);
            l.number(if width == Width::W64 { inverted } else { inverted & u64::from(u32::MAX) })
        }
        2 => l.number(number << shift),
        _ => {
            let a = l.x(reg(w, 0));
            let a = l.cut(width, a);
            let b = l.number(number);
            l.op(Op::Insert { from: shift as u8, count: 16, a, b })
        }
    };
    l.set_x(reg(w, 0), result);
    Some(())
}

pub(super) fn bitfield(l: &mut Lift, w: u32) -> Option<()> {
    if bit(w, 22) != bit(w, 31) {
        return None;
    }
    let width = width(bit(w, 31));
    let (r, s) = (bits(w, 21, 16), bits(w, 15, 10));
    if r >= width.bits() || s >= width.bits() {
        return None;
    }
    let source = l.x(reg(w, 5));
    let result = match bits(w, 30, 29) {
        0 => signed_field(l, width, [r, s], source),
        2 => unsigned_field(l, width, [r, s], source),
        _ => {
            let a = l.x(reg(w, 0));
            let (from, count, b) = match s >= r {
                true => (0, s - r + 1, if r == 0 { source } else { l.bin_number(Bin::Shr, width, source, r.into()) }),
                false => (width.bits() - r, s + 1, source),
            };
            let result = l.op(Op::Insert { from: from as u8, count: count as u8, a, b });
            l.cut(width, result)
        }
    };
    l.set_x(reg(w, 0), result);
    Some(())
}

fn signed_field(l: &mut Lift, width: Width, [r, s]: [u32; 2], source: Value) -> Value {
    let kind = if width == Width::W64 { Extend::Sign64 } else { Extend::Sign32 };
    let field = match (r, s) {
        (r, s) if s + 1 == width.bits() => return l.bin_number(Bin::Sar, width, source, r.into()),
        (0, 7) => return l.extend(Size::B1, kind, source),
        (0, 15) => return l.extend(Size::B2, kind, source),
        (0, 31) => return l.extend(Size::B4, kind, source),
        (r, s) if s >= r => {
            return l.op(Op::SignedBits { width, from: r as u8, count: (s - r + 1) as u8, a: source });
        }
        (_, s) => l.op(Op::SignedBits { width, from: 0, count: (s + 1) as u8, a: source }),
    };
    l.bin_number(Bin::Shl, width, field, (width.bits() - r).into())
}

fn unsigned_field(l: &mut Lift, width: Width, [r, s]: [u32; 2], source: Value) -> Value {
    match (r, s) {
        (r, s) if s + 1 == width.bits() => l.bin_number(Bin::Shr, width, source, r.into()),
        (0, 7) => l.extend(Size::B1, Extend::Zero, source),
        (0, 15) => l.extend(Size::B2, Extend::Zero, source),
        (0, 31) => l.extend(Size::B4, Extend::Zero, source),
        (r, s) if s >= r => l.op(Op::Bits { from: r as u8, count: (s - r + 1) as u8, a: source }),
        (r, s) if s + 1 == r => l.bin_number(Bin::Shl, width, source, (width.bits() - r).into()),
        (r, s) => {
            let field = l.op(Op::Bits { from: 0, count: (s + 1) as u8, a: source });
            l.bin_number(Bin::Shl, width, field, (width.bits() - r).into())
        }
    }
}

pub(super) fn extract(l: &mut Lift, w: u32) -> Option<()> {
    let from = bits(w, 15, 10);
    let width = width(bit(w, 31));
    if bit(w, 22) != bit(w, 31) || from >= width.bits() {
        return None;
    }
    let (a, b) = (l.x(reg(w, 5)), l.x(reg(w, 16)));
    let result = match (reg(w, 5) == reg(w, 16), from) {
        (_, 0) => l.cut(width, b),
        (true, _) => l.bin_number(Bin::Ror, width, a, from.into()),
        (false, _) => l.op(Op::Join { width, from: from as u8, a, b }),
    };
    l.set_x(reg(w, 0), result);
    Some(())
}

pub(super) fn one_source(l: &mut Lift, w: u32) -> Option<()> {
    let width = width(bit(w, 31));
    let op = match bits(w, 12, 10) {
        0 => Un::ReverseBits,
        1 => Un::ReverseBytes16,
        2 if bit(w, 31) => Un::ReverseBytes32,
        2 | 3 => Un::ReverseBytes,
        4 => Un::Clz,
        _ => Un::Cls,
    };
    let a = l.x(reg(w, 5));
    let result = l.un(op, width, a);
    l.set_x(reg(w, 0), result);
    Some(())
}

//! Arithmetic and comparisons of scalars.

use crate::aarch64::rows::lift::Lift;
use crate::aarch64::rows::pattern::{bit, bits, reg};
use ashore_ir::{FBin, FUn, Op, Round, Shape, Ty, Value};

/// The numbers of two bits; half-precision ones are only converted.
pub(super) fn shape(w: u32) -> Option<Shape> {
    match bits(w, 23, 22) {
        0 => Some(Shape::F32),
        1 => Some(Shape::F64),
        _ => None,
    }
}

/// A vector register's lowest number.
pub(super) fn scalar(l: &mut Lift, shape: Shape, number: u8) -> Value {
    let a = l.v(number);
    l.op(Op::Scalar { shape, a })
}

/// Writes a number, zero above.
pub(super) fn set_scalar(l: &mut Lift, shape: Shape, number: u8, value: Value) {
    let vector = l.op(Op::VScalar { shape, a: value });
    l.set_v(number, vector);
}

pub(super) fn unary(l: &mut Lift, w: u32) -> Option<()> {
    let shape = shape(w)?;
    let a = scalar(l, shape, reg(w, 5));
    let round = Round::Guest;
    let result = match bits(w, 16, 15) {
        0 => a,
        1 => l.op(Op::FUn { op: FUn::Abs, shape, round, a }),
        2 => l.op(Op::FUn { op: FUn::Neg, shape, round, a }),
        _ => l.op(Op::FUn { op: FUn::Sqrt, shape, round, a }),
    };
    set_scalar(l, shape, reg(w, 0), result);
    Some(())
}

/// How the rounding instructions round, by three bits.
pub(super) fn rounding(code: u32) -> (FUn, Round) {
    match code {
        0 => (FUn::ToIntegral, Round::Even),
        1 => (FUn::ToIntegral, Round::Up),
        2 => (FUn::ToIntegral, Round::Down),
        3 => (FUn::ToIntegral, Round::Zero),
        4 => (FUn::ToIntegral, Round::Away),
        6 => (FUn::ToIntegralExact, Round::Guest),
        _ => (FUn::ToIntegral, Round::Guest),
    }
}

pub(super) fn round(l: &mut Lift, w: u32) -> Option<()> {
    let shape = shape(w)?;
    let a = scalar(l, shape, reg(w, 5));
    let (op, round) = rounding(bits(w, 17, 15));
    let result = l.op(Op::FUn { op, shape, round, a });
    set_scalar(l, shape, reg(w, 0), result);
    Some(())
}

pub(super) fn binary(l: &mut Lift, w: u32) -> Option<()> {
    let shape = shape(w)?;
    let op = match bits(w, 15, 12) {
        0 | 8 => FBin::Mul,
        1 => FBin::Div,
        2 => FBin::Add,
        3 => FBin::Sub,
        4 => FBin::Max,
        5 => FBin::Min,
        6 => FBin::MaxNumber,
        _ => FBin::MinNumber,
    };
    let (a, b) = (scalar(l, shape, reg(w, 5)), scalar(l, shape, reg(w, 16)));
    let mut result = l.op(Op::FBin { op, shape, round: Round::Guest, a, b });
    if bit(w, 15) {
        result = l.op(Op::FUn { op: FUn::Neg, shape, round: Round::Guest, a: result });
    }
    set_scalar(l, shape, reg(w, 0), result);
    Some(())
}

/// The flags of a comparison; bit 4 makes every NaN invalid.
fn flags(l: &mut Lift, w: u32, shape: Shape, [a, b]: [Value; 2]) -> Value {
    match bit(w, 4) {
        true => l.op(Op::FFlagsSignal { shape, a, b }),
        false => l.op(Op::FFlags { shape, a, b }),
    }
}

pub(super) fn compare(l: &mut Lift, w: u32) -> Option<()> {
    let shape = shape(w)?;
    let a = scalar(l, shape, reg(w, 5));
    let b = if bit(w, 3) {
        let zero = l.number(0);
        l.op(Op::FFromBits { shape, a: zero })
    } else {
        scalar(l, shape, reg(w, 16))
    };
    let flags = flags(l, w, shape, [a, b]);
    l.set_flags(flags);
    Some(())
}

/// The comparison is made only if the condition holds: what it raises counts.
pub(super) fn compare_if(l: &mut Lift, w: u32) -> Option<()> {
    let shape = shape(w)?;
    let cond = l.cond(bits(w, 15, 12));
    let (mut a, mut b) = (scalar(l, shape, reg(w, 5)), scalar(l, shape, reg(w, 16)));
    if let Some(cond) = cond {
        let zero = l.number(0);
        let zero = l.op(Op::FFromBits { shape, a: zero });
        a = l.select(shape.ty(), cond, a, zero);
        b = l.select(shape.ty(), cond, b, zero);
    }
    let mut result = flags(l, w, shape, [a, b]);
    if let Some(cond) = cond {
        let other = l.number(u64::from(bits(w, 3, 0)) << 28);
        let other = l.op(Op::Unpack { a: other });
        result = l.select(Ty::Flags, cond, result, other);
    }
    l.set_flags(result);
    Some(())
}

pub(super) fn select(l: &mut Lift, w: u32) -> Option<()> {
    let shape = shape(w)?;
    let cond = l.cond(bits(w, 15, 12));
    let mut result = scalar(l, shape, reg(w, 5));
    if let Some(cond) = cond {
        let other = scalar(l, shape, reg(w, 16));
        result = l.select(shape.ty(), cond, result, other);
    }
    set_scalar(l, shape, reg(w, 0), result);
    Some(())
}

/// The number of eight bits: a sign, three bits of exponent, four of fraction (VFPExpandImm).
pub(in crate::aarch64::rows) fn immediate(shape: Shape, code: u32) -> u64 {
    let (sign, high, low) = (u64::from(code >> 7 & 1), code >> 6 & 1 != 0, u64::from(code & 0x3f));
    match shape.bits() {
        32 => sign << 31 | (if high { 0x1f } else { 0x20 }) << 25 | low << 19,
        _ => sign << 63 | (if high { 0xff } else { 0x100 }) << 54 | low << 48,
    }
}

pub(super) fn constant(l: &mut Lift, w: u32) -> Option<()> {
    let shape = shape(w)?;
    let number = l.number(immediate(shape, bits(w, 20, 13)));
    let value = l.op(Op::FFromBits { shape, a: number });
    set_scalar(l, shape, reg(w, 0), value);
    Some(())
}

pub(super) fn multiply_add(l: &mut Lift, w: u32) -> Option<()> {
    let shape = shape(w)?;
    let (mut a, b) = (scalar(l, shape, reg(w, 5)), scalar(l, shape, reg(w, 16)));
    let mut c = scalar(l, shape, reg(w, 10));
    let round = Round::Guest;
    if bit(w, 21) != bit(w, 15) {
        a = l.op(Op::FUn { op: FUn::Neg, shape, round, a });
    }
    if bit(w, 21) {
        c = l.op(Op::FUn { op: FUn::Neg, shape, round, a: c });
    }
    let result = l.op(Op::FMulAdd { shape, round, a, b, c });
    set_scalar(l, shape, reg(w, 0), result);
    Some(())
}

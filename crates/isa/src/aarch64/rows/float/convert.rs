//! Conversions of scalars.

use super::lift::{scalar, set_scalar, shape};
use crate::aarch64::rows::lift::{Lift, width};
use crate::aarch64::rows::pattern::{bit, bits, reg};
use crate::aarch64::state;
use ashore_ir::{Bin, IntKind, Lane, Op, Round, Shape, Ty, Value, Width};

/// The numbers of two bits, half-precision ones too.
fn any_shape(code: u32) -> Option<Shape> {
    match code {
        0 => Some(Shape::F32),
        1 => Some(Shape::F64),
        3 => Some(Shape::F16),
        _ => None,
    }
}

pub(super) fn convert(l: &mut Lift, w: u32) -> Option<()> {
    let (from, to) = (any_shape(bits(w, 23, 22))?, any_shape(bits(w, 16, 15))?);
    if from == to {
        return None;
    }
    let a = scalar(l, from, reg(w, 5));
    let result = l.op(Op::FConvert { from, to, round: Round::Guest, a });
    set_scalar(l, to, reg(w, 0), result);
    Some(())
}

/// The integers of an instruction: bit 31 is the width, bit 16 is set for unsigned.
fn kind(w: u32) -> IntKind {
    match (bit(w, 31), bit(w, 16)) {
        (false, false) => IntKind::I32,
        (false, true) => IntKind::U32,
        (true, false) => IntKind::I64,
        (true, true) => IntKind::U64,
    }
}

/// The distance of the point of a fixed-point number.
fn scale(w: u32) -> Option<u8> {
    let scale = 64 - bits(w, 15, 10);
    (scale <= width(bit(w, 31)).bits()).then_some(scale as u8)
}

fn to(l: &mut Lift, w: u32, round: Round, scale: u8) -> Option<()> {
    let shape = shape(w)?;
    let a = scalar(l, shape, reg(w, 5));
    let result = l.op(Op::FToInt { shape, kind: kind(w), round, scale, a });
    l.set_x(reg(w, 0), result);
    Some(())
}

fn from(l: &mut Lift, w: u32, scale: u8) -> Option<()> {
    let shape = shape(w)?;
    let a = l.x(reg(w, 5));
    let result = l.op(Op::FFromInt { shape, kind: kind(w), round: Round::Guest, scale, a });
    set_scalar(l, shape, reg(w, 0), result);
    Some(())
}

pub(super) fn to_fixed(l: &mut Lift, w: u32) -> Option<()> {
    to(l, w, Round::Zero, scale(w)?)
}

pub(super) fn from_fixed(l: &mut Lift, w: u32) -> Option<()> {
    from(l, w, scale(w)?)
}

pub(super) fn to_integer(l: &mut Lift, w: u32) -> Option<()> {
    let round = match (bits(w, 20, 19), bit(w, 18)) {
        (0, false) => Round::Even,
        (0, true) => Round::Away,
        (1, _) => Round::Up,
        (2, _) => Round::Down,
        _ => Round::Zero,
    };
    to(l, w, round, 0)
}

pub(super) fn from_integer(l: &mut Lift, w: u32) -> Option<()> {
    from(l, w, 0)
}

/// The number's size is the integer's.
fn same_size(w: u32) -> Option<Shape> {
    shape(w).filter(|shape| shape.bits() == width(bit(w, 31)).bits())
}

pub(super) fn move_out(l: &mut Lift, w: u32) -> Option<()> {
    let shape = same_size(w)?;
    let a = scalar(l, shape, reg(w, 5));
    let value = l.op(Op::FToBits { shape, a });
    l.set_x(reg(w, 0), value);
    Some(())
}

pub(super) fn move_in(l: &mut Lift, w: u32) -> Option<()> {
    let shape = same_size(w)?;
    let a = l.x(reg(w, 5));
    let value = l.op(Op::FFromBits { shape, a });
    set_scalar(l, shape, reg(w, 0), value);
    Some(())
}

pub(super) fn move_out_high(l: &mut Lift, w: u32) -> Option<()> {
    let a = l.v(reg(w, 5));
    let value = l.op(Op::VGet { lane: Lane::D, index: 1, a });
    l.set_x(reg(w, 0), value);
    Some(())
}

pub(super) fn move_in_high(l: &mut Lift, w: u32) -> Option<()> {
    let (a, b) = (l.v(reg(w, 0)), l.x(reg(w, 5)));
    let value = l.op(Op::VSet { lane: Lane::D, index: 1, a, b });
    l.set_v(reg(w, 0), value);
    Some(())
}

/// A helper computes integer, exactness and exceptions of a conversion by JavaScript's rules.
pub(super) fn to_javascript(l: &mut Lift, w: u32) -> Option<()> {
    let a = scalar(l, Shape::F64, reg(w, 5));
    let a = l.op(Op::FToBits { shape: Shape::F64, a });
    let control = l.get(state::FPCR);
    let result = l.op(Op::Helper { id: state::HELPER_JAVASCRIPT, ty: Ty::I64, a, b: control, c: Value::NONE });
    let integer = l.op(Op::Bits { from: 0, count: 32, a: result });
    let exact = l.op(Op::Bits { from: 32, count: 1, a: result });
    let raised = l.bin_number(Bin::Shr, Width::W64, result, 40);
    let old = l.get(state::FPSR);
    let status = l.bin(Bin::Or, Width::W64, old, raised);
    l.set(state::FPSR, status);
    let zero = l.bin_number(Bin::Shl, Width::W64, exact, 30);
    let flags = l.op(Op::Unpack { a: zero });
    l.set_flags(flags);
    l.set_x(reg(w, 0), integer);
    Some(())
}

const INVALID: u64 = 1;
const INEXACT: u64 = 16;
const INPUT_FLUSHED: u64 = 128;
const FLUSH: u64 = 1 << 24;

/// The integer in bits 0 to 31, whether it is exact in bit 32, the status bits raised from bit 40.
pub(in crate::aarch64) fn javascript(number: u64, control: u64) -> u64 {
    let (negative, exponent) = (number >> 63 != 0, (number >> 52 & 0x7ff) as i32);
    let fraction = number & ((1 << 52) - 1);
    let answer = |integer: u64, exact: bool, raised: u64| integer & 0xffff_ffff | u64::from(exact) << 32 | raised << 40;
    match (exponent, fraction) {
        (0, 0) => return answer(0, !negative, 0),
        (0, _) if control & FLUSH != 0 => return answer(0, false, INPUT_FLUSHED),
        (0..1023, _) => return answer(0, false, INEXACT),
        (0x7ff, _) => return answer(0, false, INVALID),
        _ => {}
    }
    let significand = fraction | 1 << 52;
    let shift = exponent - 1075;
    let (magnitude, exact) = match shift {
        64.. => (0, true),
        0..64 => (significand << shift, true),
        _ => (significand >> -shift, significand & ((1 << -shift) - 1) == 0),
    };
    let limit = if negative { 1 << 31 } else { (1 << 31) - 1 };
    let integer = if negative { magnitude.wrapping_neg() } else { magnitude };
    match (shift >= 0 || magnitude > limit, exact) {
        (true, _) => answer(integer, false, INVALID),
        (_, true) => answer(integer, true, 0),
        (_, false) => answer(integer, false, INEXACT),
    }
}

//! Shifts by constants, fixed-point conversions, and constants.

use super::form::{Form, numbers, set_numbers, shape, splat};
use crate::aarch64::rows::float;
use crate::aarch64::rows::lift::Lift;
use crate::aarch64::rows::pattern::{bit, bits, reg};
use ashore_ir::{Extend, IntKind, Lane, Op, Round, Sat, Shape, VBin, VShift, Value};

/// The form whose lane the highest bit of four says, and the distances of shifts to the left and to the right.
fn decode(w: u32) -> Option<(Form, u32, u32)> {
    let lane = Lane::of_log2(bits(w, 22, 19).checked_ilog2()?);
    let number = bits(w, 22, 16);
    Some((Form::with_lane(w, lane), number - lane.bits(), 2 * lane.bits() - number))
}

/// The same for lanes of the register's own size: a vector of one 64-bit lane does not exist.
fn own(w: u32) -> Option<(Form, u32, u32)> {
    decode(w).filter(|(form, ..)| form.scalar || form.whole || form.lane != Lane::D)
}

fn by_sign<T>(w: u32, signed: T, unsigned: T) -> T {
    if bit(w, 29) { unsigned } else { signed }
}

pub(super) fn right(l: &mut Lift, w: u32) -> Option<()> {
    let (form, _, by) = own(w)?;
    if form.scalar && form.lane != Lane::D {
        return None;
    }
    let op = match bit(w, 13) {
        false => by_sign(w, VShift::Sar, VShift::Shr),
        true => by_sign(w, VShift::RoundSar, VShift::RoundShr),
    };
    let a = l.v(reg(w, 5));
    let mut result = form.shift(l, op, by, a);
    if bit(w, 12) {
        let old = l.v(reg(w, 0));
        result = form.bin(l, VBin::Add, [old, result]);
    }
    form.finish(l, w, result)
}

pub(super) fn left(l: &mut Lift, w: u32) -> Option<()> {
    let (form, by, _) = own(w)?;
    if form.scalar && form.lane != Lane::D {
        return None;
    }
    let a = l.v(reg(w, 5));
    let result = form.shift(l, VShift::Shl, by, a);
    form.finish(l, w, result)
}

/// Shifts that leave the register's bits where zeros would come in.
pub(super) fn insert(l: &mut Lift, w: u32) -> Option<()> {
    let (form, left, right) = own(w)?;
    if form.scalar && form.lane != Lane::D {
        return None;
    }
    let ones = u64::MAX >> (64 - form.lane.bits());
    let (op, by, mask) = match bit(w, 12) {
        true => (VShift::Shl, left, ones << left & ones),
        false => (VShift::Shr, right, ones.checked_shr(right).unwrap_or(0)),
    };
    let mask = if by == form.lane.bits() { 0 } else { mask };
    let a = l.v(reg(w, 5));
    let shifted = form.shift(l, op, by, a);
    let mask = splat(l, form.lane, mask);
    let old = l.v(reg(w, 0));
    let result = l.op(Op::VSelect { mask, a: shifted, b: old });
    form.finish(l, w, result)
}

pub(super) fn saturating_left(l: &mut Lift, w: u32) -> Option<()> {
    let (form, by, _) = own(w)?;
    let op = match bits(w, 15, 11) {
        12 => Sat::SShiftUnsigned,
        _ => by_sign(w, Sat::SShift, Sat::UShift),
    };
    let a = l.v(reg(w, 5));
    let by = splat(l, form.lane, by.into());
    let result = form.saturate(l, op, [a, by]);
    form.finish(l, w, result)
}

pub(super) fn narrow(l: &mut Lift, w: u32) -> Option<()> {
    let (form, _, by) = decode(w)?;
    if form.lane == Lane::D {
        return None;
    }
    let large = Form { lane: form.lane.wider(), ..form };
    let unsigned_source = bits(w, 15, 12) == 9 && bit(w, 29) || bits(w, 15, 12) == 8 && !bit(w, 29);
    let op = match (bit(w, 11), unsigned_source) {
        (false, false) => VShift::Sar,
        (false, true) => VShift::Shr,
        (true, false) => VShift::RoundSar,
        (true, true) => VShift::RoundShr,
    };
    let sat = match (bits(w, 15, 12), bit(w, 29)) {
        (8, false) => None,
        (8, true) => Some(Sat::NarrowSignedUnsigned),
        (_, false) => Some(Sat::NarrowSigned),
        (_, true) => Some(Sat::NarrowUnsigned),
    };
    let a = l.v(reg(w, 5));
    let shifted = large.shift(l, op, by, a);
    finish_narrow(l, w, form, sat, shifted)
}

/// Narrows a vector or a scalar, saturating or not, and writes it.
pub(super) fn finish_narrow(l: &mut Lift, w: u32, form: Form, sat: Option<Sat>, a: Value) -> Option<()> {
    let result = match sat {
        None => l.op(Op::VNarrow { lane: form.lane, a }),
        // All of the source counts, whichever half the result goes to.
        Some(op) => Form { whole: true, ..form }.saturate(l, op, [a, a]),
    };
    if form.scalar { form.finish(l, w, result) } else { form.finish_narrow(l, w, result) }
}

pub(super) fn long(l: &mut Lift, w: u32) -> Option<()> {
    let (form, by, _) = decode(w)?;
    if form.lane == Lane::D {
        return None;
    }
    let a = l.v(reg(w, 5));
    let kind = by_sign(w, Extend::Sign64, Extend::Zero);
    let wide = l.op(Op::VWiden { kind, lane: form.lane, half: form.half(), a });
    let form = Form { lane: form.lane.wider(), whole: true, ..form };
    let result = if by == 0 { wide } else { form.shift(l, VShift::Shl, by, wide) };
    form.finish(l, w, result)
}

/// The numbers of a fixed-point conversion, whose size the highest bit of four says.
fn fixed(w: u32) -> Option<(Shape, IntKind, u8)> {
    let (form, _, scale) = own(w)?;
    let (shape, kind) = match form.lane {
        Lane::S => (shape(w & !(1 << 22))?, by_sign(w, IntKind::I32, IntKind::U32)),
        Lane::D => (shape(w | 1 << 22)?, by_sign(w, IntKind::I64, IntKind::U64)),
        Lane::B | Lane::H => return None,
    };
    Some((shape, kind, scale as u8))
}

pub(super) fn to_fixed(l: &mut Lift, w: u32) -> Option<()> {
    let (shape, kind, scale) = fixed(w)?;
    to_integer(l, w, shape, Round::Zero, (kind, scale))
}

pub(super) fn from_fixed(l: &mut Lift, w: u32) -> Option<()> {
    let (shape, kind, scale) = fixed(w)?;
    from_integer(l, w, shape, (kind, scale))
}

/// Numbers as integers in the lanes they were in.
pub(super) fn to_integer(l: &mut Lift, w: u32, shape: Shape, round: Round, to: (IntKind, u8)) -> Option<()> {
    let a = l.v(reg(w, 5));
    let a = numbers(l, shape, a);
    let mut result = l.op(Op::FToInt { shape, kind: to.0, round, scale: to.1, a });
    if shape.is_scalar() {
        result = l.op(Op::FFromBits { shape, a: result });
    }
    set_numbers(l, w, shape, result)
}

/// Integers as numbers in the lanes they were in.
pub(super) fn from_integer(l: &mut Lift, w: u32, shape: Shape, from: (IntKind, u8)) -> Option<()> {
    let a = l.v(reg(w, 5));
    let mut a = numbers(l, shape, a);
    if shape.is_scalar() {
        a = l.op(Op::FToBits { shape, a });
    }
    let result = l.op(Op::FFromInt { shape, kind: from.0, round: Round::Guest, scale: from.1, a });
    set_numbers(l, w, shape, result)
}

/// A constant of eight bits, expanded in one of many ways (AdvSIMDExpandImm).
fn expand(w: u32) -> Option<u64> {
    let code = bits(w, 18, 16) << 5 | bits(w, 9, 5);
    let (number, inverts) = (u64::from(code), bit(w, 29));
    let twice = |number: u64| number | number << 32;
    let four = |number: u64| twice(number | number << 16);
    let mode = bits(w, 15, 12);
    Some(match mode {
        0..8 => twice(number << (8 * (mode >> 1))),
        8..12 => four(number << (8 * (mode >> 1 & 1))),
        12 => twice(number << 8 | 0xff),
        13 => twice(number << 16 | 0xffff),
        14 if !inverts => four(number | number << 8),
        14 => (0..8).filter(|byte| code >> byte & 1 != 0).fold(0, |mask, byte| mask | 0xff << (8 * byte)),
        _ if !inverts => twice(float::immediate(Shape::F32, code)),
        _ if bit(w, 30) => float::immediate(Shape::F64, code),
        _ => return None,
    })
}

pub(super) fn constant(l: &mut Lift, w: u32) -> Option<()> {
    let form = Form { scalar: false, ..Form::with_lane(w, Lane::D) };
    let number = expand(w)?;
    let (mode, inverts) = (bits(w, 15, 12), bit(w, 29));
    let changes = mode < 12 && mode & 1 != 0;
    let number = if inverts && !changes && mode < 14 { !number } else { number };
    let mut result = splat(l, Lane::D, number);
    if changes {
        let old = l.v(reg(w, 0));
        result = form.bin(l, if inverts { VBin::AndNot } else { VBin::Or }, [old, result]);
    }
    form.finish(l, w, result)
}

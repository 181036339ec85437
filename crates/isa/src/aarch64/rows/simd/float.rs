//! One source register: numbers.

use super::form::{Form, numbers, set_numbers, shape};
use super::shift::{from_integer, to_integer};
use crate::aarch64::rows::lift::Lift;
use crate::aarch64::rows::pattern::{bit, bits, reg};
use ashore_ir::{FBin, FCompare, FUn, Half, IntKind, Lane, Op, Round, Shape, Value};

/// How an instruction rounds: by bits 23 and 12.
fn rounding(w: u32) -> Round {
    match (bit(w, 23), bit(w, 12)) {
        (false, false) => Round::Even,
        (false, true) => Round::Down,
        (true, false) => Round::Up,
        (true, true) => Round::Zero,
    }
}

fn kind(w: u32) -> IntKind {
    match (bit(w, 22), bit(w, 29)) {
        (false, false) => IntKind::I32,
        (false, true) => IntKind::U32,
        (true, false) => IntKind::I64,
        (true, true) => IntKind::U64,
    }
}

pub(super) fn unary(l: &mut Lift, w: u32) -> Option<()> {
    let shape = shape(w)?;
    let (op, round) = match (bits(w, 16, 12), bit(w, 29), bit(w, 23)) {
        (15, false, _) => (FUn::Abs, Round::Guest),
        (15, true, _) => (FUn::Neg, Round::Guest),
        (24, true, _) => (FUn::ToIntegral, Round::Away),
        (24 | 25, false, _) => (FUn::ToIntegral, rounding(w)),
        (25, true, false) => (FUn::ToIntegralExact, Round::Guest),
        (25, true, true) => (FUn::ToIntegral, Round::Guest),
        (29, false, _) => (FUn::ReciprocalEstimate, Round::Guest),
        (29, true, _) => (FUn::RootEstimate, Round::Guest),
        (31, false, _) => (FUn::ReciprocalExponent, Round::Guest),
        _ => (FUn::Sqrt, Round::Guest),
    };
    let a = l.v(reg(w, 5));
    let a = numbers(l, shape, a);
    let result = l.op(Op::FUn { op, shape, round, a });
    set_numbers(l, w, shape, result)
}

/// Comparisons with zero.
pub(super) fn compare(l: &mut Lift, w: u32) -> Option<()> {
    let shape = shape(w)?;
    let a = l.v(reg(w, 5));
    let zero = super::form::zero(l);
    let [a, zero] = [a, zero].map(|vector| numbers(l, shape, vector));
    let (op, a, b) = match (bits(w, 16, 12), bit(w, 29)) {
        (12, false) => (FCompare::Gt, a, zero),
        (12, true) => (FCompare::Ge, a, zero),
        (13, false) => (FCompare::Eq, a, zero),
        (13, true) => (FCompare::Ge, zero, a),
        _ => (FCompare::Gt, zero, a),
    };
    let result = l.op(Op::FCompare { op, shape, a, b });
    set_numbers(l, w, shape, result)
}

pub(super) fn to_integers(l: &mut Lift, w: u32) -> Option<()> {
    let round = if bits(w, 16, 12) == 28 { Round::Away } else { rounding(w) };
    to_integer(l, w, shape(w)?, round, (kind(w), 0))
}

pub(super) fn from_integers(l: &mut Lift, w: u32) -> Option<()> {
    from_integer(l, w, shape(w)?, (kind(w), 0))
}

/// The narrow lanes of a conversion between sizes.
fn narrow_lane(w: u32) -> Lane {
    if bit(w, 22) { Lane::S } else { Lane::H }
}

pub(super) fn widen(l: &mut Lift, w: u32) -> Option<()> {
    let a = l.v(reg(w, 5));
    let half = if bit(w, 30) { Half::High } else { Half::Low };
    let result = l.op(Op::FWiden { lane: narrow_lane(w), half, a });
    l.set_v(reg(w, 0), result);
    Some(())
}

pub(super) fn narrow(l: &mut Lift, w: u32) -> Option<()> {
    let odd = bit(w, 29);
    if odd && !bit(w, 22) {
        return None;
    }
    let round = if odd { Round::Odd } else { Round::Guest };
    let a = l.v(reg(w, 5));
    if bit(w, 28) {
        let a = l.op(Op::Scalar { shape: Shape::F64, a });
        let result = l.op(Op::FConvert { from: Shape::F64, to: Shape::F32, round, a });
        return set_numbers(l, w, Shape::F32, result);
    }
    let result = l.op(Op::FNarrow { lane: narrow_lane(w), round, a });
    Form::with_lane(w, narrow_lane(w)).finish_narrow(l, w, result)
}

/// The operation that brings numbers down to one.
fn reducing(w: u32) -> FBin {
    match (bits(w, 16, 12), bit(w, 23)) {
        (12, false) => FBin::MaxNumber,
        (12, true) => FBin::MinNumber,
        (13, _) => FBin::Add,
        (_, false) => FBin::Max,
        (_, true) => FBin::Min,
    }
}

/// An operation on the numbers of two lanes.
fn of_lanes(l: &mut Lift, w: u32, shape: Shape, vector: Value, lanes: [u8; 2]) -> Value {
    let lane = if shape == Shape::F64 { Lane::D } else { Lane::S };
    let [a, b] = lanes.map(|index| {
        let a = if index == 0 { vector } else { l.op(Op::VSplatLane { lane, index, a: vector }) };
        l.op(Op::Scalar { shape, a })
    });
    l.op(Op::FBin { op: reducing(w), shape, round: Round::Guest, a, b })
}

/// Of the two lowest numbers.
pub(super) fn pair(l: &mut Lift, w: u32) -> Option<()> {
    let shape = shape(w)?;
    let vector = l.v(reg(w, 5));
    let result = of_lanes(l, w, shape, vector, [0, 1]);
    set_numbers(l, w, shape, result)
}

/// Of four numbers: of the first two, of the last two, of both results.
pub(super) fn across(l: &mut Lift, w: u32) -> Option<()> {
    if bit(w, 22) || !bit(w, 30) {
        return None;
    }
    let shape = Shape::F32;
    let vector = l.v(reg(w, 5));
    let a = of_lanes(l, w, shape, vector, [0, 1]);
    let b = of_lanes(l, w, shape, vector, [2, 3]);
    let result = l.op(Op::FBin { op: reducing(w), shape, round: Round::Guest, a, b });
    set_numbers(l, w, shape, result)
}

//! One source register: integers.

use super::form::{Form, zero};
use super::shift::finish_narrow;
use crate::aarch64::rows::lift::Lift;
use crate::aarch64::rows::pattern::{bit, bits, reg};
use ashore_ir::{Extend, Lane, Op, Sat, VBin, VCompare, VShift, VUn};

/// Lane by lane.
pub(super) fn plain(l: &mut Lift, w: u32) -> Option<()> {
    let size = Lane::of_log2(bits(w, 23, 22));
    let form = Form::with_lane(w, size);
    let (op, allowed) = match (bits(w, 16, 12), bit(w, 29)) {
        (0, false) => (VUn::Reverse64, size <= Lane::S),
        (0, true) => (VUn::Reverse32, size < Lane::S),
        (1, _) => (VUn::Reverse16, size == Lane::B),
        (4, false) => (VUn::Cls, size != Lane::D),
        (4, true) => (VUn::Clz, size != Lane::D),
        (5, false) => (VUn::Popcount, size == Lane::B),
        (5, true) if size == Lane::B => (VUn::Not, true),
        (5, true) => (VUn::ReverseBits, size == Lane::H),
        (_, false) => (VUn::Abs, Form::of(w).is_some()),
        (_, true) => (VUn::Neg, Form::of(w).is_some()),
    };
    if !allowed || (form.scalar && size != Lane::D) {
        return None;
    }
    let form = if op == VUn::ReverseBits { Form { lane: Lane::B, ..form } } else { form };
    let a = l.v(reg(w, 5));
    let result = form.un(l, op, a);
    form.finish(l, w, result)
}

/// Sums of neighbours in lanes twice as large, added to the register or not.
pub(super) fn pairs(l: &mut Lift, w: u32) -> Option<()> {
    let form = Form::with_lane(w, Lane::of_log2(bits(w, 23, 22)));
    if form.lane == Lane::D {
        return None;
    }
    let a = l.v(reg(w, 5));
    let mut result = form.un(l, if bit(w, 29) { VUn::UAddPairs } else { VUn::SAddPairs }, a);
    let form = Form { lane: form.lane.wider(), ..form };
    if bits(w, 16, 12) == 6 {
        let old = l.v(reg(w, 0));
        result = form.bin(l, VBin::Add, [old, result]);
    }
    form.finish(l, w, result)
}

/// Additions of numbers of the other sign's kind to the register, saturating; absolute values and negations that do.
pub(super) fn saturating(l: &mut Lift, w: u32) -> Option<()> {
    let form = Form::of(w)?;
    let a = l.v(reg(w, 5));
    let result = match (bits(w, 16, 12), bit(w, 29)) {
        (3, unsigned) => {
            let old = l.v(reg(w, 0));
            form.saturate(l, if unsigned { Sat::UAddSigned } else { Sat::SAddUnsigned }, [old, a])
        }
        (_, false) => form.saturate(l, Sat::Abs, [a, a]),
        (_, true) => form.saturate(l, Sat::Neg, [a, a]),
    };
    form.finish(l, w, result)
}

/// Comparisons with zero.
pub(super) fn compare(l: &mut Lift, w: u32) -> Option<()> {
    let form = Form::of(w)?;
    if form.scalar && form.lane != Lane::D {
        return None;
    }
    let a = l.v(reg(w, 5));
    let zero = zero(l);
    let (op, operands) = match (bits(w, 16, 12), bit(w, 29)) {
        (8, false) => (VCompare::SGt, [a, zero]),
        (8, true) => (VCompare::SGe, [a, zero]),
        (9, false) => (VCompare::Eq, [a, zero]),
        (9, true) => (VCompare::SGe, [zero, a]),
        _ => (VCompare::SGt, [zero, a]),
    };
    let result = form.compare(l, op, operands);
    form.finish(l, w, result)
}

pub(super) fn narrow(l: &mut Lift, w: u32) -> Option<()> {
    let form = Form::with_lane(w, Lane::of_log2(bits(w, 23, 22)));
    if form.lane == Lane::D {
        return None;
    }
    let sat = match (bits(w, 16, 12), bit(w, 29)) {
        (18, false) => None,
        (18, true) => Some(Sat::NarrowSignedUnsigned),
        (_, false) => Some(Sat::NarrowSigned),
        (_, true) => Some(Sat::NarrowUnsigned),
    };
    let a = l.v(reg(w, 5));
    finish_narrow(l, w, form, sat, a)
}

/// Widened and shifted left by the size of the narrow lanes.
pub(super) fn shift_long(l: &mut Lift, w: u32) -> Option<()> {
    let form = Form::with_lane(w, Lane::of_log2(bits(w, 23, 22)));
    if form.lane == Lane::D {
        return None;
    }
    let a = l.v(reg(w, 5));
    let wide = l.op(Op::VWiden { kind: Extend::Zero, lane: form.lane, half: form.half(), a });
    let large = Form { lane: form.lane.wider(), whole: true, ..form };
    let result = large.shift(l, VShift::Shl, form.lane.bits(), wide);
    large.finish(l, w, result)
}

/// Estimates of fixed-point numbers.
pub(super) fn estimate(l: &mut Lift, w: u32) -> Option<()> {
    let form = Form::with_lane(w, Lane::S);
    let a = l.v(reg(w, 5));
    let result = form.un(l, if bit(w, 29) { VUn::RootEstimate } else { VUn::ReciprocalEstimate }, a);
    form.finish(l, w, result)
}

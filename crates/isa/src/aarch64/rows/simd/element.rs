//! A vector and one element of another.

use super::form::{Form, numbers, set_numbers, shape};
use super::{different, same};
use crate::aarch64::rows::lift::Lift;
use crate::aarch64::rows::pattern::{bit, bits, reg};
use ashore_ir::{FBin, Lane, Op, Round, Sat, VBin, Value};

/// The element in every lane: its register and index have bits that depend on its size.
fn element(l: &mut Lift, w: u32, lane: Lane) -> Option<Value> {
    let (high, low, middle) = (bits(w, 11, 11), bits(w, 21, 21), bits(w, 20, 20));
    let (register, index) = match lane {
        Lane::H => (reg(w, 16) & 15, high << 2 | low << 1 | middle),
        Lane::S => (reg(w, 16), high << 1 | low),
        Lane::D if low == 0 => (reg(w, 16), high),
        _ => return None,
    };
    let a = l.v(register);
    Some(l.op(Op::VSplatLane { lane, index: index as u8, a }))
}

/// Of integers: 16 or 32 bits.
fn integers(l: &mut Lift, w: u32) -> Option<(Form, [Value; 2])> {
    let form = Form::of(w)?;
    if !matches!(form.lane, Lane::H | Lane::S) {
        return None;
    }
    let a = l.v(reg(w, 5));
    let b = element(l, w, form.lane)?;
    Some((form, [a, b]))
}

pub(super) fn multiply(l: &mut Lift, w: u32) -> Option<()> {
    let (form, operands) = integers(l, w)?;
    let mut result = form.bin(l, VBin::Mul, operands);
    let op = match bits(w, 15, 12) {
        0 => Some(VBin::Add),
        4 => Some(VBin::Sub),
        _ => None,
    };
    if let Some(op) = op {
        let old = l.v(reg(w, 0));
        result = form.bin(l, op, [old, result]);
    }
    form.finish(l, w, result)
}

pub(super) fn multiply_long(l: &mut Lift, w: u32) -> Option<()> {
    let (form, operands) = integers(l, w)?;
    different::product(l, w, form, operands)
}

pub(super) fn double_long(l: &mut Lift, w: u32) -> Option<()> {
    let (form, operands) = integers(l, w)?;
    different::double_product(l, w, form, operands)
}

pub(super) fn double_high(l: &mut Lift, w: u32) -> Option<()> {
    let (form, operands) = integers(l, w)?;
    let op = if bit(w, 12) { Sat::SRoundDoubleMulHigh } else { Sat::SDoubleMulHigh };
    let result = form.saturate(l, op, operands);
    form.finish(l, w, result)
}

pub(super) fn dot(l: &mut Lift, w: u32) -> Option<()> {
    let form = Form::of(w)?;
    if form.lane != Lane::S {
        return None;
    }
    let a = l.v(reg(w, 5));
    let b = element(l, w, Lane::S)?;
    same::accumulate_dot(l, w, form, [a, b])
}

pub(super) fn float(l: &mut Lift, w: u32) -> Option<()> {
    if !bit(w, 23) {
        return None;
    }
    let shape = shape(w)?;
    let a = l.v(reg(w, 5));
    let b = element(l, w, if bit(w, 22) { Lane::D } else { Lane::S })?;
    let [a, b] = [a, b].map(|vector| numbers(l, shape, vector));
    let op = match (bits(w, 15, 12), bit(w, 29)) {
        (1, _) => return same::multiply_add(l, w, shape, [a, b], false),
        (5, _) => return same::multiply_add(l, w, shape, [a, b], true),
        (_, false) => FBin::Mul,
        (_, true) => FBin::MulExtended,
    };
    let result = l.op(Op::FBin { op, shape, round: Round::Guest, a, b });
    set_numbers(l, w, shape, result)
}

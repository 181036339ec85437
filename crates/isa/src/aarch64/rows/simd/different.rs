//! Three registers where one form has lanes twice as large.

use super::form::Form;
use crate::aarch64::rows::lift::Lift;
use crate::aarch64::rows::pattern::{bit, bits, reg};
use ashore_ir::{Extend, Half, Lane, Op, Sat, VBin, VShift, Value};

fn wide(form: Form) -> Form {
    Form { lane: form.lane.wider(), whole: true, ..form }
}

fn extend(l: &mut Lift, w: u32, form: Form, a: Value) -> Value {
    let kind = if bit(w, 29) { Extend::Zero } else { Extend::Sign64 };
    l.op(Op::VWiden { kind, lane: form.lane, half: form.half(), a })
}

/// Sums, differences and their absolute values in lanes twice as large.
pub(super) fn long(l: &mut Lift, w: u32) -> Option<()> {
    let form = Form::with_lane(w, Lane::of_log2(bits(w, 23, 22)));
    if form.lane == Lane::D {
        return None;
    }
    let opcode = bits(w, 15, 12);
    let (a, b) = (l.v(reg(w, 5)), l.v(reg(w, 16)));
    let b = extend(l, w, form, b);
    let a = if matches!(opcode, 1 | 3) { a } else { extend(l, w, form, a) };
    let form = wide(form);
    let op = match opcode {
        0 | 1 => VBin::Add,
        2 | 3 => VBin::Sub,
        _ if bit(w, 29) => VBin::UAbsDiff,
        _ => VBin::SAbsDiff,
    };
    let mut result = form.bin(l, op, [a, b]);
    if opcode == 5 {
        let old = l.v(reg(w, 0));
        result = form.bin(l, VBin::Add, [old, result]);
    }
    form.finish(l, w, result)
}

/// The upper halves of sums and differences.
pub(super) fn high_narrow(l: &mut Lift, w: u32) -> Option<()> {
    let form = Form::with_lane(w, Lane::of_log2(bits(w, 23, 22)));
    if form.lane == Lane::D {
        return None;
    }
    let large = wide(form);
    let operands = [l.v(reg(w, 5)), l.v(reg(w, 16))];
    let op = if bits(w, 15, 12) == 4 { VBin::Add } else { VBin::Sub };
    let mut result = large.bin(l, op, operands);
    if bit(w, 29) {
        let half = super::form::splat(l, large.lane, 1 << (form.lane.bits() - 1));
        result = large.bin(l, VBin::Add, [result, half]);
    }
    let result = large.shift(l, VShift::Shr, form.lane.bits(), result);
    let result = l.op(Op::VNarrow { lane: form.lane, a: result });
    form.finish_narrow(l, w, result)
}

pub(super) fn multiply(l: &mut Lift, w: u32) -> Option<()> {
    let form = Form::with_lane(w, Lane::of_log2(bits(w, 23, 22)));
    if form.lane == Lane::D {
        return None;
    }
    let operands = [l.v(reg(w, 5)), l.v(reg(w, 16))];
    product(l, w, form, operands)
}

/// A product in lanes twice as large; what bits 15 to 12 say is added to the register at bit 0 or taken from it.
pub(super) fn product(l: &mut Lift, w: u32, form: Form, operands: [Value; 2]) -> Option<()> {
    let op = match (bit(w, 29), form.half()) {
        (false, Half::Low) => VBin::SMulLow,
        (false, Half::High) => VBin::SMulHigh,
        (true, Half::Low) => VBin::UMulLow,
        (true, Half::High) => VBin::UMulHigh,
    };
    let mut result = form.bin(l, op, operands);
    let form = wide(form);
    // The encodings with an element have other numbers for adding and taking away.
    let op = match (bit(w, 24), bits(w, 15, 12)) {
        (false, 8) | (true, 2) => Some(VBin::Add),
        (false, 10) | (true, 6) => Some(VBin::Sub),
        _ => None,
    };
    if let Some(op) = op {
        let old = l.v(reg(w, 0));
        result = form.bin(l, op, [old, result]);
    }
    form.finish(l, w, result)
}

pub(super) fn polynomial(l: &mut Lift, w: u32) -> Option<()> {
    let form = Form::with_lane(w, Lane::of_log2(bits(w, 23, 22)));
    if !matches!(form.lane, Lane::B | Lane::D) {
        return None;
    }
    let op = if form.half() == Half::High { VBin::PolyMulHigh } else { VBin::PolyMulLow };
    let operands = [l.v(reg(w, 5)), l.v(reg(w, 16))];
    let result = form.bin(l, op, operands);
    l.set_v(reg(w, 0), result);
    Some(())
}

pub(super) fn double(l: &mut Lift, w: u32) -> Option<()> {
    let form = Form::with_lane(w, Lane::of_log2(bits(w, 23, 22)));
    if !matches!(form.lane, Lane::H | Lane::S) {
        return None;
    }
    let operands = [l.v(reg(w, 5)), l.v(reg(w, 16))];
    double_product(l, w, form, operands)
}

/// Twice a product, saturating, added or taken away, saturating.
pub(super) fn double_product(l: &mut Lift, w: u32, form: Form, operands: [Value; 2]) -> Option<()> {
    let op = if form.half() == Half::High { Sat::SDoubleMulUpper } else { Sat::SDoubleMulLow };
    let mut result = form.saturate(l, op, operands);
    let form = wide(form);
    let op = match (bit(w, 24), bits(w, 15, 12)) {
        (false, 9) | (true, 3) => Some(Sat::SAdd),
        (false, 11) | (true, 7) => Some(Sat::SSub),
        _ => None,
    };
    if let Some(op) = op {
        let old = l.v(reg(w, 0));
        result = form.saturate(l, op, [old, result]);
    }
    form.finish(l, w, result)
}

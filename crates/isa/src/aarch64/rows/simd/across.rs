//! All lanes brought down to one.

use super::form::Form;
use crate::aarch64::rows::lift::Lift;
use crate::aarch64::rows::pattern::{bit, bits, reg};
use ashore_ir::{Lane, Op, Reduce, VBin, Value};

/// Writes an integer to the lowest lane, zero above.
fn finish(l: &mut Lift, w: u32, value: Value) -> Option<()> {
    let zero = l.number(0);
    let vector = l.op(Op::VPair { a: value, b: zero });
    l.set_v(reg(w, 0), vector);
    Some(())
}

pub(super) fn reduce(l: &mut Lift, w: u32) -> Option<()> {
    let form = Form::with_lane(w, Lane::of_log2(bits(w, 23, 22)));
    if form.lane == Lane::D || (form.lane == Lane::S && !form.whole) {
        return None;
    }
    let op = match (bits(w, 16, 12), bit(w, 29)) {
        (3, false) => Reduce::SAddLong,
        (3, true) => Reduce::UAddLong,
        (10, false) => Reduce::SMax,
        (10, true) => Reduce::UMax,
        (26, false) => Reduce::SMin,
        (26, true) => Reduce::UMin,
        _ => Reduce::Add,
    };
    let a = l.v(reg(w, 5));
    let sums = matches!(op, Reduce::Add | Reduce::SAddLong | Reduce::UAddLong);
    let a = match (form.whole, sums) {
        (true, _) => a,
        (false, true) => form.keep(l, a),
        // The low half twice has the same greatest and least.
        (false, false) => l.op(Op::VSplatLane { lane: Lane::D, index: 0, a }),
    };
    let value = l.op(Op::Reduce { op, lane: form.lane, a });
    finish(l, w, value)
}

/// The sum of both 64-bit lanes.
pub(super) fn pair(l: &mut Lift, w: u32) -> Option<()> {
    let form = Form::of(w).filter(|form| form.lane == Lane::D)?;
    let a = l.v(reg(w, 5));
    let result = form.bin(l, VBin::AddPairs, [a, a]);
    form.finish(l, w, result)
}

//! Lanes and bytes in another order.

use super::form::{Form, zero};
use crate::aarch64::rows::lift::Lift;
use crate::aarch64::rows::pattern::{bit, bits, reg};
use ashore_ir::{Lane, Op, Permute};

pub(super) fn permute(l: &mut Lift, w: u32) -> Option<()> {
    let form = Form::of(w)?;
    let lane = form.lane;
    let (a, b) = (l.v(reg(w, 5)), l.v(reg(w, 16)));
    let op = match bits(w, 14, 12) {
        1 => Permute::Even,
        2 => Permute::TransposeEven,
        3 => Permute::ZipLow,
        5 => Permute::Odd,
        6 => Permute::TransposeOdd,
        _ => Permute::ZipHigh,
    };
    let result = match (op, form.whole) {
        // The high halves of halves: the upper part of the low halves' lanes in turns.
        (Permute::ZipHigh, false) => {
            let turns = l.op(Op::Permute { op: Permute::ZipLow, lane, a, b });
            l.op(Op::VJoin { from: 8, a: turns, b: turns })
        }
        (Permute::Even | Permute::Odd, false) => {
            let [a, b] = form.joined(l, [a, b]);
            l.op(Op::Permute { op, lane, a, b })
        }
        _ => l.op(Op::Permute { op, lane, a, b }),
    };
    form.finish(l, w, result)
}

pub(super) fn join(l: &mut Lift, w: u32) -> Option<()> {
    let form = Form::with_lane(w, Lane::B);
    let from = bits(w, 14, 11) as u8;
    if !form.whole && from >= 8 {
        return None;
    }
    let operands = [l.v(reg(w, 5)), l.v(reg(w, 16))];
    let [a, b] = form.joined(l, operands);
    let result = l.op(Op::VJoin { from, a, b });
    form.finish(l, w, result)
}

/// One to four registers as a table; what is outside is zero, or with bit 12 stays.
pub(super) fn table(l: &mut Lift, w: u32) -> Option<()> {
    let form = Form::with_lane(w, Lane::B);
    let index = l.v(reg(w, 16));
    let mut result = if bit(w, 12) { l.v(reg(w, 0)) } else { zero(l) };
    for at in 0..=bits(w, 14, 13) {
        let table = l.v(((bits(w, 9, 5) + at) & 31) as u8);
        result = l.op(Op::VTable { base: at as u8 * 16, index, table, other: result });
    }
    form.finish(l, w, result)
}

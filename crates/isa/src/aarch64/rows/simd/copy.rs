//! Elements between lanes and general registers.

use super::form::Form;
use crate::aarch64::rows::lift::{Lift, width};
use crate::aarch64::rows::pattern::{bit, bits, reg};
use ashore_ir::{Extend, Lane, Op, Size};

/// The lane the lowest bit of five says, and its index in the bits above.
fn place(w: u32) -> Option<(Lane, u8)> {
    let code = bits(w, 20, 16);
    let log2 = code.trailing_zeros();
    (log2 < 4).then(|| (Lane::of_log2(log2), (code >> (log2 + 1)) as u8))
}

pub(super) fn splat_element(l: &mut Lift, w: u32) -> Option<()> {
    let (lane, index) = place(w)?;
    let form = Form::with_lane(w, lane);
    if !form.scalar && !form.whole && lane == Lane::D {
        return None;
    }
    let a = l.v(reg(w, 5));
    let result = l.op(Op::VSplatLane { lane, index, a });
    form.finish(l, w, result)
}

pub(super) fn splat(l: &mut Lift, w: u32) -> Option<()> {
    let (lane, _) = place(w)?;
    let form = Form::with_lane(w, lane);
    if !form.whole && lane == Lane::D {
        return None;
    }
    let a = l.x(reg(w, 5));
    let result = l.op(Op::VSplat { lane, a });
    form.finish(l, w, result)
}

pub(super) fn get_signed(l: &mut Lift, w: u32) -> Option<()> {
    let (lane, index) = place(w)?;
    let to = width(bit(w, 30));
    if lane.bits() >= to.bits() {
        return None;
    }
    let a = l.v(reg(w, 5));
    let value = l.op(Op::VGet { lane, index, a });
    let kind = if bit(w, 30) { Extend::Sign64 } else { Extend::Sign32 };
    let value = l.extend(Size::of_log2(lane as u32), kind, value);
    l.set_x(reg(w, 0), value);
    Some(())
}

pub(super) fn get(l: &mut Lift, w: u32) -> Option<()> {
    let (lane, index) = place(w)?;
    if (lane == Lane::D) != bit(w, 30) {
        return None;
    }
    let a = l.v(reg(w, 5));
    let value = l.op(Op::VGet { lane, index, a });
    l.set_x(reg(w, 0), value);
    Some(())
}

pub(super) fn set(l: &mut Lift, w: u32) -> Option<()> {
    let (lane, index) = place(w)?;
    let (a, b) = (l.v(reg(w, 0)), l.x(reg(w, 5)));
    let result = l.op(Op::VSet { lane, index, a, b });
    l.set_v(reg(w, 0), result);
    Some(())
}

pub(super) fn set_element(l: &mut Lift, w: u32) -> Option<()> {
    let (lane, to) = place(w)?;
    let from = (bits(w, 14, 11) >> lane as u32) as u8;
    let (a, b) = (l.v(reg(w, 0)), l.v(reg(w, 5)));
    let result = l.op(Op::VCopyLane { lane, to, from, a, b });
    l.set_v(reg(w, 0), result);
    Some(())
}

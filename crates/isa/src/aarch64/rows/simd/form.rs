//! What an instruction works on: whole vectors, their low halves, or scalars.

use crate::aarch64::rows::lift::Lift;
use crate::aarch64::rows::pattern::{bit, bits, reg};
use crate::aarch64::state;
use ashore_ir::{Half, Lane, Op, Permute, Sat, Shape, VBin, VCompare, VShift, VUn, Value};

/// What an instruction works on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    /// The lanes.
    pub(super) lane: Lane,
    /// It is a scalar: the lowest lane.
    pub(super) scalar: bool,
    /// All of the register, of a vector.
    pub(super) whole: bool,
}

impl Form {
    /// By bits 23 and 22, 28 and 30. A vector of one 64-bit lane does not exist.
    pub(super) fn of(w: u32) -> Option<Form> {
        let form = Form::with_lane(w, Lane::of_log2(bits(w, 23, 22)));
        (form.scalar || form.whole || form.lane != Lane::D).then_some(form)
    }

    /// With lanes that other bits say.
    pub(super) fn with_lane(w: u32, lane: Lane) -> Form {
        Form { lane, scalar: bit(w, 28), whole: bit(w, 30) }
    }

    /// The half that widening instructions take and narrowing ones give.
    pub(super) fn half(self) -> Half {
        if self.whole && !self.scalar { Half::High } else { Half::Low }
    }

    /// Makes zero what the form does not have.
    pub(super) fn keep(self, l: &mut Lift, a: Value) -> Value {
        match (self.scalar, self.whole) {
            (true, _) => l.op(Op::VKeep { lane: self.lane, a }),
            (_, false) => l.op(Op::VKeep { lane: Lane::D, a }),
            (_, true) => a,
        }
    }

    /// Writes the register at bit 0.
    pub(super) fn finish(self, l: &mut Lift, w: u32, value: Value) -> Option<()> {
        let value = self.keep(l, value);
        l.set_v(reg(w, 0), value);
        Some(())
    }

    /// The result of an operation that saturates, and the sticky flag.
    pub(super) fn saturate(self, l: &mut Lift, op: Sat, [a, b]: [Value; 2]) -> Value {
        let lane = self.lane;
        let result = l.op(Op::Saturate { op, lane, a, b });
        let hits = l.op(Op::Saturates { op, lane, a, b });
        let wide = matches!(op, Sat::SDoubleMulLow | Sat::SDoubleMulUpper);
        let hits = match (self.scalar, wide) {
            (true, true) => Form { lane: lane.wider(), ..self }.keep(l, hits),
            (false, true) => hits,
            _ => self.keep(l, hits),
        };
        let old = l.get(state::QC);
        let flag = l.op(Op::VBin { op: VBin::Or, lane: Lane::B, a: old, b: hits });
        l.set(state::QC, flag);
        result
    }

    pub(super) fn bin(self, l: &mut Lift, op: VBin, [a, b]: [Value; 2]) -> Value {
        l.op(Op::VBin { op, lane: self.lane, a, b })
    }

    pub(super) fn un(self, l: &mut Lift, op: VUn, a: Value) -> Value {
        l.op(Op::VUn { op, lane: self.lane, a })
    }

    pub(super) fn compare(self, l: &mut Lift, op: VCompare, [a, b]: [Value; 2]) -> Value {
        l.op(Op::VCompare { op, lane: self.lane, a, b })
    }

    pub(super) fn shift(self, l: &mut Lift, op: VShift, by: u32, a: Value) -> Value {
        l.op(Op::VShift { op, lane: self.lane, by: by as u8, a })
    }

    /// The lanes of both operands one after the other, to take neighbours of: the same vector twice where they are halves.
    pub(super) fn joined(self, l: &mut Lift, [a, b]: [Value; 2]) -> [Value; 2] {
        if self.whole {
            return [a, b];
        }
        let joined = l.op(Op::Permute { op: Permute::ZipLow, lane: Lane::D, a, b });
        [joined, joined]
    }

    /// Writes a narrowed vector to the half the form gives; the low one makes the other zero.
    pub(super) fn finish_narrow(self, l: &mut Lift, w: u32, value: Value) -> Option<()> {
        let value = match self.half() {
            Half::Low => value,
            Half::High => {
                let a = l.v(reg(w, 0));
                l.op(Op::VCopyLane { lane: Lane::D, to: 1, from: 0, a, b: value })
            }
        };
        l.set_v(reg(w, 0), value);
        Some(())
    }
}

/// A vector of zeros.
pub(super) fn zero(l: &mut Lift) -> Value {
    let zero = l.number(0);
    l.op(Op::VPair { a: zero, b: zero })
}

/// A vector whose lanes are a constant.
pub(super) fn splat(l: &mut Lift, lane: Lane, number: u64) -> Value {
    let a = l.number(number);
    l.op(Op::VSplat { lane, a })
}

/// The numbers an instruction works on, by bits 22, 28 and 30.
pub(super) fn shape(w: u32) -> Option<Shape> {
    match (bit(w, 28), bit(w, 22), bit(w, 30)) {
        (true, false, _) => Some(Shape::F32),
        (true, true, _) => Some(Shape::F64),
        (_, false, false) => Some(Shape::F32x2),
        (_, false, true) => Some(Shape::F32x4),
        (_, true, true) => Some(Shape::F64x2),
        (_, true, false) => None,
    }
}

/// A vector, or the lowest number of one.
pub(super) fn numbers(l: &mut Lift, shape: Shape, vector: Value) -> Value {
    if shape.is_scalar() { l.op(Op::Scalar { shape, a: vector }) } else { vector }
}

/// Writes numbers, zero above, to the register at bit 0.
pub(super) fn set_numbers(l: &mut Lift, w: u32, shape: Shape, value: Value) -> Option<()> {
    let vector = if shape.is_scalar() { l.op(Op::VScalar { shape, a: value }) } else { value };
    l.set_v(reg(w, 0), vector);
    Some(())
}

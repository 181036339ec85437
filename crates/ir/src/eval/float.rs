//! Floating point: numbers taken from values, computed by the soft unit, exceptions kept in the status register.

use super::vector::{build, lane};
use super::{Frame, read_slot, write_slot};
use crate::float::{Format, Unit};
use crate::{FCompare, FUn, Half, IntKind, Lane, Op, Round, Shape, Value};
use core::cmp::Ordering;

const NEGATIVE: u64 = 1 << 31;
const ZERO_CARRY: u64 = 3 << 29;
const CARRY: u64 = 1 << 29;
const CARRY_OVERFLOW: u64 = 3 << 28;

/// The lanes numbers of this many bits are.
fn lane_of(bits: u32) -> Lane {
    match bits {
        16 => Lane::H,
        32 => Lane::S,
        _ => Lane::D,
    }
}

impl Frame<'_> {
    pub(super) fn float(&mut self, op: &Op) -> Option<u128> {
        Some(match *op {
            Op::Scalar { shape, a }
            | Op::VScalar { shape, a }
            | Op::FToBits { shape, a }
            | Op::FFromBits { shape, a } => lane(lane_of(shape.bits()), self.value(a), 0).into(),
            Op::FUn { op, shape, round, a } => self.map(shape, round, [a, a, a], |unit, format, [a, ..]| match op {
                FUn::Neg => a ^ 1 << (format.exponent + format.fraction),
                FUn::Abs => a & !(1 << (format.exponent + format.fraction)),
                FUn::Sqrt => unit.root(format, a),
                FUn::ToIntegral => unit.to_integral(format, a),
                FUn::ToIntegralExact => unit.to_integral_exact(format, a),
                FUn::ReciprocalEstimate => unit.reciprocal_estimate(format, a),
                FUn::RootEstimate => unit.root_estimate(format, a),
                FUn::ReciprocalExponent => unit.reciprocal_exponent(format, a),
            }),
            Op::FBin { op, shape, round, a, b } => {
                self.map(shape, round, [a, b, b], |unit, format, [a, b, _]| unit.binary(op, format, a, b))
            }
            Op::FMulAdd { shape, round, a, b, c } => self.map(shape, round, [a, b, c], Unit::multiply_add),
            Op::FFlags { shape, a, b } => self.compare_flags(FCompare::Eq, shape, a, b),
            Op::FFlagsSignal { shape, a, b } => self.compare_flags(FCompare::Ge, shape, a, b),
            Op::FCompare { op, shape, a, b } => self.map(shape, Round::Guest, [a, b, b], |unit, format, [a, b, _]| {
                let order = unit.compare(op, format, a, b);
                let holds = match op {
                    FCompare::Eq => order == Some(Ordering::Equal),
                    FCompare::Gt | FCompare::AbsGt => order == Some(Ordering::Greater),
                    FCompare::Ge | FCompare::AbsGe => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
                };
                if holds { u64::MAX } else { 0 }
            }),
            Op::FConvert { from, to, round, a } => {
                let bits = self.int(a);
                self.compute(round, |unit| unit.convert(Format::of_bits(from.bits()), Format::of_bits(to.bits()), bits))
            }
            Op::FWiden { lane, half, a } => self.widen(lane, half, a),
            Op::FNarrow { lane, round, a } => self.narrow(lane, round, a),
            Op::FToInt { shape, kind, round, scale, a } => {
                let kind = int_kind(shape, kind);
                self.map(shape, round, [a, a, a], |unit, format, [a, ..]| unit.to_integer(format, kind, scale, a))
            }
            Op::FFromInt { shape, kind, round, scale, a } if shape.is_scalar() => {
                let bits = self.int(a);
                self.compute(round, |unit| unit.from_integer(Format::of_bits(shape.bits()), kind, scale, bits))
            }
            Op::FFromInt { shape, kind, round, scale, a } => {
                let kind = int_kind(shape, kind);
                self.map(shape, round, [a, a, a], |unit, format, [a, ..]| unit.from_integer(format, kind, scale, a))
            }
            _ => return None,
        })
    }

    fn unit(&self, round: Round) -> Unit {
        let register = read_slot(self.state, self.model.layout().fp_control) as u64;
        Unit::new(self.model.control(register), round)
    }

    fn keep(&mut self, unit: &Unit) {
        let slot = self.model.layout().fp_status;
        let status = self.model.status(unit.raised());
        if status != 0 {
            let old = read_slot(self.state, slot);
            write_slot(self.state, slot, old | u128::from(status));
        }
    }

    fn compute(&mut self, round: Round, of: impl Fn(&mut Unit) -> u64) -> u128 {
        let mut unit = self.unit(round);
        let result = of(&mut unit);
        self.keep(&unit);
        result.into()
    }

    /// The same for every number of a shape. A scalar's result may have any width up to 64 bits.
    fn map(
        &mut self,
        shape: Shape,
        round: Round,
        values: [Value; 3],
        of: impl Fn(&mut Unit, Format, [u64; 3]) -> u64,
    ) -> u128 {
        let mut unit = self.unit(round);
        let size = lane_of(shape.bits());
        let format = Format::of_bits(shape.bits());
        let values = values.map(|value| self.value(value));
        let mut results = [0; 4];
        for (at, result) in results.iter_mut().enumerate().take(shape.count() as usize) {
            *result = of(&mut unit, format, values.map(|value| lane(size, value, at as u32)));
        }
        self.keep(&unit);
        match shape.is_scalar() {
            true => results[0].into(),
            false => build(size, |at| results.get(at as usize).copied().unwrap_or(0)),
        }
    }

    fn compare_flags(&mut self, op: FCompare, shape: Shape, a: Value, b: Value) -> u128 {
        let (a, b) = (self.int(a), self.int(b));
        self.compute(Round::Guest, |unit| match unit.compare(op, Format::of_bits(shape.bits()), a, b) {
            Some(Ordering::Less) => NEGATIVE,
            Some(Ordering::Equal) => ZERO_CARRY,
            Some(Ordering::Greater) => CARRY,
            None => CARRY_OVERFLOW,
        })
    }

    fn widen(&mut self, from: Lane, half: Half, a: Value) -> u128 {
        let vector = self.value(a) >> if half == Half::High { 64 } else { 0 };
        let formats = (Format::of_bits(from.bits()), Format::of_bits(from.wider().bits()));
        let mut unit = self.unit(Round::Guest);
        let mut results = [0; 4];
        for (at, result) in results.iter_mut().enumerate().take(from.wider().count() as usize) {
            *result = unit.convert(formats.0, formats.1, lane(from, vector, at as u32));
        }
        self.keep(&unit);
        build(from.wider(), |at| results.get(at as usize).copied().unwrap_or(0))
    }

    fn narrow(&mut self, to: Lane, round: Round, a: Value) -> u128 {
        let vector = self.value(a);
        let formats = (Format::of_bits(to.wider().bits()), Format::of_bits(to.bits()));
        let mut unit = self.unit(round);
        let mut results = [0; 4];
        for (at, result) in results.iter_mut().enumerate().take(to.wider().count() as usize) {
            *result = unit.convert(formats.0, formats.1, lane(to.wider(), vector, at as u32));
        }
        self.keep(&unit);
        build(to, |at| results.get(at as usize).copied().unwrap_or(0))
    }
}

/// The integers of a conversion: a vector's have the width of its numbers.
fn int_kind(shape: Shape, kind: IntKind) -> IntKind {
    match (shape.is_scalar(), shape.bits(), kind.is_signed()) {
        (true, ..) => kind,
        (_, 64, true) => IntKind::I64,
        (_, 64, false) => IntKind::U64,
        (_, _, true) => IntKind::I32,
        (_, _, false) => IntKind::U32,
    }
}

//! What templates for numbers share: operands of two numbers, constants, rounding to the nearest away from zero.

use super::float::{SILENT, is_double, shaped};
use super::{Body, Done, Generator, Loc, Refused, Upper, VSCRATCH};
use crate::asm::{VOp, ops};
use crate::frame::Vector;
use crate::live::Live;
use crate::reg::{Rm, Xmm};
use ashore_ir::{Op, Shape, Value};

/// The host's number for rounding towards zero.
pub(super) const TO_ZERO: u8 = 3;
/// The host's number of a comparison: greater or equal, and any NaN is invalid.
const NOT_LESS: u8 = 0x0d;
/// Digits of shifts of lanes.
const RIGHT: u8 = 2;
const LEFT: u8 = 6;

/// Two to a power, which the shape's numbers can be.
pub(super) fn power(shape: Shape, exponent: i32) -> u64 {
    match is_double(shape) {
        true => ((1023 + exponent) as u64) << 52,
        false => ((127 + exponent) as u64) << 23,
    }
}

/// The vector of the two that has the shape's size.
pub(super) fn sized(shape: Shape, (single, double): (Vector, Vector)) -> Vector {
    if is_double(shape) { double } else { single }
}

/// The instruction for all numbers of a vector, where a scalar's are among them.
pub(super) const fn all(shape: Shape, single: VOp, double: VOp) -> VOp {
    if is_double(shape) { double } else { single }
}

impl Generator<'_> {
    /// An operand in a register. Two numbers have nothing above them, so that it raises nothing: that may be a copy, which is
    /// given back by [`Generator::done_with`].
    pub(super) fn numbers(&mut self, live: &Live, shape: Shape, value: Value) -> Result<Xmm, Refused> {
        if shape != Shape::F32x2 {
            return self.xmm(value);
        }
        let place = match self.loc(value) {
            Loc::Slot(slot) => self.map.vector(slot),
            Loc::Xmm(reg) => Some(reg),
            _ => None,
        };
        if let Some(reg) = place {
            self.vheld |= 1 << reg.0;
            if self.upper[usize::from(reg.0)] >= Upper::Zero64 {
                return Ok(reg);
            }
            let is_own = self.loc(value) == Loc::Xmm(reg) && VSCRATCH & 1 << reg.0 != 0;
            if is_own && live.uses(value.index()) == 1 {
                self.asm.v2(ops::MOVQ, reg, reg);
                self.upper[usize::from(reg.0)] = Upper::Zero64;
                return Ok(reg);
            }
        }
        let from = self.vrm(value)?;
        let reg = self.vtake()?;
        self.asm.v2(ops::MOVQ, reg, from);
        self.upper[usize::from(reg.0)] = Upper::Zero64;
        Ok(reg)
    }

    /// Two operands, which may be the same one.
    pub(super) fn two_numbers(&mut self, live: &Live, shape: Shape, [a, b]: [Value; 2]) -> Result<(Xmm, Xmm), Refused> {
        let x = self.numbers(live, shape, a)?;
        let y = if a == b { x } else { self.numbers(live, shape, b)? };
        Ok((x, y))
    }

    /// A copy of an operand that is written to, or the operand itself where nobody else needs it.
    pub(super) fn own_numbers(&mut self, live: &Live, shape: Shape, value: Value) -> Result<Xmm, Refused> {
        if let Loc::Xmm(reg) = self.loc(value)
            && VSCRATCH & 1 << reg.0 != 0
            && live.uses(value.index()) == 1
        {
            let reg = self.numbers(live, shape, value)?;
            self.give(value.index(), Loc::None);
            return Ok(reg);
        }
        let from = self.vrm(value)?;
        let reg = self.vtake()?;
        self.upper[usize::from(reg.0)] = match (shape, from) {
            (Shape::F32x2, _) => Upper::Zero64,
            (_, Rm::Reg(number)) => self.upper[usize::from(number)],
            _ => Upper::Unknown,
        };
        self.asm.v2(if shape == Shape::F32x2 { ops::MOVQ } else { ops::MOVUPS }, reg, from);
        Ok(reg)
    }

    /// An operand of [`Generator::numbers`] is read for the last time.
    pub(super) fn done_with(&mut self, value: Value, reg: Xmm) {
        if self.loc(value) != Loc::Xmm(reg) {
            self.vput_back(reg);
        }
    }

    /// A register for the value of the op at hand that may be written before the last that can stop the instruction: what that
    /// reads is elsewhere.
    pub(super) fn vdest_apart(&mut self, body: Body<'_>, live: &Live) -> Result<Xmm, Refused> {
        let done = body.ops.get(self.start..self.at).unwrap_or_default();
        let goal = self.goal(body, live, self.at);
        let is_read = done.iter().any(|op| matches!(*op, Op::Get(slot) if Some(slot) == goal));
        if is_read { self.vtake() } else { self.vdest(body, live, &[]) }
    }

    /// A constant: the number, which is not zero, in every lane of vectors.
    pub(super) fn all_of(&mut self, shape: Shape, number: u64) -> Result<Xmm, Refused> {
        let (reg, word) = (self.vtake()?, self.take()?);
        self.asm.number(word, number);
        self.asm.v2(all(shape, ops::MOVD, ops::MOVQ_FROM), reg, word);
        if !shape.is_scalar() {
            self.asm.v2(all(shape, ops::PBROADCASTD, ops::PBROADCASTQ), reg, reg);
        }
        self.put_back(word);
        Ok(reg)
    }

    /// `reg` times two to a power.
    pub(super) fn times_power(&mut self, shape: Shape, (reg, x): (Xmm, Xmm), exponent: i32) -> Done {
        let code = shaped(shape, [ops::MULSS, ops::MULSD, ops::MULPS, ops::MULPD]).ok_or(Refused)?;
        let factor = self.all_of(shape, power(shape, exponent))?;
        self.asm.v3(code, reg, x, factor);
        self.vput_back(factor);
        Ok(())
    }

    /// Rounds to the nearest integers, from the middle away from zero, and raises nothing: what was cut off is exact, and
    /// one is added where that is half of one. Infinities stop.
    pub(super) fn round_away(&mut self, shape: Shape, (reg, x): (Xmm, Xmm)) -> Done {
        let sub = shaped(shape, [ops::SUBSS, ops::SUBSD, ops::SUBPS, ops::SUBPD]).ok_or(Refused)?;
        let add = shaped(shape, [ops::ADDSS, ops::ADDSD, ops::ADDPS, ops::ADDPD]).ok_or(Refused)?;
        let compare = shaped(shape, [ops::CMPSS, ops::CMPSD, ops::CMPPS, ops::CMPPD]).ok_or(Refused)?;
        let rest = self.vtake()?;
        self.round_to(shape, (reg, x), TO_ZERO | SILENT)?;
        self.asm.v3(sub, rest, x, reg);
        self.asm.v3(ops::ANDPS, rest, rest, sized(shape, (Vector::Rest32, Vector::Rest64)).place());
        let half = sized(shape, (Vector::Half32, Vector::Half64)).place();
        self.asm.v3_number(compare, rest, (rest, half.into()), NOT_LESS);
        // One, whose exponent is all ones but for the highest bit, with the number's sign.
        let shift = all(shape, ops::PSHIFTD_NUMBER, ops::PSHIFTQ_NUMBER);
        let (right, left) = if is_double(shape) { (54, 52) } else { (25, 23) };
        self.asm.v_shift(shift, RIGHT, (rest, rest), right);
        self.asm.v_shift(shift, LEFT, (rest, rest), left);
        let sign = self.vtake()?;
        self.asm.v3(ops::ANDPS, sign, x, sized(shape, (Vector::Sign32, Vector::Sign64)).place());
        self.asm.v3(ops::ORPS, rest, rest, sign);
        self.vput_back(sign);
        self.asm.v3(add, reg, reg, rest);
        self.vput_back(rest);
        Ok(())
    }
}

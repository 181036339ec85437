//! Floating point on the host's own unit.
//!
//! The invalid exception is not masked while translated code runs: an operation that would make a NaN, or that reads a
//! signalling one, stops before it has written anything, and its instruction is evaluated. What is left are quiet NaNs, which
//! both CPUs hand on from the first operand that is one.

use super::{Body, Done, Generator, Refused, Upper};
use crate::asm::{VOp, ops};
use crate::frame::Vector;
use crate::live::Live;
use crate::reg::{Rm, Xmm};
use crate::unit::Tiny;
use ashore_ir::{FBin, FCompare, FUn, Op, Round, Shape, Value};

/// One instruction for each shape: scalars of both sizes, then vectors.
pub(super) const fn shaped(shape: Shape, codes: [VOp; 4]) -> Option<VOp> {
    match shape {
        Shape::F16 => None,
        Shape::F32 => Some(codes[0]),
        Shape::F64 => Some(codes[1]),
        Shape::F32x2 | Shape::F32x4 => Some(codes[2]),
        Shape::F64x2 => Some(codes[3]),
    }
}

/// The lower half of a vector in both.
const LOW_TWICE: u8 = 0x44;

/// The host's number for a rounding; nothing where it has none.
pub(super) const fn round_number(round: Round) -> Option<u8> {
    match round {
        Round::Even => Some(0),
        Round::Down => Some(1),
        Round::Up => Some(2),
        Round::Zero => Some(3),
        Round::Guest => Some(4),
        Round::Away | Round::Odd => None,
    }
}

/// Added to a rounding's number: inexact is not raised.
pub(super) const SILENT: u8 = 8;

/// Whether the shape's numbers are 64 bits wide.
pub(super) const fn is_double(shape: Shape) -> bool {
    matches!(shape, Shape::F64 | Shape::F64x2)
}

impl Generator<'_> {
    pub(super) fn float(&mut self, body: Body<'_>, live: &mut Live, op: &Op) -> Done {
        match *op {
            Op::FUn { op, shape, round, a } => self.fun(body, live, (op, shape, round), a),
            Op::FBin { op, shape, round: Round::Guest, a, b } => self.fbin(body, live, (op, shape), [a, b]),
            Op::FMulAdd { shape, round: Round::Guest, a, b, c } => self.mul_add(live, shape, [a, b, c]),
            Op::FFlags { .. } | Op::FFlagsSignal { .. } => self.float_flags(body, live, op),
            Op::FCompare { op, shape, a, b } => self.fcompare(body, live, (op, shape), [a, b]),
            _ => Err(Refused),
        }
    }

    /// The upper part of what an instruction for scalars gives: that of its first operand. Two numbers have none.
    pub(super) fn upper_of(&self, shape: Shape, first: Xmm) -> Upper {
        match shape {
            Shape::F32x2 => Upper::Zero64,
            // A result of 64 bits has more than the first operand may have had.
            Shape::F64 => self.upper[usize::from(first.0)].min(Upper::Zero64),
            _ if shape.is_scalar() => self.upper[usize::from(first.0)],
            _ => Upper::Unknown,
        }
    }

    /// The value of the op at hand is in `reg`.
    pub(super) fn fdone(&mut self, live: &mut Live, (reg, upper): (Xmm, Upper), operands: &[Value]) -> Done {
        self.all_used(live, operands);
        self.vgive(reg, upper);
        Ok(())
    }

    fn fun(&mut self, body: Body<'_>, live: &mut Live, (op, shape, round): (FUn, Shape, Round), a: Value) -> Done {
        if shape == Shape::F16 {
            return Err(Refused);
        }
        match op {
            FUn::Neg | FUn::Abs => {
                let x = self.xmm(a)?;
                let reg = self.vdest(body, live, &[])?;
                let vector = match (op, is_double(shape)) {
                    (FUn::Neg, false) => Vector::Sign32,
                    (FUn::Neg, true) => Vector::Sign64,
                    (_, false) => Vector::Rest32,
                    (_, true) => Vector::Rest64,
                };
                let code = if op == FUn::Neg { ops::XORPS } else { ops::ANDPS };
                self.asm.v3(code, reg, x, vector.place());
                let mut upper = Upper::Unknown;
                if shape == Shape::F32x2 {
                    self.asm.v2(ops::MOVQ, reg, reg);
                    upper = Upper::Zero64;
                }
                self.fdone(live, (reg, upper), &[a])
            }
            FUn::Sqrt | FUn::ToIntegral | FUn::ToIntegralExact => {
                let x = self.numbers(live, shape, a)?;
                let upper = self.upper_of(shape, x);
                let is_apart = round == Round::Away;
                let reg = if is_apart { self.vdest_apart(body, live)? } else { self.vdest(body, live, &[])? };
                if op == FUn::Sqrt && self.root_of_any(live, shape, (reg, x))? {
                    self.done_with(a, x);
                    return self.fdone(live, (reg, upper), &[a]);
                }
                self.may_fault();
                match (op, round) {
                    (FUn::Sqrt, _) => self.root(shape, (reg, x))?,
                    (FUn::ToIntegral, Round::Away) => {
                        self.stop_at_tiny(shape, x)?;
                        self.round_away(shape, (reg, x))?;
                    }
                    _ => {
                        let silent = if op == FUn::ToIntegral { SILENT } else { 0 };
                        self.stop_at_tiny(shape, x)?;
                        self.round_to(shape, (reg, x), round_number(round).ok_or(Refused)? | silent)?;
                    }
                }
                self.done_with(a, x);
                self.fdone(live, (reg, upper), &[a])
            }
            FUn::ReciprocalEstimate | FUn::RootEstimate | FUn::ReciprocalExponent => {
                self.estimate(live, (op, shape), a)
            }
        }
    }

    pub(super) fn root(&mut self, shape: Shape, (reg, x): (Xmm, Xmm)) -> Done {
        let code = shaped(shape, [ops::SQRTSS, ops::SQRTSD, ops::SQRTPS, ops::SQRTPD]).ok_or(Refused)?;
        if shape.is_scalar() {
            self.asm.v3(code, reg, x, x);
        } else {
            self.asm.v2(code, reg, x);
        }
        Ok(())
    }

    /// Rounds to integers; `how` is the host's number, perhaps with [`SILENT`].
    pub(super) fn round_to(&mut self, shape: Shape, (reg, x): (Xmm, Xmm), how: u8) -> Done {
        let code = shaped(shape, [ops::ROUNDSS, ops::ROUNDSD, ops::ROUNDPS, ops::ROUNDPD]).ok_or(Refused)?;
        if shape.is_scalar() {
            self.asm.v3_number(code, reg, (x, x.into()), how);
        } else {
            self.asm.v2_number(code, reg, x, how);
        }
        Ok(())
    }

    /// Numbers too small to be normal stop here where the guest has them flushed: what makes integers of them would not tell.
    pub(super) fn stop_at_tiny(&mut self, shape: Shape, x: Xmm) -> Done {
        /// Equal, and quiet.
        const EQUAL: u8 = 0;
        let code = shaped(shape, [ops::CMPSS, ops::CMPSD, ops::CMPPS, ops::CMPPD]).ok_or(Refused)?;
        let unused = self.vtake()?;
        self.asm.v3_number(code, unused, (x, x.into()), EQUAL);
        self.vput_back(unused);
        Ok(())
    }

    /// The second operand of an operation: a register where it is looked at by itself, too.
    pub(super) fn second(&mut self, value: Value) -> Result<Rm, Refused> {
        match self.unit.tiny {
            Tiny::Mostly => self.vrm(value),
            Tiny::Always => self.xmm(value).map(Rm::from),
        }
    }

    /// To the host, a quiet not-a-number matters more than an operand that is too small to be normal: each is looked at by
    /// itself first, where it is to be told of.
    pub(super) fn tell_tiny(&mut self, shape: Shape, (x, y): (Xmm, Rm)) -> Done {
        if self.unit.tiny == Tiny::Mostly {
            return Ok(());
        }
        self.stop_at_tiny(shape, x)?;
        match y {
            Rm::Reg(y) if y != x.0 => self.stop_at_tiny(shape, Xmm(y)),
            _ => Ok(()),
        }
    }

    fn fbin(&mut self, body: Body<'_>, live: &mut Live, (op, shape): (FBin, Shape), [a, b]: [Value; 2]) -> Done {
        let codes = match op {
            FBin::ReciprocalStep | FBin::RootStep => return self.step(live, (op, shape), [a, b]),
            FBin::Div if shape == Shape::F32x2 => return self.two_quotients(body, live, [a, b]),
            FBin::Add => [ops::ADDSS, ops::ADDSD, ops::ADDPS, ops::ADDPD],
            FBin::Sub | FBin::AbsDiff => [ops::SUBSS, ops::SUBSD, ops::SUBPS, ops::SUBPD],
            // Where both products differ, the host stops: zero times infinity is invalid to it.
            FBin::Mul | FBin::MulExtended => [ops::MULSS, ops::MULSD, ops::MULPS, ops::MULPD],
            FBin::Div => [ops::DIVSS, ops::DIVSD, ops::DIVPS, ops::DIVPD],
            FBin::Max | FBin::MaxNumber => [ops::MAXSS, ops::MAXSD, ops::MAXPS, ops::MAXPD],
            FBin::Min | FBin::MinNumber => [ops::MINSS, ops::MINSD, ops::MINPS, ops::MINPD],
        };
        let code = shaped(shape, codes).ok_or(Refused)?;
        let is_extreme = matches!(op, FBin::Max | FBin::Min | FBin::MaxNumber | FBin::MinNumber);
        if shape != Shape::F32x2 && !is_extreme {
            let x = self.xmm(a)?;
            let y = self.second(b)?;
            let reg = self.vdest(body, live, &[])?;
            self.may_fault();
            self.tell_tiny(shape, (x, y))?;
            let upper = self.upper_of(shape, x);
            self.asm.v3(code, reg, x, y);
            if op == FBin::AbsDiff {
                let rest = if is_double(shape) { Vector::Rest64 } else { Vector::Rest32 };
                self.asm.v3(ops::ANDPS, reg, reg, rest.place());
            }
            return self.fdone(live, (reg, upper), &[a, b]);
        }
        let (x, y) = self.two_numbers(live, shape, [a, b])?;
        let reg = self.vdest(body, live, &[x, y])?;
        // Of extremes the host takes any not-a-number for invalid, and stops.
        if is_extreme && self.extreme_of_any(live, (op, shape, code), (reg, [x, y]))? {
            self.done_with(a, x);
            self.done_with(b, y);
            return self.fdone(live, (reg, Upper::Unknown), &[a, b]);
        }
        self.may_fault();
        if !is_extreme {
            self.tell_tiny(shape, (x, y.into()))?;
        }
        let upper = self.upper_of(shape, x);
        self.asm.v3(code, reg, x, y);
        match op {
            FBin::AbsDiff => self.asm.v3(ops::ANDPS, reg, reg, Vector::Rest32.place()),
            // Zero less zero is negative where the guest rounds down.
            FBin::Sub => self.asm.v2(ops::MOVQ, reg, reg),
            _ => {}
        }
        if is_extreme {
            // Of two zeros the host gives the second one: taken both ways, their signs are joined.
            let other = self.vtake()?;
            self.asm.v3(code, other, y, x);
            let is_max = matches!(op, FBin::Max | FBin::MaxNumber);
            self.asm.v3(if is_max { ops::ANDPS } else { ops::ORPS }, reg, reg, other);
            self.vput_back(other);
        }
        self.done_with(a, x);
        self.done_with(b, y);
        let upper = if is_extreme && shape != Shape::F32x2 { Upper::Unknown } else { upper };
        self.fdone(live, (reg, upper), &[a, b])
    }

    /// Quotients of two numbers: both twice, because what is above them must not be divided by.
    fn two_quotients(&mut self, body: Body<'_>, live: &mut Live, [a, b]: [Value; 2]) -> Done {
        let (from, x) = (self.vrm(a)?, self.vtake()?);
        self.asm.v2_number(ops::PSHUFD, x, from, LOW_TWICE);
        let (from, y) = (self.vrm(b)?, self.vtake()?);
        self.asm.v2_number(ops::PSHUFD, y, from, LOW_TWICE);
        let reg = self.vdest(body, live, &[])?;
        self.may_fault();
        self.tell_tiny(Shape::F32x4, (x, y.into()))?;
        self.asm.v3(ops::DIVPS, reg, x, y);
        self.asm.v2(ops::MOVQ, reg, reg);
        self.vput_back(x);
        self.vput_back(y);
        self.fdone(live, (reg, Upper::Zero64), &[a, b])
    }

    fn fcompare(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        (op, shape): (FCompare, Shape),
        [a, b]: [Value; 2],
    ) -> Done {
        let code = shaped(shape, [ops::CMPSS, ops::CMPSD, ops::CMPPS, ops::CMPPD]).ok_or(Refused)?;
        // Equal is quiet; the others take any NaN for invalid.
        let number = match op {
            FCompare::Eq => 0,
            FCompare::Ge | FCompare::AbsGe => 0x0d,
            FCompare::Gt | FCompare::AbsGt => 0x0e,
        };
        let (x, y) = match op {
            FCompare::AbsGe | FCompare::AbsGt => (self.magnitude(shape, a)?, self.magnitude(shape, b)?),
            _ => self.two_numbers(live, shape, [a, b])?,
        };
        let (number, raised) = match op {
            FCompare::Eq => (number, None),
            _ => self.comparison_of_any(live, (shape, number), [x, y])?,
        };
        let reg = self.vdest(body, live, &[])?;
        self.may_fault();
        if op == FCompare::Eq {
            self.tell_tiny(shape, (x, y.into()))?;
        }
        let upper = self.upper_of(shape, x);
        self.asm.v3_number(code, reg, (x, y.into()), number);
        self.raise_where(raised);
        if shape == Shape::F32x2 {
            self.asm.v2(ops::MOVQ, reg, reg);
        }
        self.done_with(a, x);
        self.done_with(b, y);
        self.fdone(live, (reg, upper), &[a, b])
    }

    /// A copy of an operand without its sign; of two numbers there is nothing above.
    fn magnitude(&mut self, shape: Shape, value: Value) -> Result<Xmm, Refused> {
        let from = self.vrm(value)?;
        let reg = self.vtake()?;
        self.asm.v2(if shape == Shape::F32x2 { ops::MOVQ } else { ops::MOVUPS }, reg, from);
        let rest = if is_double(shape) { Vector::Rest64 } else { Vector::Rest32 };
        self.asm.v3(ops::ANDPS, reg, reg, rest.place());
        self.upper[usize::from(reg.0)] = Upper::Unknown;
        Ok(reg)
    }
}

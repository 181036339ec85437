//! Floating point on the host's own unit.
//!
//! The invalid exception is not masked while translated code runs: an operation that would make a NaN, or that reads a
//! signalling one, stops before it has written anything, and its instruction is evaluated. What is left are quiet NaNs, which
//! both CPUs hand on from the first operand that is one.

use super::{Body, Done, Generator, Loc, Refused, Upper};
use crate::asm::{VOp, ops};
use crate::flags::{Form, HostCond, Parity};
use crate::frame::Vector;
use crate::host::HostPart;
use crate::live::Live;
use crate::reg::{Cc, Rm, Xmm};
use crate::unit::{Nans, Tiny};
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
            Op::FFlags { shape, a, b } => self.float_flags(live, (ops::UCOMISS, ops::UCOMISD), shape, [a, b]),
            Op::FFlagsSignal { shape, a, b } if self.unit.nans == Nans::Usual => {
                self.float_flags(live, (ops::UCOMISS, ops::UCOMISD), shape, [a, b])?;
                // Only the guest takes a quiet one for invalid.
                let bail = self.bail();
                self.asm.jcc(Cc::Parity, bail);
                Ok(())
            }
            Op::FFlagsSignal { shape, a, b } => self.float_flags(live, (ops::COMISS, ops::COMISD), shape, [a, b]),
            Op::FCompare { op, shape, a, b } => self.fcompare(body, live, (op, shape), [a, b]),
            _ => Err(Refused),
        }
    }

    /// The upper part of what an instruction for scalars gives: that of its first operand. Two numbers have none.
    fn upper_of(&self, shape: Shape, first: Xmm) -> Upper {
        match shape {
            Shape::F32x2 => Upper::Zero64,
            // The number itself fills what was zero of a short one.
            Shape::F64 => self.upper[usize::from(first.0)].min(Upper::Zero64),
            _ if shape.is_scalar() => self.upper[usize::from(first.0)],
            _ => Upper::Unknown,
        }
    }

    /// The value of the op at hand is in `reg`.
    fn fdone(&mut self, live: &mut Live, (reg, upper): (Xmm, Upper), operands: &[Value]) -> Done {
        self.all_used(live, operands);
        self.vgive(reg, upper);
        Ok(())
    }

    /// For shapes of two numbers: a copy without the upper two, so that they raise nothing; or the same where there are none.
    fn cut(&mut self, shape: Shape, x: Xmm) -> Result<Xmm, Refused> {
        if shape != Shape::F32x2 || self.upper[usize::from(x.0)] >= Upper::Zero64 {
            return Ok(x);
        }
        let reg = self.vtake()?;
        self.asm.v2(ops::MOVQ, reg, x);
        Ok(reg)
    }

    fn uncut(&mut self, x: Xmm, cut: Xmm) {
        if x != cut {
            self.vput_back(cut);
        }
    }

    fn fun(&mut self, body: Body<'_>, live: &mut Live, (op, shape, round): (FUn, Shape, Round), a: Value) -> Done {
        let x = self.xmm(a)?;
        if shape == Shape::F16 {
            return Err(Refused);
        }
        match op {
            FUn::Neg | FUn::Abs => {
                let reg = self.vdest(body, live, &[])?;
                let vector = match (op, is_double(shape)) {
                    (FUn::Neg, false) => Vector::Sign32,
                    (FUn::Neg, true) => Vector::Sign64,
                    (_, false) => Vector::Rest32,
                    (_, true) => Vector::Rest64,
                };
                let code = if op == FUn::Neg { ops::XORPS } else { ops::ANDPS };
                if shape == Shape::F32x2 {
                    self.asm.v2(ops::MOVQ, reg, x);
                    self.asm.v3(code, reg, reg, vector.place());
                    self.asm.v2(ops::MOVQ, reg, reg);
                } else {
                    self.asm.v3(code, reg, x, vector.place());
                }
                self.fdone(live, (reg, Upper::Unknown), &[a])
            }
            FUn::Sqrt | FUn::ToIntegral | FUn::ToIntegralExact => {
                let cut = self.cut(shape, x)?;
                let reg = self.vdest(body, live, &[])?;
                self.may_fault();
                let upper = self.upper_of(shape, cut);
                match op {
                    FUn::Sqrt => {
                        let code = shaped(shape, [ops::SQRTSS, ops::SQRTSD, ops::SQRTPS, ops::SQRTPD]);
                        let code = code.ok_or(Refused)?;
                        if shape.is_scalar() {
                            self.asm.v3(code, reg, cut, cut);
                        } else {
                            self.asm.v2(code, reg, cut);
                        }
                    }
                    _ => {
                        let silent = if op == FUn::ToIntegral { SILENT } else { 0 };
                        self.stop_at_tiny(shape, cut)?;
                        self.round_to(shape, (reg, cut), round_number(round).ok_or(Refused)? | silent)?;
                    }
                }
                self.uncut(x, cut);
                self.fdone(live, (reg, upper), &[a])
            }
            FUn::ReciprocalEstimate | FUn::RootEstimate | FUn::ReciprocalExponent => Err(Refused),
        }
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
    fn second(&mut self, value: Value) -> Result<Rm, Refused> {
        match self.unit.tiny {
            Tiny::Mostly => self.vrm(value),
            Tiny::Always => self.xmm(value).map(Rm::from),
        }
    }

    /// To the host, a quiet not-a-number matters more than an operand that is too small to be normal: each is looked at by
    /// itself first, where it is to be told of.
    fn tell_tiny(&mut self, shape: Shape, (x, y): (Xmm, Rm)) -> Done {
        if self.unit.tiny == Tiny::Mostly {
            return Ok(());
        }
        self.stop_at_tiny(shape, x)?;
        match y {
            Rm::Reg(y) if y != x.0 => self.stop_at_tiny(shape, Xmm(y)),
            _ => Ok(()),
        }
    }

    /// Bails out where one of two operands is no number, in code that was seen to have such.
    fn look_for_nans(&mut self, live: &mut Live, shape: Shape, [x, y]: [Xmm; 2]) -> Done {
        /// One of both is none; quiet.
        const UNORDERED: u8 = 3;
        if self.unit.nans == Nans::Rare {
            return Ok(());
        }
        self.clobber(live)?;
        let bail = self.bail();
        self.may_fault();
        if shape.is_scalar() {
            self.asm.v2(if is_double(shape) { ops::UCOMISD } else { ops::UCOMISS }, x, y);
            self.asm.jcc(Cc::Parity, bail);
            return Ok(());
        }
        let (nans, bits) = (self.vtake()?, self.take()?);
        let code = if is_double(shape) { ops::CMPPD } else { ops::CMPPS };
        self.asm.v3_number(code, nans, (x, y.into()), UNORDERED);
        self.asm.vex(ops::PMOVMSKB, bits.0, 0, nans.into());
        self.asm.test(ashore_ir::Width::W32, bits, bits);
        self.asm.jcc(Cc::NotEqual, bail);
        self.vput_back(nans);
        self.put_back(bits);
        Ok(())
    }

    fn fbin(&mut self, body: Body<'_>, live: &mut Live, (op, shape): (FBin, Shape), [a, b]: [Value; 2]) -> Done {
        let codes = match op {
            FBin::Add => [ops::ADDSS, ops::ADDSD, ops::ADDPS, ops::ADDPD],
            FBin::Sub | FBin::AbsDiff => [ops::SUBSS, ops::SUBSD, ops::SUBPS, ops::SUBPD],
            FBin::Mul => [ops::MULSS, ops::MULSD, ops::MULPS, ops::MULPD],
            FBin::Div if shape != Shape::F32x2 => [ops::DIVSS, ops::DIVSD, ops::DIVPS, ops::DIVPD],
            FBin::Max | FBin::MaxNumber => [ops::MAXSS, ops::MAXSD, ops::MAXPS, ops::MAXPD],
            FBin::Min | FBin::MinNumber => [ops::MINSS, ops::MINSD, ops::MINPS, ops::MINPD],
            _ => return Err(Refused),
        };
        let code = shaped(shape, codes).ok_or(Refused)?;
        let x = self.xmm(a)?;
        let is_extreme = matches!(op, FBin::Max | FBin::Min | FBin::MaxNumber | FBin::MinNumber);
        if shape != Shape::F32x2 && !is_extreme {
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
        let y = self.xmm(b)?;
        let (cx, cy) = (self.cut(shape, x)?, self.cut(shape, y)?);
        // Of extremes the host takes any not-a-number for invalid, and stops.
        if is_extreme {
            self.look_for_nans(live, shape, [cx, cy])?;
        }
        let reg = self.vdest(body, live, &[cx, cy])?;
        self.may_fault();
        if !is_extreme {
            self.tell_tiny(shape, (cx, cy.into()))?;
        }
        let upper = self.upper_of(shape, cx);
        self.asm.v3(code, reg, cx, cy);
        match op {
            FBin::AbsDiff => self.asm.v3(ops::ANDPS, reg, reg, Vector::Rest32.place()),
            // Zero less zero is negative where the guest rounds down.
            FBin::Sub => self.asm.v2(ops::MOVQ, reg, reg),
            _ => {}
        }
        if is_extreme {
            // Of two zeros the host gives the second one: taken both ways, their signs are joined.
            let other = self.vtake()?;
            self.asm.v3(code, other, cy, cx);
            let is_max = matches!(op, FBin::Max | FBin::MaxNumber);
            self.asm.v3(if is_max { ops::ANDPS } else { ops::ORPS }, reg, reg, other);
            self.vput_back(other);
        }
        self.uncut(x, cx);
        self.uncut(y, cy);
        let upper = if is_extreme && shape != Shape::F32x2 { Upper::Unknown } else { upper };
        self.fdone(live, (reg, upper), &[a, b])
    }

    /// The host prefers other operands' NaNs: where the result is one, the instruction is evaluated.
    fn mul_add(&mut self, live: &mut Live, shape: Shape, [a, b, c]: [Value; 3]) -> Done {
        let codes = [ops::FMADD231S, ops::FMADD231SD, ops::FMADD231P, ops::FMADD231PD];
        let code = shaped(shape, codes).ok_or(Refused)?;
        if shape == Shape::F32x2 || !self.unit.host.has(HostPart::Fma) {
            return Err(Refused);
        }
        let (x, y, z) = (self.xmm(a)?, self.xmm(b)?, self.xmm(c)?);
        self.clobber(live)?;
        let reg = self.vtake()?;
        self.vcopy(reg, z);
        self.may_fault();
        let upper = self.upper_of(shape, z);
        self.asm.v3(code, reg, x, y);
        let bail = self.bail();
        if shape.is_scalar() {
            self.asm.v2(if is_double(shape) { ops::UCOMISD } else { ops::UCOMISS }, reg, reg);
            self.asm.jcc(Cc::Parity, bail);
        } else {
            let (nans, bits) = (self.vtake()?, self.take()?);
            self.asm.v3_number(if is_double(shape) { ops::CMPPD } else { ops::CMPPS }, nans, (reg, reg.into()), 3);
            self.asm.vex(ops::PMOVMSKB, bits.0, 0, nans.into());
            self.asm.test(ashore_ir::Width::W32, bits, bits);
            self.asm.jcc(Cc::NotEqual, bail);
            self.vput_back(nans);
            self.put_back(bits);
        }
        self.fdone(live, (reg, upper), &[a, b, c])
    }

    fn float_flags(&mut self, live: &mut Live, codes: (VOp, VOp), shape: Shape, [a, b]: [Value; 2]) -> Done {
        let code = match shape {
            Shape::F32 => codes.0,
            Shape::F64 => codes.1,
            _ => return Err(Refused),
        };
        let (x, y) = (self.xmm(a)?, self.second(b)?);
        // Flags that nobody reads later are dropped; who compares under a condition reads them once more if this stops.
        let are_read = live.flags(self.at);
        if !are_read {
            self.may_fault();
        }
        self.clobber(live)?;
        if are_read {
            self.may_fault();
        }
        self.tell_tiny(shape, (x, y))?;
        self.asm.v2(code, x, y);
        self.all_used(live, &[a, b]);
        self.give(self.at, Loc::HostFlags(Form::Float));
        self.pending = Some(Value(self.at as u32));
        Ok(())
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
            FCompare::Ge => 0x0d,
            FCompare::Gt => 0x0e,
            FCompare::AbsGt | FCompare::AbsGe => return Err(Refused),
        };
        let (x, y) = (self.xmm(a)?, self.xmm(b)?);
        let (cx, cy) = (self.cut(shape, x)?, self.cut(shape, y)?);
        if op != FCompare::Eq {
            self.look_for_nans(live, shape, [cx, cy])?;
        }
        let reg = self.vdest(body, live, &[cx, cy])?;
        self.may_fault();
        if op == FCompare::Eq {
            self.tell_tiny(shape, (cx, cy.into()))?;
        }
        let upper = self.upper_of(shape, cx);
        self.asm.v3_number(code, reg, (cx, cy.into()), number);
        if shape == Shape::F32x2 {
            self.asm.v2(ops::MOVQ, reg, reg);
        }
        self.uncut(x, cx);
        self.uncut(y, cy);
        self.fdone(live, (reg, upper), &[a, b])
    }

    pub(super) fn jump_unless(&mut self, host: HostCond, over: crate::asm::Label) {
        match host.not() {
            HostCond { cc, parity: Parity::Ignored } => self.asm.jcc(cc, over),
            HostCond { cc, parity: Parity::Or } => {
                self.asm.jcc(Cc::Parity, over);
                self.asm.jcc(cc, over);
            }
            HostCond { cc, parity: Parity::AndNot } => {
                let then = self.asm.label();
                self.asm.jcc(Cc::Parity, then);
                self.asm.jcc(cc, over);
                self.asm.bind(then);
            }
        }
    }
}

//! Numbers of one kind from numbers of another.

use super::float::{SILENT, is_double, round_number};
use super::{Body, Done, Generator, Loc, Refused, StubTo, Upper};
use crate::asm::{Label, ops};
use crate::flags::Form;
use crate::live::Live;
use crate::reg::{Cc, Xmm};
use crate::unit::{Exit, ExitKind};
use ashore_ir::{Extend, Half, IntKind, Lane, Op, Round, Shape, Size, SlotKind, Value, Width};

/// The host's number for rounding towards zero.
const TO_ZERO: u8 = 3;

impl Generator<'_> {
    /// A place to jump to for having the instruction at hand evaluated. Nothing of it may have happened, and the guest's
    /// flags are in memory or not needed any more.
    pub(super) fn bail(&mut self) -> Label {
        let label = self.asm.label();
        let kind = ExitKind::Eval { next: 0 };
        let number = self.exit(Exit { kind, pc: self.pc, site: 0, resume: 0 });
        self.stub(label, Form::Stored, StubTo::Inside(number), self.pc);
        label
    }

    pub(super) fn convert(&mut self, body: Body<'_>, live: &mut Live, op: &Op) -> Done {
        match *op {
            Op::Scalar { shape: Shape::F16, .. } | Op::VScalar { shape: Shape::F16, .. } => Err(Refused),
            Op::Scalar { a, .. } => {
                let loc = self.loc(a);
                match (loc, live.uses(a.index())) {
                    (Loc::Slot(_), _) => {}
                    // The register changes hands.
                    (Loc::Xmm(_), 1) => self.give(a.index(), Loc::None),
                    _ => return Err(Refused),
                }
                self.used(live, a);
                self.give(self.at, loc);
                Ok(())
            }
            Op::VScalar { shape, a } => self.extend_number(body, live, shape, a),
            Op::FToBits { shape, a } => {
                let x = self.xmm(a)?;
                let reg = self.dest(body, live, &[])?;
                match shape {
                    Shape::F64 => self.asm.vex(ops::MOVQ_TO, x.0, 0, reg.into()),
                    Shape::F32 => self.asm.vex(ops::MOVD_STORE, x.0, 0, reg.into()),
                    _ => return Err(Refused),
                }
                self.used(live, a);
                self.give(self.at, Loc::Gpr(reg));
                Ok(())
            }
            Op::FFromBits { shape, a } => {
                let reg = self.vdest(body, live, &[])?;
                let upper = match (shape, self.loc(a)) {
                    (Shape::F64 | Shape::F32, Loc::Number(0)) => {
                        self.zero(reg);
                        Upper::Zero32
                    }
                    (Shape::F64, _) => {
                        let x = self.gpr(body, live, a)?;
                        self.asm.v2(ops::MOVQ_FROM, reg, x);
                        Upper::Zero64
                    }
                    (Shape::F32, _) => {
                        let x = self.gpr(body, live, a)?;
                        self.asm.v2(ops::MOVD, reg, x);
                        Upper::Zero32
                    }
                    _ => return Err(Refused),
                };
                self.used(live, a);
                self.vgive(reg, upper);
                Ok(())
            }
            Op::FConvert { from, to, round: Round::Guest, a } => {
                let x = self.xmm(a)?;
                let code = match (from, to) {
                    (Shape::F32, Shape::F64) => ops::CVTSS2SD,
                    (Shape::F64, Shape::F32) => ops::CVTSD2SS,
                    _ => return Err(Refused),
                };
                let reg = self.vdest(body, live, &[x])?;
                self.zero(reg);
                self.may_fault();
                self.asm.v3(code, reg, reg, x);
                self.used(live, a);
                self.vgive(reg, if to == Shape::F64 { Upper::Zero64 } else { Upper::Zero32 });
                Ok(())
            }
            Op::FWiden { lane: Lane::S, half, a } => {
                let x = self.xmm(a)?;
                let reg = self.vdest(body, live, &[x])?;
                self.may_fault();
                match half {
                    Half::Low => self.asm.v2(ops::CVTPS2PD, reg, x),
                    Half::High => {
                        let high = self.vtake()?;
                        self.bytes_right(high, x, 8);
                        self.asm.v2(ops::CVTPS2PD, reg, high);
                        self.vput_back(high);
                    }
                }
                self.vdone(live, reg, &[a])
            }
            Op::FNarrow { lane: Lane::S, round: Round::Guest, a } => {
                let x = self.xmm(a)?;
                let reg = self.vdest(body, live, &[])?;
                self.may_fault();
                self.asm.v2(ops::CVTPD2PS, reg, x);
                self.used(live, a);
                self.vgive(reg, Upper::Zero64);
                Ok(())
            }
            Op::FToInt { shape, kind, round, scale: 0, a } => self.int_of_number(body, live, (shape, kind, round), a),
            Op::FFromInt { shape, kind, round: Round::Guest, scale: 0, a } => {
                self.number_of_int(body, live, (shape, kind), a)
            }
            _ => Err(Refused),
        }
    }

    /// A number as a vector: the bits above it become zero, unless they are known to be.
    fn extend_number(&mut self, body: Body<'_>, live: &mut Live, shape: Shape, a: Value) -> Done {
        let x = self.xmm(a)?;
        let needs = if shape == Shape::F64 { Upper::Zero64 } else { Upper::Zero32 };
        let is_own = matches!(self.loc(a), Loc::Xmm(_)) && live.uses(a.index()) == 1;
        if is_own {
            self.give(a.index(), Loc::None);
            if self.upper[usize::from(x.0)] < needs {
                self.clear_above(shape, x, x);
            }
            self.used(live, a);
            self.vgive(x, self.upper[usize::from(x.0)].max(needs));
            return Ok(());
        }
        let reg = self.vdest(body, live, &[])?;
        self.clear_above(shape, reg, x);
        self.used(live, a);
        self.vgive(reg, needs);
        Ok(())
    }

    fn clear_above(&mut self, shape: Shape, reg: Xmm, x: Xmm) {
        match shape {
            Shape::F64 => self.asm.v2(ops::MOVQ, reg, x),
            _ => self.asm.v3_number(ops::INSERTPS, reg, (x, x.into()), 0x0e),
        }
    }

    fn int_of_number(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        (shape, kind, round): (Shape, IntKind, Round),
        a: Value,
    ) -> Done {
        let x = self.xmm(a)?;
        let how = round_number(round).ok_or(Refused)?;
        if shape == Shape::F32x4 && kind.is_signed() {
            let reg = self.vdest(body, live, &[x])?;
            self.may_fault();
            let from = self.rounded(shape, x, how)?;
            self.asm.v2(ops::CVTTPS2DQ, reg, from);
            self.tell_inexact(shape, (from, x), how)?;
            return self.vdone(live, reg, &[a]);
        }
        let code = match (shape, kind) {
            (Shape::F32, IntKind::I32) => ops::CVTTSS2SI,
            (Shape::F64, IntKind::I32) => ops::CVTTSD2SI,
            (Shape::F32, _) => ops::CVTTSS2SI64,
            (Shape::F64, _) => ops::CVTTSD2SI64,
            _ => return Err(Refused),
        };
        if !kind.is_signed() {
            self.bound(live, (shape, kind), x)?;
        }
        self.may_fault();
        let from = self.rounded(shape, x, how)?;
        let reg = self.take()?;
        self.asm.vex(code, reg.0, 0, from.into());
        self.tell_inexact(shape, (from, x), how)?;
        self.used(live, a);
        self.give(self.at, Loc::Gpr(reg));
        Ok(())
    }

    /// Bails out for numbers that an unsigned integer may not hold, before anything has raised inexact for them.
    fn bound(&mut self, live: &mut Live, (shape, kind): (Shape, IntKind), x: Xmm) -> Done {
        self.clobber(live)?;
        let bail = self.bail();
        let reg = self.take()?;
        let (width, to, from) = match shape {
            Shape::F64 => (Width::W64, ops::MOVQ_TO, ops::MOVQ_FROM),
            _ => (Width::W32, ops::MOVD_STORE, ops::MOVD),
        };
        self.asm.vex(to, x.0, 0, reg.into());
        self.asm.test(width, reg, reg);
        self.asm.jcc(Cc::Sign, bail);
        if kind == IntKind::U32 {
            let limit = self.vtake()?;
            // The greatest integer, or number below two to the power of 32: above it rounding may reach that. Too large a one
            // of 64 bits stops by itself.
            let bits = if shape == Shape::F64 { 0x41ef_ffff_ffe0_0000 } else { 0x4f7f_ffff };
            self.asm.number(reg, bits);
            self.asm.v2(from, limit, reg);
            self.may_fault();
            self.asm.v2(if shape == Shape::F64 { ops::UCOMISD } else { ops::UCOMISS }, x, limit);
            self.asm.jcc(Cc::Above, bail);
            self.vput_back(limit);
        }
        self.put_back(reg);
        Ok(())
    }

    /// A number to convert towards zero. Rounding is silent yet: one that is out of range then is invalid, and nothing else.
    fn rounded(&mut self, shape: Shape, x: Xmm, how: u8) -> Result<Xmm, Refused> {
        if how == TO_ZERO {
            self.stop_at_tiny(shape, x)?;
            return Ok(x);
        }
        let from = self.vtake()?;
        self.stop_at_tiny(shape, x)?;
        self.round_to(shape, (from, x), how | SILENT)?;
        Ok(from)
    }

    /// Rounds once more, for what that raises, where it was silent.
    fn tell_inexact(&mut self, shape: Shape, (from, x): (Xmm, Xmm), how: u8) -> Done {
        if how != TO_ZERO {
            self.round_to(shape, (from, x), how)?;
            self.vput_back(from);
        }
        Ok(())
    }

    /// Two numbers from two integers of 64 bits, one after the other.
    fn numbers_of_two(&mut self, body: Body<'_>, live: &mut Live, kind: IntKind, a: Value) -> Done {
        let x = self.xmm(a)?;
        if !kind.is_signed() {
            // Too large for signed numbers.
            self.clobber(live)?;
            let (bail, signs) = (self.bail(), self.take()?);
            self.asm.vex(ops::MOVMSKPD, signs.0, 0, x.into());
            self.asm.test(Width::W32, signs, signs);
            self.asm.jcc(Cc::NotEqual, bail);
            self.put_back(signs);
        }
        let reg = self.vdest(body, live, &[x])?;
        let (high, word) = (self.vtake()?, self.take()?);
        let code = ops::CVTSI2SD.wide(Width::W64);
        self.zero(high);
        self.may_fault();
        self.asm.vex(ops::PEXTRQ, x.0, 0, word.into());
        self.asm.byte(1);
        self.asm.v3(code, high, high, crate::reg::Rm::from(word));
        self.asm.vex(ops::MOVQ_TO, x.0, 0, word.into());
        self.asm.v3(code, reg, high, crate::reg::Rm::from(word));
        self.asm.v3(ops::PUNPCKLQDQ, reg, reg, high);
        self.vput_back(high);
        self.put_back(word);
        self.vdone(live, reg, &[a])
    }

    fn number_of_int(&mut self, body: Body<'_>, live: &mut Live, (shape, kind): (Shape, IntKind), a: Value) -> Done {
        if shape == Shape::F32x4 && kind.is_signed() {
            let x = self.xmm(a)?;
            let reg = self.vdest(body, live, &[])?;
            self.may_fault();
            self.asm.v2(ops::CVTDQ2PS, reg, x);
            return self.vdone(live, reg, &[a]);
        }
        if shape == Shape::F64x2 && matches!(kind, IntKind::I64 | IntKind::U64) {
            return self.numbers_of_two(body, live, kind, a);
        }
        if !shape.is_scalar() || shape == Shape::F16 {
            return Err(Refused);
        }
        let mut x = self.gpr(body, live, a)?;
        let mut extended = None;
        match kind {
            IntKind::U32 => {
                let reg = self.take()?;
                self.asm.load(Size::B4, Extend::Zero, reg, x);
                x = reg;
                extended = Some(reg);
            }
            IntKind::U64 => {
                // Too large for a signed number.
                self.clobber(live)?;
                let bail = self.bail();
                self.asm.test(Width::W64, x, x);
                self.asm.jcc(Cc::Sign, bail);
            }
            IntKind::I32 | IntKind::I64 => {}
        }
        // Where the integer is a vector's, that stays as it is until nothing can stop any more.
        let done = body.ops.get(self.start..self.at).unwrap_or_default();
        let is_vectors = done.iter().any(|op| matches!(op, Op::Get(slot) if slot.kind == SlotKind::V128));
        let reg = if is_vectors { self.vtake()? } else { self.vdest(body, live, &[])? };
        let code = if is_double(shape) { ops::CVTSI2SD } else { ops::CVTSI2SS };
        let width = if kind == IntKind::I32 { Width::W32 } else { Width::W64 };
        self.zero(reg);
        self.may_fault();
        self.asm.v3(code.wide(width), reg, reg, crate::reg::Rm::from(x));
        if let Some(reg) = extended {
            self.put_back(reg);
        }
        self.used(live, a);
        self.vgive(reg, if is_double(shape) { Upper::Zero64 } else { Upper::Zero32 });
        Ok(())
    }
}

//! Numbers of one kind from numbers of another.

use super::estimate::power_of;
use super::half::LOST;
use super::{Body, Done, Generator, Loc, Refused, StubTo, Upper};
use crate::asm::{Label, ops};
use crate::flags::Form;
use crate::live::Live;
use crate::reg::Xmm;
use crate::unit::{Exit, ExitKind};
use ashore_ir::{Half, Lane, Op, Round, Shape, Value};

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
            Op::VScalar { shape: Shape::F16, a } => self.extend_half(body, live, a),
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
            Op::FConvert { from: Shape::F16, to, a, .. } => self.number_of_half(body, live, to, a),
            Op::FConvert { from, to: Shape::F16, round: Round::Guest, a } => self.half_of_number(live, from, a),
            Op::FWiden { lane: Lane::H, half, a } => self.numbers_of_halves(body, live, half, a),
            Op::FNarrow { lane: Lane::H, round: Round::Guest, a } => self.halves_of_numbers(live, a),
            Op::FConvert { from: Shape::F64, to: Shape::F32, round: Round::Odd, a } => {
                self.narrow_odd(live, Shape::F64, a)
            }
            Op::FNarrow { lane: Lane::S, round: Round::Odd, a } => self.narrow_odd(live, Shape::F64x2, a),
            Op::FConvert { from, to, round: Round::Guest, a } => self.convert_size(body, live, (from, to), a),
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
            _ => Err(Refused),
        }
    }

    /// A number of the other one of both usual sizes.
    fn convert_size(&mut self, body: Body<'_>, live: &mut Live, (from, to): (Shape, Shape), a: Value) -> Done {
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

    /// Numbers of 32 bits whose lowest bit stands for lost ones, from those of 64 bits. What is not between the least and the
    /// greatest bails out; the rest is put right before, and what it was is converted for what that raises.
    fn narrow_odd(&mut self, live: &mut Live, shape: Shape, a: Value) -> Done {
        /// The exponents of the least normal number of 32 bits, and of those that may become infinite.
        const LIMITS: (u64, u64) = (1023 - 126, 1023 + 127);
        let x = self.own_numbers(live, shape, a)?;
        if shape.is_scalar() {
            self.asm.v2(ops::MOVQ, x, x);
        }
        self.clobber(live)?;
        let bail = self.bail();
        self.stop_sizes(shape, x, (power_of(shape, LIMITS.0), power_of(shape, LIMITS.1) - 1), bail)?;
        let (lost, reg) = (self.all_of(Shape::F64x2, LOST as u64)?, self.vtake()?);
        self.may_fault();
        self.asm.v2(ops::CVTPD2PS, reg, x);
        self.asm.v3(ops::PAND, reg, x, lost);
        self.asm.v3(ops::PADDQ, reg, reg, lost);
        self.asm.v3(ops::POR, reg, reg, x);
        self.asm.v3(ops::PANDN, reg, lost, reg);
        self.asm.v2(ops::CVTPD2PS, reg, reg);
        self.vput_back(lost);
        self.vput_back(x);
        self.used(live, a);
        self.vgive(reg, if shape.is_scalar() { Upper::Zero32 } else { Upper::Zero64 });
        Ok(())
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
}

//! Numbers of 16 bits, which are only converted.
//!
//! The host takes them as they are whether tiny numbers are flushed or not, as the guest does. What the guest's alternative
//! format holds is evaluated, with everything else while it is chosen.

use super::{Body, Done, Generator, Refused, Upper};
use crate::asm::{Alu, ops};
use crate::host::HostPart;
use crate::live::Live;
use crate::reg::{Cc, Xmm};
use ashore_ir::{Half, Shape, Value, Width};

/// Rounding as the control register says.
const AS_CONTROLLED: u8 = 4;
/// The lowest word of the second operand.
const LOWEST_WORD: u8 = 1;
/// Zeros but for the lowest number.
const LOWEST_ONLY: u8 = 0x0e;
/// Two of the least normal number, moved up over its sign.
const TWICE_LEAST: u64 = 0x0800_0800;
/// The digit of a shift of lanes.
const LEFT: u8 = 6;
/// The bits that numbers of 64 bits have below those of 32 bits.
pub(super) const LOST: i32 = (1 << 29) - 1;

impl Generator<'_> {
    fn needs_halves(&self) -> Done {
        if self.unit.host.has(HostPart::F16c) { Ok(()) } else { Err(Refused) }
    }

    /// A number as a vector, zero above.
    pub(super) fn extend_half(&mut self, body: Body<'_>, live: &mut Live, a: Value) -> Done {
        let x = self.xmm(a)?;
        let reg = self.vdest(body, live, &[x])?;
        self.zero(reg);
        self.asm.v3_number(ops::PBLENDW, reg, (reg, x.into()), LOWEST_WORD);
        self.fdone(live, (reg, Upper::Zero32), &[a])
    }

    /// A wider number; what is above the narrow one raises nothing.
    pub(super) fn number_of_half(&mut self, body: Body<'_>, live: &mut Live, to: Shape, a: Value) -> Done {
        self.needs_halves()?;
        let x = self.xmm(a)?;
        let reg = self.vdest(body, live, &[x])?;
        let alone = self.vtake()?;
        self.may_fault();
        self.zero(alone);
        self.asm.v3_number(ops::PBLENDW, alone, (alone, x.into()), LOWEST_WORD);
        let upper = match to {
            Shape::F32 => {
                self.asm.v2(ops::CVTPH2PS, reg, alone);
                Upper::Zero32
            }
            Shape::F64 => {
                self.asm.v2(ops::CVTPH2PS, alone, alone);
                self.zero(reg);
                self.asm.v3(ops::CVTSS2SD, reg, reg, alone);
                Upper::Zero64
            }
            _ => return Err(Refused),
        };
        self.vput_back(alone);
        self.fdone(live, (reg, upper), &[a])
    }

    /// A narrow number, with zeros above it.
    pub(super) fn half_of_number(&mut self, live: &mut Live, from: Shape, a: Value) -> Done {
        self.needs_halves()?;
        let x = self.xmm(a)?;
        let alone = self.vtake()?;
        match from {
            Shape::F32 => self.asm.v3_number(ops::INSERTPS, alone, (x, x.into()), LOWEST_ONLY),
            Shape::F64 => {
                let short = self.vtake()?;
                self.shortened(live, short, x)?;
                self.may_fault();
                // The rest of the result is the first operand's.
                self.zero(alone);
                self.asm.v3(ops::CVTSD2SS, alone, alone, short);
                self.vput_back(short);
            }
            _ => return Err(Refused),
        }
        self.narrow(live, (alone, alone))?;
        self.fdone(live, (alone, Upper::Zero32), &[a])
    }

    /// A number of 64 bits as one that 32 bits hold, so that it is rounded only once: the lowest bit stands for lost ones.
    fn shortened(&mut self, live: &Live, reg: Xmm, x: Xmm) -> Done {
        let (whole, lost) = (self.take()?, self.take()?);
        self.clobber(live)?;
        self.asm.vex(ops::MOVQ_TO, x.0, 0, whole.into());
        self.asm.mov(Width::W32, lost, whole);
        self.asm.alu_number(Alu::And, Width::W32, lost, LOST);
        self.asm.alu_number(Alu::Add, Width::W32, lost, LOST);
        self.asm.alu(Alu::Or, Width::W64, whole, lost);
        self.asm.alu_number(Alu::And, Width::W64, whole, !LOST);
        self.asm.v2(ops::MOVQ_FROM, reg, whole);
        self.put_back(whole);
        self.put_back(lost);
        Ok(())
    }

    /// Narrow numbers in a register for templates. What is rounded up to the least normal one was too small to the guest, which
    /// looks before it rounds: where there is such a number it bails out.
    fn narrow(&mut self, live: &Live, (reg, x): (Xmm, Xmm)) -> Done {
        self.clobber(live)?;
        let bail = self.bail();
        self.may_fault();
        self.asm.vex(ops::CVTPS2PH, x.0, 0, reg.into());
        self.asm.byte(AS_CONTROLLED);
        let (least, bits) = (self.all_of(Shape::F32x4, TWICE_LEAST)?, self.take()?);
        let twice = self.vtake()?;
        self.asm.v_shift(ops::PSHIFTW_NUMBER, LEFT, (twice, reg), 1);
        self.asm.v3(ops::PCMPEQW, twice, twice, least);
        self.asm.vex(ops::PMOVMSKB, bits.0, 0, twice.into());
        self.asm.test(Width::W32, bits, bits);
        self.asm.jcc(Cc::NotEqual, bail);
        self.vput_back(least);
        self.vput_back(twice);
        self.put_back(bits);
        Ok(())
    }

    pub(super) fn numbers_of_halves(&mut self, body: Body<'_>, live: &mut Live, half: Half, a: Value) -> Done {
        self.needs_halves()?;
        let x = self.xmm(a)?;
        let reg = self.vdest(body, live, &[])?;
        self.may_fault();
        match half {
            Half::Low => self.asm.v2(ops::CVTPH2PS, reg, x),
            Half::High => {
                let high = self.vtake()?;
                self.bytes_right(high, x, 8);
                self.asm.v2(ops::CVTPH2PS, reg, high);
                self.vput_back(high);
            }
        }
        self.vdone(live, reg, &[a])
    }

    pub(super) fn halves_of_numbers(&mut self, live: &mut Live, a: Value) -> Done {
        self.needs_halves()?;
        let x = self.xmm(a)?;
        let reg = self.vtake()?;
        self.narrow(live, (reg, x))?;
        self.fdone(live, (reg, Upper::Zero64), &[a])
    }
}

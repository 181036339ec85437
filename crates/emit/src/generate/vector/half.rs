//! Halves of sums and differences, and absolute differences that the host has no greatest and least numbers for.

use super::super::{Body, Done, Generator, Refused};
use crate::asm::ops;
use crate::frame::Vector;
use crate::live::Live;
use crate::reg::Xmm;
use ashore_ir::{Lane, VBin, Value};

impl Generator<'_> {
    pub(super) fn half(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        (op, lane): (VBin, Lane),
        [a, b]: [Value; 2],
    ) -> Done {
        let (x, y) = (self.xmm(a)?, self.xmm(b)?);
        let reg = self.vdest(body, live, &[x, y])?;
        let part = self.vtake()?;
        match lane {
            Lane::B | Lane::H => self.half_small(op, lane, [reg, x, y, part])?,
            Lane::S => self.half_large(op, [reg, x, y, part])?,
            Lane::D => return Err(Refused),
        }
        self.vput_back(part);
        self.vdone(live, reg, &[a, b])
    }

    /// The host has averages without signs whose halves go up. Complements make them go down, other top bits make numbers
    /// with signs of others, and the complement of the second operand makes a difference: each is an exclusive or before,
    /// and one behind.
    fn half_small(&mut self, op: VBin, lane: Lane, [reg, x, y, part]: [Xmm; 4]) -> Done {
        let (sign, rest, average) = match lane {
            Lane::B => (Vector::Sign8, Vector::Rest8, ops::PAVGB),
            _ => (Vector::Sign16, Vector::Rest16, ops::PAVGW),
        };
        let (first, second, behind) = match op {
            VBin::UHalfAdd => (Some(Vector::Ones), Vector::Ones, Vector::Ones),
            VBin::SRoundHalfAdd => (Some(sign), sign, sign),
            VBin::SHalfAdd => (Some(rest), rest, rest),
            VBin::UHalfSub => (None, Vector::Ones, sign),
            VBin::SHalfSub => (Some(sign), rest, sign),
            _ => return Err(Refused),
        };
        let from = match first {
            Some(first) => {
                self.asm.v3(ops::PXOR, reg, x, first.place());
                reg
            }
            None => x,
        };
        self.asm.v3(ops::PXOR, part, y, second.place());
        self.asm.v3(average, reg, from, part);
        self.asm.v3(ops::PXOR, reg, reg, behind.place());
        Ok(())
    }

    /// A sum is twice the bits of both and the bits of one; or twice the bits of any less those of one. A difference is the
    /// bits of one less twice those of only the second.
    fn half_large(&mut self, op: VBin, [reg, x, y, part]: [Xmm; 4]) -> Done {
        let is_signed = matches!(op, VBin::SHalfAdd | VBin::SRoundHalfAdd | VBin::SHalfSub);
        self.asm.v3(ops::PXOR, reg, x, y);
        self.asm.v_shift(ops::PSHIFTD_NUMBER, if is_signed { 4 } else { 2 }, (reg, reg), 1);
        match op {
            VBin::SHalfAdd | VBin::UHalfAdd => {
                self.asm.v3(ops::PAND, part, x, y);
                self.asm.v3(ops::PADDD, reg, reg, part);
            }
            VBin::SRoundHalfAdd | VBin::URoundHalfAdd => {
                self.asm.v3(ops::POR, part, x, y);
                self.asm.v3(ops::PSUBD, reg, part, reg);
            }
            VBin::SHalfSub | VBin::UHalfSub => {
                self.asm.v3(ops::PANDN, part, x, y);
                self.asm.v3(ops::PSUBD, reg, reg, part);
            }
            _ => return Err(Refused),
        }
        Ok(())
    }

    /// The absolute difference of 64-bit lanes: the difference, and its complement where the second is greater.
    pub(super) fn large_difference(&mut self, op: VBin, [reg, x, y]: [Xmm; 3]) -> Done {
        let less = self.vtake()?;
        if op == VBin::UAbsDiff {
            self.asm.v3(ops::PXOR, reg, x, Vector::Sign64.place());
            self.asm.v3(ops::PXOR, less, y, Vector::Sign64.place());
            self.asm.v3(ops::PCMPGTQ, less, less, reg);
        } else {
            self.asm.v3(ops::PCMPGTQ, less, y, x);
        }
        self.asm.v3(ops::PSUBQ, reg, x, y);
        self.asm.v3(ops::PXOR, reg, reg, less);
        self.asm.v3(ops::PSUBQ, reg, reg, less);
        self.vput_back(less);
        Ok(())
    }
}

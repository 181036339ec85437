//! Products of lanes.

use super::super::{Body, Done, Generator, Refused};
use super::{ADD, GREATER};
use crate::asm::ops;
use crate::frame::Vector;
use crate::live::Live;
use crate::reg::Xmm;
use ashore_ir::{Lane, VBin, Value};

impl Generator<'_> {
    /// Products of bytes: the even and the odd ones as words.
    pub(super) fn byte_product(&mut self, [reg, x, y]: [Xmm; 3]) -> Done {
        let (odd, other) = (self.vtake()?, self.vtake()?);
        self.asm.v_shift(ops::PSHIFTW_NUMBER, 2, (odd, x), 8);
        self.asm.v_shift(ops::PSHIFTW_NUMBER, 2, (other, y), 8);
        self.asm.v3(ops::PMULLW, odd, odd, other);
        self.asm.v_shift(ops::PSHIFTW_NUMBER, 6, (odd, odd), 8);
        self.asm.v3(ops::PMULLW, reg, x, y);
        self.asm.v3(ops::PAND, reg, reg, Vector::EvenBytes.place());
        self.asm.v3(ops::POR, reg, reg, odd);
        self.vput_back(odd);
        self.vput_back(other);
        Ok(())
    }

    /// Products in lanes twice as large.
    pub(in crate::generate) fn wide_product(&mut self, op: VBin, lane: Lane, [reg, x, y]: [Xmm; 3]) -> Done {
        let is_high = matches!(op, VBin::SMulHigh | VBin::UMulHigh);
        let is_signed = matches!(op, VBin::SMulLow | VBin::SMulHigh);
        let other = self.vtake()?;
        if lane == Lane::S {
            let order = if is_high { 0xfa } else { 0x50 };
            self.asm.v2_number(ops::PSHUFD, reg, x, order);
            self.asm.v2_number(ops::PSHUFD, other, y, order);
            self.asm.v3(if is_signed { ops::PMULDQ } else { ops::PMULUDQ }, reg, reg, other);
            self.vput_back(other);
            return Ok(());
        }
        let (widen, multiply) = match (lane, is_signed) {
            (Lane::B, true) => (ops::PMOVSXBW, ops::PMULLW),
            (Lane::B, false) => (ops::PMOVZXBW, ops::PMULLW),
            (Lane::H, true) => (ops::PMOVSXWD, ops::PMULLD),
            (Lane::H, false) => (ops::PMOVZXWD, ops::PMULLD),
            _ => return Err(Refused),
        };
        let mut sources = [(reg, x), (other, y)];
        for (to, from) in &mut sources {
            if is_high {
                self.bytes_right(*to, *from, 8);
                *from = *to;
            }
            self.asm.v2(widen, *to, *from);
        }
        self.asm.v3(multiply, reg, reg, other);
        self.vput_back(other);
        Ok(())
    }

    /// Sums of four products of bytes: those of odd bytes and those of even ones as words.
    pub(super) fn dot(&mut self, op: VBin, [reg, x, y]: [Xmm; 3]) -> Done {
        let digit = |is_signed: bool| if is_signed { 4 } else { 2 };
        let (x_signed, y_signed) = (op == VBin::SDot, op != VBin::UDot);
        let (first, second) = (self.vtake()?, self.vtake()?);
        self.asm.v_shift(ops::PSHIFTW_NUMBER, digit(x_signed), (reg, x), 8);
        self.asm.v_shift(ops::PSHIFTW_NUMBER, digit(y_signed), (first, y), 8);
        self.asm.v3(ops::PMADDWD, reg, reg, first);
        for (even, from, is_signed) in [(first, x, x_signed), (second, y, y_signed)] {
            if is_signed {
                self.asm.v_shift(ops::PSHIFTW_NUMBER, 6, (even, from), 8);
                self.asm.v_shift(ops::PSHIFTW_NUMBER, 4, (even, even), 8);
            } else {
                self.asm.v3(ops::PAND, even, from, Vector::EvenBytes.place());
            }
        }
        self.asm.v3(ops::PMADDWD, first, first, second);
        self.asm.v3(ops::PADDD, reg, reg, first);
        self.vput_back(first);
        self.vput_back(second);
        Ok(())
    }

    /// Products of bytes as polynomials over bits: in bytes, or in words of one half of both.
    pub(super) fn polynomial(&mut self, body: Body<'_>, live: &mut Live, op: VBin, [a, b]: [Value; 2]) -> Done {
        let [by, y] = self.own(live, b)?;
        if op == VBin::PolyMul {
            let x = self.xmm(a)?;
            let reg = self.vdest(body, live, &[x])?;
            self.polynomial_steps(Lane::B, [reg, x, by, y])?;
            self.vput_back(by);
            return self.vdone(live, reg, &[a]);
        }
        let [wide, x] = self.own(live, a)?;
        let mut sources = [(wide, x), (by, y)];
        for (to, from) in &mut sources {
            if op == VBin::PolyMulHigh {
                self.bytes_right(*to, *from, 8);
                *from = *to;
            }
            self.asm.v2(ops::PMOVZXBW, *to, *from);
        }
        self.asm.v_shift(ops::PSHIFTW_NUMBER, 6, (by, by), 8);
        let reg = self.vdest(body, live, &[])?;
        self.polynomial_steps(Lane::H, [reg, wide, by, by])?;
        self.vput_back(by);
        self.vput_back(wide);
        self.vdone(live, reg, &[])
    }

    /// One step for each of the upper eight bits of a lane, from the top: twice what there is, and `x` where the bit is one.
    /// `by` takes the bits, which are in `first` before.
    fn polynomial_steps(&mut self, lane: Lane, [reg, x, by, first]: [Xmm; 4]) -> Done {
        let (double, greater) = (ADD[lane as usize].ok_or(Refused)?, GREATER[lane as usize].ok_or(Refused)?);
        let (none, part) = (self.vtake()?, self.vtake()?);
        self.zero(none);
        self.asm.v3(greater, part, none, first);
        self.asm.v3(double, by, first, first);
        self.asm.v3(ops::PAND, reg, part, x);
        for _ in 1..8 {
            self.asm.v3(greater, part, none, by);
            self.asm.v3(double, by, by, by);
            self.asm.v3(ops::PAND, part, part, x);
            self.asm.v3(double, reg, reg, reg);
            self.asm.v3(ops::PXOR, reg, reg, part);
        }
        self.vput_back(none);
        self.vput_back(part);
        Ok(())
    }
}

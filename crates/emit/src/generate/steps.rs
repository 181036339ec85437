//! Products that are added to something, or taken from it, with one rounding.

use super::float::{is_double, shaped};
use super::numbers::{all, power, sized};
use super::{Done, Generator, Refused, Upper};
use crate::asm::{Label, ops};
use crate::frame::Vector;
use crate::host::HostPart;
use crate::live::Live;
use crate::reg::{Cc, Xmm};
use ashore_ir::{FBin, Shape, Value, Width};

/// The host's number of a comparison: one of both is no number, and none is invalid.
const UNORDERED: u8 = 3;
/// Half of what is smaller than two to this may not be exact; anything far above is right.
const TINY: i32 = -60;

impl Generator<'_> {
    /// The host prefers other operands' NaNs: where the result is one, the instruction is evaluated.
    pub(super) fn mul_add(&mut self, live: &mut Live, shape: Shape, [a, b, c]: [Value; 3]) -> Done {
        let codes = [ops::FMADD231S, ops::FMADD231SD, ops::FMADD231P, ops::FMADD231PD];
        let code = shaped(shape, codes).ok_or(Refused)?;
        if !self.unit.host.has(HostPart::Fma) {
            return Err(Refused);
        }
        let (x, y) = self.two_numbers(live, shape, [a, b])?;
        self.clobber(live)?;
        let reg = self.own_numbers(live, shape, c)?;
        self.may_fault();
        let upper = self.upper_of(shape, reg);
        self.asm.v3(code, reg, x, y);
        let bail = self.bail();
        self.stop_at_nan(shape, reg, bail)?;
        self.done_with(a, x);
        self.done_with(b, y);
        self.fdone(live, (reg, upper), &[a, b, c])
    }

    /// Bails out where one of the numbers is none.
    fn stop_at_nan(&mut self, shape: Shape, reg: Xmm, bail: Label) -> Done {
        if shape.is_scalar() {
            self.asm.v2(all(shape, ops::UCOMISS, ops::UCOMISD), reg, reg);
            self.asm.jcc(Cc::Parity, bail);
            return Ok(());
        }
        let (nans, bits) = (self.vtake()?, self.take()?);
        self.asm.v3_number(all(shape, ops::CMPPS, ops::CMPPD), nans, (reg, reg.into()), UNORDERED);
        self.asm.vex(ops::PMOVMSKB, bits.0, 0, nans.into());
        self.asm.test(Width::W32, bits, bits);
        self.asm.jcc(Cc::NotEqual, bail);
        self.vput_back(nans);
        self.put_back(bits);
        Ok(())
    }

    /// Two less a product; or half of three less a product, which is one and a half less half of it.
    pub(super) fn step(&mut self, live: &mut Live, (op, shape): (FBin, Shape), [a, b]: [Value; 2]) -> Done {
        let codes = [ops::FNMADD231S, ops::FNMADD231SD, ops::FNMADD231P, ops::FNMADD231PD];
        let code = shaped(shape, codes).ok_or(Refused)?;
        if !self.unit.host.has(HostPart::Fma) {
            return Err(Refused);
        }
        let (x, y) = self.two_numbers(live, shape, [a, b])?;
        self.clobber(live)?;
        let bail = self.bail();
        self.may_fault();
        let one_and_half = if is_double(shape) { 1 << 51 } else { 1 << 22 } | power(shape, 0);
        let reg = if op == FBin::RootStep {
            self.stop_small(shape, x, bail)?;
            let half = self.vtake()?;
            let mul = shaped(shape, [ops::MULSS, ops::MULSD, ops::MULPS, ops::MULPD]).ok_or(Refused)?;
            self.asm.v3(mul, half, x, sized(shape, (Vector::Half32, Vector::Half64)).place());
            let reg = self.all_of(shape, one_and_half)?;
            self.asm.v3(code, reg, half, y);
            self.vput_back(half);
            reg
        } else {
            let reg = self.all_of(shape, power(shape, 1))?;
            self.asm.v3(code, reg, x, y);
            reg
        };
        self.stop_at_nan(shape, reg, bail)?;
        let upper = match shape {
            Shape::F32 => Upper::Zero32,
            Shape::F64 => Upper::Zero64,
            Shape::F32x2 => {
                self.asm.v2(ops::MOVQ, reg, reg);
                Upper::Zero64
            }
            _ => Upper::Unknown,
        };
        self.done_with(a, x);
        self.done_with(b, y);
        self.fdone(live, (reg, upper), &[a, b])
    }

    /// Bails out where a number is so small that its half may not be exact.
    fn stop_small(&mut self, shape: Shape, x: Xmm, bail: Label) -> Done {
        let (size, limit) = (self.vtake()?, self.all_of(shape, power(shape, TINY))?);
        let bits = self.take()?;
        self.asm.v3(ops::ANDPS, size, x, sized(shape, (Vector::Rest32, Vector::Rest64)).place());
        self.asm.v3(all(shape, ops::PCMPGTD, ops::PCMPGTQ), size, limit, size);
        self.asm.vex(all(shape, ops::MOVMSKPS, ops::MOVMSKPD), bits.0, 0, size.into());
        self.asm.test_number(Width::W32, bits, (1 << shape.count()) - 1);
        self.asm.jcc(Cc::NotEqual, bail);
        self.vput_back(size);
        self.vput_back(limit);
        self.put_back(bits);
        Ok(())
    }
}

//! Estimates of reciprocals and reciprocal roots.
//!
//! The guest's have eight bits and are exactly defined, the host's have more and are not. Theirs, rounded, is off by one at
//! most, which exact products tell. Nothing of it raises anything. What is zero, tiny, infinite or none bails out, or has a
//! tiny result.

use super::float::{SILENT, is_double};
use super::numbers::{all, power, sized};
use super::{Done, Generator, Refused, Upper};
use crate::asm::{Label, VOp, ops};
use crate::frame::Vector;
use crate::live::Live;
use crate::reg::{Cc, Xmm};
use ashore_ir::{FUn, Shape, Value, Width};

/// The eight highest bits of a fraction, and the lowest of the exponent above them.
const FRACTION: u64 = 0x007f_8000;
const LOWEST: u64 = 0x0080_0000;
/// A ninth bit and a tenth.
const NINTH: u64 = 0x8000;
const TENTH: u64 = 0x4000;
/// The exponent of an estimate, which is an integer from 256 to 511.
const ESTIMATE: u64 = 127 + 8;
/// The host's number of a comparison: less, and none is invalid.
const LESS: u8 = 0x11;
/// Digits of shifts of lanes.
const RIGHT: u8 = 2;
const SIGNED_RIGHT: u8 = 4;
const LEFT: u8 = 6;

/// The greatest exponent, as its bits are.
const fn exponents(shape: Shape) -> u64 {
    if is_double(shape) { 0x7ff } else { 0xff }
}

/// The number with an exponent, as its bits are, and no fraction.
pub(super) const fn power_of(shape: Shape, exponent: u64) -> u64 {
    exponent << if is_double(shape) { 52 } else { 23 }
}

impl Generator<'_> {
    pub(super) fn estimate(&mut self, live: &mut Live, (op, shape): (FUn, Shape), a: Value) -> Done {
        let x = self.numbers(live, shape, a)?;
        self.clobber(live)?;
        let bail = self.bail();
        let (least, infinity) = (power_of(shape, 1), power_of(shape, exponents(shape)));
        let reg = match op {
            FUn::RootEstimate => {
                self.stop_outside(shape, x, (least, infinity - 1), bail)?;
                self.root_estimate(shape, x)?
            }
            FUn::ReciprocalEstimate => {
                // Reciprocals of the greatest are tiny.
                self.stop_sizes(shape, x, (least, infinity - 2 * least - 1), bail)?;
                self.reciprocal_estimate(shape, x)?
            }
            _ => {
                self.stop_sizes(shape, x, (least, infinity), bail)?;
                self.inverted_exponent(shape, x)?
            }
        };
        let upper = if shape == Shape::F32x2 {
            self.asm.v2(ops::MOVQ, reg, reg);
            Upper::Zero64
        } else {
            Upper::Unknown
        };
        self.done_with(a, x);
        self.fdone(live, (reg, upper), &[a])
    }

    /// The number's sign, and its exponent with every bit inverted.
    fn inverted_exponent(&mut self, shape: Shape, x: Xmm) -> Result<Xmm, Refused> {
        let exponent = power_of(shape, exponents(shape));
        let reg = self.all_of(shape, exponent)?;
        self.asm.v3(ops::PXOR, reg, reg, x);
        let kept = self.all_of(shape, exponent | power_of(shape, exponents(shape) + 1))?;
        self.asm.v3(ops::PAND, reg, reg, kept);
        self.vput_back(kept);
        Ok(reg)
    }

    /// The same as [`Generator::stop_outside`] for numbers without their sign.
    pub(super) fn stop_sizes(&mut self, shape: Shape, x: Xmm, limits: (u64, u64), bail: Label) -> Done {
        let size = self.vtake()?;
        self.asm.v3(ops::ANDPS, size, x, sized(shape, (Vector::Rest32, Vector::Rest64)).place());
        self.stop_outside(shape, size, limits, bail)?;
        self.vput_back(size);
        Ok(())
    }

    /// Bails out where the bits of a number are, as an integer, less than the least or greater than the most.
    fn stop_outside(&mut self, shape: Shape, x: Xmm, (least, most): (u64, u64), bail: Label) -> Done {
        let greater = all(shape, ops::PCMPGTD, ops::PCMPGTQ);
        let (low, high) = (self.all_of(shape, least)?, self.all_of(shape, most)?);
        let bits = self.take()?;
        self.asm.v3(greater, low, low, x);
        self.asm.v3(greater, high, x, high);
        self.asm.v3(ops::POR, low, low, high);
        self.asm.vex(all(shape, ops::MOVMSKPS, ops::MOVMSKPD), bits.0, 0, low.into());
        self.asm.test_number(Width::W32, bits, (1 << shape.count()) - 1);
        self.asm.jcc(Cc::NotEqual, bail);
        self.vput_back(low);
        self.vput_back(high);
        self.put_back(bits);
        Ok(())
    }

    /// `reg` with a constant of 32 bits in each lane.
    fn with_all(&mut self, code: VOp, reg: Xmm, number: u64) -> Done {
        let constant = self.all_of(Shape::F32x4, number)?;
        self.asm.v3(code, reg, reg, constant);
        self.vput_back(constant);
        Ok(())
    }

    /// Some bits of each number, where those of 32 bits have them. Numbers of 64 bits have them in the upper halves; what comes
    /// of the lower ones is taken off at the end.
    fn bits_of(&mut self, shape: Shape, x: Xmm, mask: u64) -> Result<Xmm, Refused> {
        let reg = self.vtake()?;
        if is_double(shape) {
            self.asm.v_shift(ops::PSHIFTD_NUMBER, LEFT, (reg, x), 3);
        } else {
            self.asm.v2(ops::MOVAPS, reg, x);
        }
        self.with_all(ops::PAND, reg, mask)?;
        Ok(reg)
    }

    /// An estimate, with its exponent, as the number's upper half.
    fn placed(&mut self, shape: Shape, reg: Xmm) {
        if is_double(shape) {
            self.asm.v_shift(ops::PSHIFTQ_NUMBER, RIGHT, (reg, reg), 35);
            self.asm.v_shift(ops::PSHIFTQ_NUMBER, LEFT, (reg, reg), 32);
        }
    }

    /// The nearest integer to `2^19 / d / 2`, where `d` is the middle of what the eight bits stand for: a number from 513 to
    /// 1023. Here it is `d * 2^-18`, so that its reciprocal is that integer.
    fn reciprocal_estimate(&mut self, shape: Shape, x: Xmm) -> Result<Xmm, Refused> {
        let middle = self.bits_of(shape, x, FRACTION)?;
        self.with_all(ops::POR, middle, power(Shape::F32, 9 - 18) | TENTH)?;
        let reg = self.vtake()?;
        self.asm.v2(ops::RCPPS, reg, middle);
        self.asm.v2_number(ops::ROUNDPS, reg, reg, SILENT);
        // Twice how far the product is from one: more than `d * 2^-18` is too far.
        let off = self.all_of(Shape::F32x4, power(Shape::F32, 0))?;
        let product = self.vtake()?;
        self.asm.v3(ops::MULPS, product, reg, middle);
        self.asm.v3(ops::SUBPS, off, off, product);
        self.asm.v3(ops::ADDPS, off, off, off);
        self.asm.v3(ops::ANDPS, product, off, Vector::Rest32.place());
        self.asm.v3_number(ops::CMPPS, product, (middle, product.into()), LESS);
        // One to that side: twice one half.
        self.asm.v3(ops::ANDPS, off, off, Vector::Sign32.place());
        self.asm.v3(ops::ORPS, off, off, Vector::Half32.place());
        self.asm.v3(ops::ANDPS, off, off, product);
        self.asm.v3(ops::ADDPS, reg, reg, off);
        self.asm.v3(ops::ADDPS, reg, reg, off);
        for reg in [middle, off, product] {
            self.vput_back(reg);
        }
        self.placed(shape, reg);
        let (add, sub) = (all(shape, ops::PADDD, ops::PADDQ), all(shape, ops::PSUBD, ops::PSUBQ));
        let bias = exponents(shape) / 2;
        let part = self.all_of(shape, power_of(shape, 2 * bias - 1 - ESTIMATE))?;
        self.asm.v3(add, reg, reg, part);
        self.vput_back(part);
        let part = self.all_of(shape, power_of(shape, exponents(shape)))?;
        self.asm.v3(ops::PAND, part, part, x);
        self.asm.v3(sub, reg, reg, part);
        self.asm.v3(ops::ANDPS, part, x, sized(shape, (Vector::Sign32, Vector::Sign64)).place());
        self.asm.v3(ops::ORPS, reg, reg, part);
        self.vput_back(part);
        Ok(reg)
    }

    /// The nearest integer to `sqrt(2^28 / a) / 2`, where `a` is the middle of what eight bits stand for: twice a number from
    /// 257 to 511 where the exponent is even, or the number. Here it is `a * 2^-26`, so that its reciprocal root is that integer.
    fn root_estimate(&mut self, shape: Shape, x: Xmm) -> Result<Xmm, Refused> {
        let middle = self.bits_of(shape, x, FRACTION | LOWEST)?;
        self.with_all(ops::PXOR, middle, LOWEST)?;
        self.with_all(ops::POR, middle, NINTH)?;
        self.with_all(ops::PADDD, middle, power(Shape::F32, 8 - 26))?;
        let reg = self.vtake()?;
        self.asm.v2(ops::RSQRTPS, reg, middle);
        self.asm.v2_number(ops::ROUNDPS, reg, reg, SILENT);
        self.with_all(ops::MULPS, middle, power(Shape::F32, 26))?;
        self.asm.v2(ops::CVTTPS2DQ, middle, middle);
        self.asm.v2(ops::CVTTPS2DQ, reg, reg);
        // What `a * (4 * r * r + 1)` has less than 2^28: too far above or below is more than `4 * a * r`.
        let square = self.vtake()?;
        self.asm.v3(ops::PMULLD, square, reg, reg);
        self.asm.v3(ops::PMULLD, square, square, middle);
        self.asm.v_shift(ops::PSHIFTD_NUMBER, LEFT, (square, square), 2);
        self.asm.v3(ops::PADDD, square, square, middle);
        let less = self.all_of(Shape::F32x4, 1 << 28)?;
        self.asm.v3(ops::PSUBD, less, less, square);
        self.asm.v3(ops::PMULLD, middle, middle, reg);
        self.asm.v_shift(ops::PSHIFTD_NUMBER, LEFT, (middle, middle), 2);
        self.asm.v3(ops::PCMPGTD, square, less, middle);
        self.asm.v3(ops::PSUBD, reg, reg, square);
        self.zero(square);
        self.asm.v3(ops::PSUBD, square, square, middle);
        self.asm.v3(ops::PCMPGTD, square, square, less);
        self.asm.v3(ops::PADDD, reg, reg, square);
        for reg in [middle, square, less] {
            self.vput_back(reg);
        }
        self.asm.v2(ops::CVTDQ2PS, reg, reg);
        self.placed(shape, reg);
        let (add, sub) = (all(shape, ops::PADDD, ops::PADDQ), all(shape, ops::PSUBD, ops::PSUBQ));
        let lanes = all(shape, ops::PSHIFTD_NUMBER, ops::PSHIFTQ_NUMBER);
        let (shift, halving) = if is_double(shape) { (52, RIGHT) } else { (23, SIGNED_RIGHT) };
        let bias = exponents(shape) / 2;
        let exponent = self.vtake()?;
        self.asm.v_shift(lanes, RIGHT, (exponent, x), shift);
        let part = self.all_of(shape, 3 * bias - 1 - 2 * ESTIMATE)?;
        self.asm.v3(sub, exponent, part, exponent);
        self.asm.v_shift(lanes, halving, (exponent, exponent), 1);
        self.asm.v_shift(lanes, LEFT, (exponent, exponent), shift);
        self.asm.v3(add, reg, reg, exponent);
        self.vput_back(part);
        self.vput_back(exponent);
        Ok(reg)
    }
}

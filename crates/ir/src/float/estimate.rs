//! Estimates of reciprocals and reciprocal roots with eight bits, as the Arm architecture defines them (DDI 0487, shared
//! pseudocode RecipEstimate and RecipSqrtEstimate). A CPU that estimates otherwise would make them a helper.

use super::number::Class;
use super::{Exceptions, Format, Unit};

/// The reciprocal of a number from 256 to 511, in 512ths of its own scale: from 256 to 511.
fn reciprocal(scaled: u32) -> u32 {
    ((1u32 << 19) / (2 * scaled + 1)).div_ceil(2)
}

/// The reciprocal root of a number from 128 to 511: from 256 to 511.
fn reciprocal_root(scaled: u32) -> u32 {
    let odd = if scaled < 256 { 2 * scaled + 1 } else { (scaled | 1) * 2 };
    let mut root: u64 = 512;
    while u64::from(odd) * (root + 1) * (root + 1) < 1 << 28 {
        root += 1;
    }
    (root as u32).div_ceil(2)
}

impl Unit {
    /// The number with its exponent inverted.
    pub fn reciprocal_exponent(&mut self, format: Format, bits: u64) -> u64 {
        let number = self.unpack(format, bits);
        if let Some(nan) = self.propagate_any(format, &[&number]) {
            return nan;
        }
        let exponent = bits >> format.fraction & format.exponent_mask();
        let inverted = if exponent == 0 { format.exponent_mask() - 1 } else { !exponent & format.exponent_mask() };
        format.sign(number.negative) | inverted << format.fraction
    }

    /// An estimate of the reciprocal.
    pub fn reciprocal_estimate(&mut self, format: Format, bits: u64) -> u64 {
        let number = self.unpack(format, bits);
        if let Some(nan) = self.propagate_any(format, &[&number]) {
            return nan;
        }
        match number.class {
            Class::Infinite => return format.sign(number.negative),
            Class::Zero => {
                self.raised.raise(Exceptions::DIVIDE_BY_ZERO);
                return format.infinity(number.negative);
            }
            Class::Finite | Class::Quiet | Class::Signalling => {}
        }
        let mut exponent = (bits >> format.fraction & format.exponent_mask()) as i32;
        let mut fraction = (bits & format.fraction_mask()) << (52 - format.fraction);
        if exponent == 0 && fraction >> 50 == 0 {
            return self.overflowed(format, number.negative);
        }
        if self.control.flush && exponent >= 2 * format.bias() - 1 {
            self.raised.raise(Exceptions::UNDERFLOW);
            return format.sign(number.negative);
        }
        if exponent == 0 {
            let by = if fraction >> 51 == 0 { 2 } else { 1 };
            exponent = 1 - by;
            fraction = fraction << by & ((1 << 52) - 1);
        }
        let estimate = reciprocal(256 | (fraction >> 44) as u32);
        let mut exponent = 2 * format.bias() - 1 - exponent;
        let mut fraction = u64::from(estimate & 255) << 44;
        if exponent <= 0 {
            fraction = (1 << 52 | fraction) >> (1 - exponent);
            exponent = 0;
        }
        format.sign(number.negative) | (exponent as u64) << format.fraction | fraction >> (52 - format.fraction)
    }

    /// An estimate of the reciprocal square root.
    pub fn root_estimate(&mut self, format: Format, bits: u64) -> u64 {
        let number = self.unpack(format, bits);
        if let Some(nan) = self.propagate_any(format, &[&number]) {
            return nan;
        }
        match (number.class, number.negative) {
            (Class::Zero, _) => {
                self.raised.raise(Exceptions::DIVIDE_BY_ZERO);
                return format.infinity(number.negative);
            }
            (_, true) => return self.invalid(format),
            (Class::Infinite, _) => return 0,
            _ => {}
        }
        let mut exponent = (bits >> format.fraction & format.exponent_mask()) as i32;
        let mut fraction = (bits & format.fraction_mask()) << (52 - format.fraction);
        if exponent == 0 {
            let by = fraction.leading_zeros() as i32 - 11;
            exponent = 1 - by;
            fraction = fraction << by & ((1 << 52) - 1);
        }
        let top = (fraction >> 44) as u32;
        let scaled = if exponent & 1 == 0 { 256 | top } else { 128 | top >> 1 };
        let estimate = reciprocal_root(scaled);
        let exponent = (3 * format.bias() - 1 - exponent) / 2;
        (exponent as u64) << format.fraction | u64::from(estimate & 255) << (format.fraction - 8)
    }
}

/// The reciprocal of a fixed-point number from one half to one, in 32 bits; all ones for a smaller one.
pub(crate) fn fixed_reciprocal(number: u64) -> u64 {
    if number >> 31 == 0 { u32::MAX.into() } else { u64::from(reciprocal((number >> 23) as u32)) << 23 }
}

/// The reciprocal root of a fixed-point number from one quarter to one, in 32 bits; all ones for a smaller one.
pub(crate) fn fixed_root(number: u64) -> u64 {
    if number >> 30 == 0 { u32::MAX.into() } else { u64::from(reciprocal_root((number >> 23) as u32)) << 23 }
}

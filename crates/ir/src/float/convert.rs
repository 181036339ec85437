//! Conversions: between formats, to and from integers, to integral numbers.

use super::number::{Class, Number};
use super::{Exceptions, Format, Unit};
use crate::{IntKind, Round};

impl Unit {
    /// A number in another format.
    pub fn convert(&mut self, from: Format, to: Format, bits: u64) -> u64 {
        let number = self.unpack(from, bits);
        let alternative = to == Format::HALF && self.control.alternative_half;
        match number.class {
            Class::Quiet | Class::Signalling => {
                if number.class == Class::Signalling || alternative {
                    self.raised.raise(Exceptions::INVALID);
                }
                if alternative {
                    return to.sign(number.negative);
                }
                if self.control.default_nan {
                    return self.default_nan(to);
                }
                let fraction = bits & from.fraction_mask();
                let moved = if from.fraction > to.fraction {
                    fraction >> (from.fraction - to.fraction)
                } else {
                    fraction << (to.fraction - from.fraction)
                };
                to.infinity(number.negative) | 1 << (to.fraction - 1) | moved
            }
            Class::Infinite if alternative => {
                self.raised.raise(Exceptions::INVALID);
                to.sign(number.negative) | (to.sign_bit() - 1)
            }
            Class::Infinite => to.infinity(number.negative),
            Class::Zero => to.sign(number.negative),
            Class::Finite => self.pack(to, &number),
        }
    }

    /// The magnitude of a number as an integer, and whether that is exact. Too large a one is the greatest.
    fn integral(&self, number: &Number) -> (u128, bool) {
        match number.exponent {
            1.. => (u128::MAX, true),
            0 => (number.significand, true),
            exponent => {
                let by = exponent.unsigned_abs();
                let (kept, rest, half) = match by {
                    1..=127 => (number.significand >> by, number.significand & ((1 << by) - 1), 1 << (by - 1)),
                    _ => (0, 1, 2),
                };
                let up = self.rounds_up(number.negative, kept & 1 != 0, rest, half);
                (kept + u128::from(up), rest == 0)
            }
        }
    }

    /// A number times two to the power of `scale` as an integer, saturating.
    pub fn to_integer(&mut self, format: Format, kind: IntKind, scale: u8, bits: u64) -> u64 {
        let mut number = self.unpack(format, bits);
        let mask = u64::MAX >> (64 - kind.bits());
        let greatest = if kind.is_signed() { mask >> 1 } else { mask };
        let least = if kind.is_signed() { greatest.wrapping_add(1) } else { 0 };
        match number.class {
            Class::Quiet | Class::Signalling => {
                self.raised.raise(Exceptions::INVALID);
                return 0;
            }
            Class::Zero => return 0,
            Class::Infinite => {
                self.raised.raise(Exceptions::INVALID);
                return if number.negative { least } else { greatest };
            }
            Class::Finite => {}
        }
        number.exponent += i32::from(scale);
        let (magnitude, exact) = self.integral(&number);
        let limit = u128::from(if number.negative { least } else { greatest });
        if magnitude > limit {
            self.raised.raise(Exceptions::INVALID);
            return limit as u64;
        }
        if !exact {
            self.raised.raise(Exceptions::INEXACT);
        }
        let magnitude = magnitude as u64;
        if number.negative { magnitude.wrapping_neg() & mask } else { magnitude }
    }

    /// An integer divided by two to the power of `scale` as a number.
    pub fn from_integer(&mut self, format: Format, kind: IntKind, scale: u8, bits: u64) -> u64 {
        let unused = 64 - kind.bits();
        let signed = (bits << unused) as i64 >> unused;
        let (negative, magnitude) = match kind.is_signed() {
            true => (signed < 0, signed.unsigned_abs()),
            false => (false, bits << unused >> unused),
        };
        self.pack(format, &Number::finite(negative, -i32::from(scale), magnitude.into()))
    }

    /// The nearest integral number.
    pub fn to_integral(&mut self, format: Format, bits: u64) -> u64 {
        self.integral_number(format, bits).0
    }

    /// The nearest integral number; raises inexact.
    pub fn to_integral_exact(&mut self, format: Format, bits: u64) -> u64 {
        let (result, exact) = self.integral_number(format, bits);
        if !exact {
            self.raised.raise(Exceptions::INEXACT);
        }
        result
    }

    fn integral_number(&mut self, format: Format, bits: u64) -> (u64, bool) {
        let number = self.unpack(format, bits);
        if let Some(nan) = self.propagate_any(format, &[&number]) {
            return (nan, true);
        }
        if number.class != Class::Finite || number.exponent >= 0 {
            return (number.bits, true);
        }
        let (magnitude, exact) = self.integral(&number);
        let mut packer = Unit { round: Round::Zero, ..*self };
        (packer.pack(format, &Number::finite(number.negative, 0, magnitude)), exact)
    }
}

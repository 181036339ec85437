//! Numbers: bits taken apart, and put together with one rounding.

use super::{Exceptions, Unit};
use crate::Round;

/// The sizes of a number's parts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Format {
    /// The bits of the exponent.
    pub exponent: u32,
    /// The bits of the fraction.
    pub fraction: u32,
}

impl Format {
    /// Half precision.
    pub const HALF: Format = Format { exponent: 5, fraction: 10 };
    /// Single precision.
    pub const SINGLE: Format = Format { exponent: 8, fraction: 23 };
    /// Double precision.
    pub const DOUBLE: Format = Format { exponent: 11, fraction: 52 };

    /// The format of this many bits.
    pub const fn of_bits(bits: u32) -> Format {
        match bits {
            16 => Format::HALF,
            32 => Format::SINGLE,
            _ => Format::DOUBLE,
        }
    }

    pub(super) const fn bias(self) -> i32 {
        (1 << (self.exponent - 1)) - 1
    }

    pub(super) const fn exponent_mask(self) -> u64 {
        (1 << self.exponent) - 1
    }

    pub(super) const fn fraction_mask(self) -> u64 {
        (1 << self.fraction) - 1
    }

    pub(super) const fn sign_bit(self) -> u64 {
        1 << (self.exponent + self.fraction)
    }

    const fn quiet_bit(self) -> u64 {
        1 << (self.fraction - 1)
    }

    pub(super) const fn sign(self, negative: bool) -> u64 {
        if negative { self.sign_bit() } else { 0 }
    }

    pub(super) const fn infinity(self, negative: bool) -> u64 {
        self.sign(negative) | self.exponent_mask() << self.fraction
    }

    pub(super) const fn largest(self, negative: bool) -> u64 {
        self.infinity(negative) - 1
    }

    /// A small number: `(numerator / 2) * 2^0`, used for the constants of steps.
    pub(super) const fn halves(self, negative: bool, numerator: u32) -> u64 {
        let (exponent, fraction) = match numerator {
            3 => (0, 1 << (self.fraction - 1)),
            4 => (1, 0),
            _ => (1, 1 << (self.fraction - 1)),
        };
        self.sign(negative) | ((self.bias() + exponent) as u64) << self.fraction | fraction
    }
}

/// What kind of number bits are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Class {
    Zero,
    Finite,
    Infinite,
    Quiet,
    Signalling,
}

/// A number taken apart. A finite one is `significand * 2^exponent`, the significand's top bit being bit 125.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Number {
    pub(super) negative: bool,
    pub(super) class: Class,
    pub(super) exponent: i32,
    pub(super) significand: u128,
    pub(super) bits: u64,
}

/// Where the top bit of a normalised significand is: two bits are left for a carry.
pub(super) const TOP: u32 = 125;

impl Number {
    pub(super) fn is_nan(&self) -> bool {
        matches!(self.class, Class::Quiet | Class::Signalling)
    }

    /// A finite number or zero of any significand.
    pub(super) fn finite(negative: bool, exponent: i32, significand: u128) -> Number {
        if significand == 0 {
            return Number { negative, class: Class::Zero, exponent: 0, significand: 0, bits: 0 };
        }
        let zeros = significand.leading_zeros();
        let (significand, exponent) = match zeros.cmp(&(127 - TOP)) {
            core::cmp::Ordering::Less => {
                let by = 127 - TOP - zeros;
                (shift_right(significand, by), exponent + by as i32)
            }
            _ => {
                let by = zeros - (127 - TOP);
                (significand << by, exponent - by as i32)
            }
        };
        Number { negative, class: Class::Finite, exponent, significand, bits: 0 }
    }
}

/// Shifted right; the lowest bit tells whether anything was lost.
pub(super) fn shift_right(value: u128, by: u32) -> u128 {
    match by {
        0 => value,
        1..=127 => value >> by | u128::from(value << (128 - by) != 0),
        _ => u128::from(value != 0),
    }
}

impl Unit {
    /// Takes bits apart; what is too small to be normal is zero where the control flushes.
    pub(super) fn unpack(&mut self, format: Format, bits: u64) -> Number {
        let negative = bits & format.sign_bit() != 0;
        let biased = bits >> format.fraction & format.exponent_mask();
        let fraction = bits & format.fraction_mask();
        let half = format == Format::HALF;
        let special = biased == format.exponent_mask() && !(half && self.control.alternative_half);
        let class = match (special, biased, fraction) {
            (true, _, 0) => Class::Infinite,
            (true, ..) if fraction & format.quiet_bit() != 0 => Class::Quiet,
            (true, ..) => Class::Signalling,
            (_, 0, 0) => Class::Zero,
            (_, 0, _) if self.control.flush && !half => {
                self.raised.raise(Exceptions::INPUT_FLUSHED);
                let bits = format.sign(negative);
                return Number { negative, class: Class::Zero, exponent: 0, significand: 0, bits };
            }
            _ => Class::Finite,
        };
        if class != Class::Finite {
            return Number { negative, class, exponent: 0, significand: 0, bits };
        }
        let hidden = if biased == 0 { 0 } else { 1 << format.fraction };
        let exponent = biased.max(1) as i32 - format.bias() - format.fraction as i32;
        Number { bits, ..Number::finite(negative, exponent, (fraction | hidden).into()) }
    }

    /// A NaN of an operand as a result.
    pub(super) fn propagate(&mut self, format: Format, nan: &Number) -> u64 {
        if nan.class == Class::Signalling {
            self.raised.raise(Exceptions::INVALID);
        }
        if self.control.default_nan { self.default_nan(format) } else { nan.bits | format.quiet_bit() }
    }

    /// The result if one of the operands is a NaN: the first signalling one, else the first quiet one.
    pub(super) fn propagate_any(&mut self, format: Format, numbers: &[&Number]) -> Option<u64> {
        let first = |class| numbers.iter().find(|number| number.class == class);
        let nan = first(Class::Signalling).or_else(|| first(Class::Quiet))?;
        Some(self.propagate(format, nan))
    }

    pub(super) fn default_nan(&self, format: Format) -> u64 {
        format.infinity(self.control.nan_sign) | format.quiet_bit()
    }

    /// The result of an operation that has none.
    pub(super) fn invalid(&mut self, format: Format) -> u64 {
        self.raised.raise(Exceptions::INVALID);
        self.default_nan(format)
    }

    /// What an overflow gives under the rounding.
    pub(super) fn overflowed(&mut self, format: Format, negative: bool) -> u64 {
        self.raised.raise(Exceptions::OVERFLOW);
        self.raised.raise(Exceptions::INEXACT);
        let to_infinity = match self.round {
            Round::Up => !negative,
            Round::Down => negative,
            Round::Zero | Round::Odd => false,
            Round::Even | Round::Away | Round::Guest => true,
        };
        if to_infinity { format.infinity(negative) } else { format.largest(negative) }
    }

    /// Whether what was cut off makes the number greater: `rest` is compared with `half`.
    pub(super) fn rounds_up(&self, negative: bool, odd: bool, rest: u128, half: u128) -> bool {
        match self.round {
            Round::Even | Round::Guest => rest > half || (rest == half && odd),
            Round::Away => rest >= half,
            Round::Up => rest != 0 && !negative,
            Round::Down => rest != 0 && negative,
            Round::Zero => false,
            Round::Odd => rest != 0 && !odd,
        }
    }

    /// Puts a number together that is neither infinite nor a NaN: rounded, with what that raises.
    pub(super) fn pack(&mut self, format: Format, number: &Number) -> u64 {
        let (negative, sign) = (number.negative, format.sign(number.negative));
        if number.significand == 0 {
            return sign;
        }
        let fraction = format.fraction as i32;
        let least = 1 - format.bias();
        let exponent = number.exponent + TOP as i32;
        let half_precision = format == Format::HALF;
        if exponent < least && self.control.flush && !half_precision {
            self.raised.raise(Exceptions::UNDERFLOW);
            return sign;
        }
        let quantum = exponent.max(least) - fraction;
        // The significand has more bits than any format, so this is to the right.
        let by = (quantum - number.exponent) as u32;
        let (kept, rest, half) = match by {
            1..=127 => (number.significand >> by, number.significand & ((1 << by) - 1), 1 << (by - 1)),
            _ => (0, 1, 2),
        };
        let up = self.rounds_up(negative, kept & 1 != 0, rest, half);
        let mut kept = kept as u64 + u64::from(up);
        let mut quantum = quantum;
        if kept >> (format.fraction + 1) != 0 {
            (kept, quantum) = (kept >> 1, quantum + 1);
        }
        let alternative = half_precision && self.control.alternative_half;
        let greatest = if alternative { format.bias() + 1 } else { format.bias() };
        if quantum + fraction > greatest {
            if alternative {
                self.raised.raise(Exceptions::INVALID);
                return sign | (format.sign_bit() - 1);
            }
            return self.overflowed(format, negative);
        }
        if rest != 0 {
            self.raised.raise(Exceptions::INEXACT);
            if exponent < least {
                self.raised.raise(Exceptions::UNDERFLOW);
            }
        }
        let hidden = 1 << format.fraction;
        if kept < hidden {
            return sign | kept;
        }
        sign | ((quantum + fraction + format.bias()) as u64) << format.fraction | (kept - hidden)
    }
}

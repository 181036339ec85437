//! Sums, products, quotients, roots, comparisons.

use super::number::{Class, Number, TOP, shift_right};
use super::{Exceptions, Format, Unit};
use crate::{FBin, FCompare, Round};
use core::cmp::Ordering;

impl Unit {
    /// An operation on two numbers.
    pub fn binary(&mut self, op: FBin, format: Format, a: u64, b: u64) -> u64 {
        match op {
            FBin::Add => self.add(format, a, b),
            FBin::Sub => self.subtract(format, a, b),
            FBin::Mul => self.multiply(format, [a, b], None),
            FBin::MulExtended => self.multiply(format, [a, b], Some(4)),
            FBin::Div => self.divide(format, a, b),
            FBin::AbsDiff => self.subtract(format, a, b) & !format.sign_bit(),
            FBin::Max => self.extreme(format, [a, b], Ordering::Greater),
            FBin::Min => self.extreme(format, [a, b], Ordering::Less),
            FBin::MaxNumber => self.extreme_number(format, [a, b], Ordering::Greater),
            FBin::MinNumber => self.extreme_number(format, [a, b], Ordering::Less),
            FBin::ReciprocalStep => self.step(format, [a, b], 4, 0),
            FBin::RootStep => self.step(format, [a, b], 6, 1),
        }
    }

    fn add(&mut self, format: Format, a: u64, b: u64) -> u64 {
        let (a, b) = (self.unpack(format, a), self.unpack(format, b));
        if let Some(nan) = self.propagate_any(format, &[&a, &b]) {
            return nan;
        }
        self.sum(format, &a, &b)
    }

    fn subtract(&mut self, format: Format, a: u64, b: u64) -> u64 {
        let (a, mut b) = (self.unpack(format, a), self.unpack(format, b));
        if let Some(nan) = self.propagate_any(format, &[&a, &b]) {
            return nan;
        }
        b.negative = !b.negative;
        self.sum(format, &a, &b)
    }

    /// The sum of two numbers that are no NaNs.
    fn sum(&mut self, format: Format, a: &Number, b: &Number) -> u64 {
        match (a.class, b.class) {
            (Class::Infinite, Class::Infinite) if a.negative != b.negative => self.invalid(format),
            (Class::Infinite, _) => format.infinity(a.negative),
            (_, Class::Infinite) => format.infinity(b.negative),
            _ => {
                let sum = self.exact_sum(a, b);
                self.pack(format, &sum)
            }
        }
    }

    /// The sum of two numbers that are finite or zero, exact but for a lowest bit that tells of lost ones.
    fn exact_sum(&self, a: &Number, b: &Number) -> Number {
        let zero_sign = self.round == Round::Down;
        match (a.class, b.class) {
            (Class::Zero, Class::Zero) if a.negative == b.negative => *a,
            (Class::Zero, Class::Zero) => Number { negative: zero_sign, ..*a },
            (Class::Zero, _) => *b,
            (_, Class::Zero) => *a,
            _ => {
                let (big, small) = if a.exponent >= b.exponent { (a, b) } else { (b, a) };
                let moved = shift_right(small.significand, (big.exponent - small.exponent) as u32);
                if big.negative == small.negative {
                    return Number::finite(big.negative, big.exponent, big.significand + moved);
                }
                match big.significand.cmp(&moved) {
                    Ordering::Equal => Number::finite(zero_sign, 0, 0),
                    Ordering::Greater => Number::finite(big.negative, big.exponent, big.significand - moved),
                    Ordering::Less => Number::finite(small.negative, big.exponent, moved - big.significand),
                }
            }
        }
    }

    /// The product of two numbers that are finite or zero, exact: formats have at most 53 bits.
    fn exact_product(a: &Number, b: &Number) -> Number {
        let cut = TOP - 62;
        let product = (a.significand >> cut) * (b.significand >> cut);
        let exponent = a.exponent + b.exponent + 2 * cut as i32;
        Number::finite(a.negative != b.negative, exponent, product)
    }

    /// The product; zero times infinity is invalid, or the constant of so many halves.
    fn multiply(&mut self, format: Format, [a, b]: [u64; 2], special: Option<u32>) -> u64 {
        let (a, b) = (self.unpack(format, a), self.unpack(format, b));
        if let Some(nan) = self.propagate_any(format, &[&a, &b]) {
            return nan;
        }
        let negative = a.negative != b.negative;
        match (a.class, b.class) {
            (Class::Infinite, Class::Zero) | (Class::Zero, Class::Infinite) => match special {
                Some(halves) => format.halves(negative, halves),
                None => self.invalid(format),
            },
            (Class::Infinite, _) | (_, Class::Infinite) => format.infinity(negative),
            _ => self.pack(format, &Unit::exact_product(&a, &b)),
        }
    }

    /// `c + a * b` with one rounding.
    pub fn multiply_add(&mut self, format: Format, [a, b, c]: [u64; 3]) -> u64 {
        let (a, b, c) = (self.unpack(format, a), self.unpack(format, b), self.unpack(format, c));
        let senseless = matches!((a.class, b.class), (Class::Infinite, Class::Zero) | (Class::Zero, Class::Infinite));
        if c.class == Class::Quiet && senseless {
            return self.invalid(format);
        }
        if let Some(nan) = self.propagate_any(format, &[&c, &a, &b]) {
            return nan;
        }
        let negative = a.negative != b.negative;
        let infinite = a.class == Class::Infinite || b.class == Class::Infinite;
        if senseless || (infinite && c.class == Class::Infinite && c.negative != negative) {
            return self.invalid(format);
        }
        if infinite || c.class == Class::Infinite {
            return format.infinity(if infinite { negative } else { c.negative });
        }
        let sum = self.exact_sum(&Unit::exact_product(&a, &b), &c);
        self.pack(format, &sum)
    }

    /// `(halves / 2 - a * b) / 2^shift` with one rounding.
    fn step(&mut self, format: Format, [a, b]: [u64; 2], halves: u32, shift: i32) -> u64 {
        let (a, b) = (self.unpack(format, a ^ format.sign_bit()), self.unpack(format, b));
        if let Some(nan) = self.propagate_any(format, &[&a, &b]) {
            return nan;
        }
        let negative = a.negative != b.negative;
        match (a.class, b.class) {
            (Class::Infinite, Class::Zero) | (Class::Zero, Class::Infinite) => {
                format.halves(false, if shift == 0 { halves } else { halves / 2 })
            }
            (Class::Infinite, _) | (_, Class::Infinite) => format.infinity(negative),
            _ => {
                let constant = Number::finite(false, -1, halves.into());
                let mut sum = self.exact_sum(&Unit::exact_product(&a, &b), &constant);
                sum.exponent -= shift;
                self.pack(format, &sum)
            }
        }
    }

    fn divide(&mut self, format: Format, a: u64, b: u64) -> u64 {
        let (a, b) = (self.unpack(format, a), self.unpack(format, b));
        if let Some(nan) = self.propagate_any(format, &[&a, &b]) {
            return nan;
        }
        let negative = a.negative != b.negative;
        match (a.class, b.class) {
            (Class::Infinite, Class::Infinite) | (Class::Zero, Class::Zero) => self.invalid(format),
            (Class::Infinite, _) => format.infinity(negative),
            (_, Class::Zero) => {
                self.raised.raise(Exceptions::DIVIDE_BY_ZERO);
                format.infinity(negative)
            }
            (Class::Zero, _) | (_, Class::Infinite) => format.sign(negative),
            _ => {
                // 126 bits by 63 give at least 63, more than any format holds; the divisor's cut bits are zero.
                let cut = TOP - 62;
                let divisor = b.significand >> cut;
                let quotient = a.significand / divisor;
                let inexact = u128::from(a.significand % divisor != 0);
                let exponent = a.exponent - b.exponent - cut as i32;
                self.pack(format, &Number::finite(negative, exponent - 1, quotient << 1 | inexact))
            }
        }
    }

    /// The square root.
    pub fn root(&mut self, format: Format, a: u64) -> u64 {
        let a = self.unpack(format, a);
        if let Some(nan) = self.propagate_any(format, &[&a]) {
            return nan;
        }
        match (a.class, a.negative) {
            (Class::Zero, _) => format.sign(a.negative),
            (_, true) => self.invalid(format),
            (Class::Infinite, _) => format.infinity(false),
            _ => {
                let odd = a.exponent & 1;
                let radicand = a.significand << odd;
                let root = radicand.isqrt();
                let inexact = u128::from(root * root != radicand);
                self.pack(format, &Number::finite(false, (a.exponent - odd) / 2 - 1, root << 1 | inexact))
            }
        }
    }

    /// The greater or the less.
    fn extreme(&mut self, format: Format, bits: [u64; 2], wanted: Ordering) -> u64 {
        let [a, b] = bits.map(|bits| self.unpack(format, bits));
        if let Some(nan) = self.propagate_any(format, &[&a, &b]) {
            return nan;
        }
        if a.class == Class::Zero && b.class == Class::Zero {
            let negative = match wanted {
                Ordering::Greater => a.negative && b.negative,
                _ => a.negative || b.negative,
            };
            return format.sign(negative);
        }
        if compare(&a, &b) == wanted { a.bits } else { b.bits }
    }

    fn extreme_number(&mut self, format: Format, [a, b]: [u64; 2], wanted: Ordering) -> u64 {
        let (first, second) = (self.unpack(format, a), self.unpack(format, b));
        let least = format.infinity(wanted == Ordering::Greater);
        match (first.class, second.class) {
            (Class::Quiet, class) if !matches!(class, Class::Quiet | Class::Signalling) => {
                self.extreme(format, [least, b], wanted)
            }
            (class, Class::Quiet) if !matches!(class, Class::Quiet | Class::Signalling) => {
                self.extreme(format, [a, least], wanted)
            }
            _ => self.extreme(format, [a, b], wanted),
        }
    }

    /// How two numbers compare; nothing if one is a NaN. With `FCompare::Eq` only signalling ones are invalid.
    pub fn compare(&mut self, op: FCompare, format: Format, a: u64, b: u64) -> Option<Ordering> {
        let absolute = matches!(op, FCompare::AbsGt | FCompare::AbsGe);
        let mask = if absolute { !format.sign_bit() } else { u64::MAX };
        let (a, b) = (self.unpack(format, a & mask), self.unpack(format, b & mask));
        if !a.is_nan() && !b.is_nan() {
            return Some(compare(&a, &b));
        }
        if op != FCompare::Eq || a.class == Class::Signalling || b.class == Class::Signalling {
            self.raised.raise(Exceptions::INVALID);
        }
        None
    }
}

/// The order of two numbers that are no NaNs; zeros are equal.
fn compare(a: &Number, b: &Number) -> Ordering {
    let rank = |number: &Number| match number.class {
        Class::Zero => (0, 0, 0),
        Class::Infinite => (2, 0, 0),
        Class::Finite | Class::Quiet | Class::Signalling => (1, number.exponent, number.significand),
    };
    let zero = |number: &Number| number.class == Class::Zero;
    match (a.negative && !zero(a), b.negative && !zero(b)) {
        (false, false) => rank(a).cmp(&rank(b)),
        (true, true) => rank(b).cmp(&rank(a)),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    }
}

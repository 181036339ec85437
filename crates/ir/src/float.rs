//! Floating point as the guest's CPU computes it: exact, rounded once, with the exceptions it raises.
//!
//! Two parts of the meaning differ between CPUs and are in [`Control`]: what becomes of NaNs, and of numbers too small to be
//! normal. Nothing here uses the host's floating point, so that it can be the oracle for code that does.

/// How numbers are computed: what the guest's control register says, and what its CPU always does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Control {
    /// How operations with `Round::Guest` round; itself never `Guest`.
    pub round: crate::Round,
    /// Numbers too small to be normal are taken as zero, and results made zero.
    pub flush: bool,
    /// The same for half-precision numbers.
    pub flush_half: bool,
    /// Every NaN that is a result is the default one.
    pub default_nan: bool,
    /// The default NaN has its sign set.
    pub nan_sign: bool,
    /// Half-precision numbers have no infinities and NaNs, but a greater range.
    pub alternative_half: bool,
}

/// Exceptions that operations raised.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Exceptions(pub u8);

impl Exceptions {
    /// No meaningful result.
    pub const INVALID: Exceptions = Exceptions(1);
    /// An exact infinity from finite numbers.
    pub const DIVIDE_BY_ZERO: Exceptions = Exceptions(2);
    /// Too large.
    pub const OVERFLOW: Exceptions = Exceptions(4);
    /// Too small.
    pub const UNDERFLOW: Exceptions = Exceptions(8);
    /// Not exact.
    pub const INEXACT: Exceptions = Exceptions(16);
    /// An operand too small to be normal was taken as zero.
    pub const INPUT_FLUSHED: Exceptions = Exceptions(32);

    /// Adds others.
    pub fn raise(&mut self, other: Exceptions) {
        self.0 |= other.0;
    }

    /// Whether all of `other` are raised.
    pub const fn has(self, other: Exceptions) -> bool {
        self.0 & other.0 == other.0
    }
}

mod arithmetic;
mod convert;
mod estimate;
mod number;

pub(crate) use estimate::{fixed_reciprocal, fixed_root};
pub use number::Format;

use crate::Round;

/// Computes numbers: holds the control, the rounding of the operation at hand, and what was raised.
#[derive(Clone, Copy, Debug)]
pub struct Unit {
    control: Control,
    round: Round,
    raised: Exceptions,
}

impl Unit {
    /// A unit that rounds as `round` says, or as the control says where that is `Guest`.
    pub fn new(control: Control, round: Round) -> Unit {
        let round = if round == Round::Guest { control.round } else { round };
        Unit { control, round, raised: Exceptions::default() }
    }

    /// What was raised.
    pub fn raised(&self) -> Exceptions {
        self.raised
    }
}

#[cfg(test)]
mod tests;

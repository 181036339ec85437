//! What ops do: the operations of each family.

mod vector;

pub use vector::{Crypto, Permute, Reduce, Sat, VBin, VCompare, VShift, VUn};

/// An integer operation on one value, of the op's width.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Un {
    /// Complement.
    Not,
    /// Two's complement.
    Neg,
    /// Leading zeros; the width for zero.
    Clz,
    /// Leading bits equal to the sign, without the sign.
    Cls,
    /// Trailing zeros; the width for zero.
    Ctz,
    /// Bits that are one.
    Popcount,
    /// Bits in the opposite order.
    ReverseBits,
    /// Bytes in the opposite order.
    ReverseBytes,
    /// Bytes of every 16 bits in the opposite order.
    ReverseBytes16,
    /// Bytes of every 32 bits in the opposite order.
    ReverseBytes32,
}

/// An integer operation on two values, of the op's width.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Bin {
    Add,
    Sub,
    Mul,
    And,
    Or,
    Xor,
    /// `a & !b`.
    AndNot,
    /// `a | !b`.
    OrNot,
    /// `!(a ^ b)`.
    Xnor,
    /// Left by `b` modulo the width.
    Shl,
    /// Right by `b` modulo the width, zeros coming in.
    Shr,
    /// Right by `b` modulo the width, signs coming in.
    Sar,
    /// Rotated right by `b` modulo the width.
    Ror,
    /// The quotient; zero when `b` is zero.
    UDiv,
    /// The quotient towards zero; zero when `b` is zero, `a` when it does not fit.
    SDiv,
    /// The upper 64 bits of the product of unsigned numbers; 64 bits only.
    UMulHigh,
    /// The upper 64 bits of the product of signed numbers; 64 bits only.
    SMulHigh,
}

/// An addition or subtraction with the carry flag.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Carry {
    /// `a + b + carry`.
    Adc,
    /// `a - b - (1 - carry)`, which is `a + !b + carry`.
    Sbc,
}

/// A comparison of integers; the others are these with the operands exchanged.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum IntCond {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Less, unsigned.
    ULt,
    /// Less or equal, unsigned.
    ULe,
    /// Less, signed.
    SLt,
    /// Less or equal, signed.
    SLe,
}

/// What flags are made from, of the op's width.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FlagOp {
    /// `a + b`.
    Add,
    /// `a - b`; carry is set when nothing was borrowed.
    Sub,
    /// `a & b`: negative and zero; carry and overflow are clear.
    And,
}

/// A condition on flags.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Flag {
    /// Zero: equal.
    Eq,
    /// Not zero.
    Ne,
    /// Carry: unsigned higher or same after a subtraction.
    Carry,
    /// No carry: unsigned lower.
    NoCarry,
    /// Negative.
    Negative,
    /// Positive or zero.
    Positive,
    /// Overflow.
    Overflow,
    /// No overflow.
    NoOverflow,
    /// Unsigned higher: carry and not zero.
    UGt,
    /// Unsigned lower or same.
    ULe,
    /// Signed greater or equal: negative equals overflow.
    SGe,
    /// Signed less.
    SLt,
    /// Signed greater: not zero, and negative equals overflow.
    SGt,
    /// Signed less or equal.
    SLe,
}

impl Flag {
    /// The condition that holds when this does not.
    pub const fn not(self) -> Flag {
        match self {
            Flag::Eq => Flag::Ne,
            Flag::Ne => Flag::Eq,
            Flag::Carry => Flag::NoCarry,
            Flag::NoCarry => Flag::Carry,
            Flag::Negative => Flag::Positive,
            Flag::Positive => Flag::Negative,
            Flag::Overflow => Flag::NoOverflow,
            Flag::NoOverflow => Flag::Overflow,
            Flag::UGt => Flag::ULe,
            Flag::ULe => Flag::UGt,
            Flag::SGe => Flag::SLt,
            Flag::SLt => Flag::SGe,
            Flag::SGt => Flag::SLe,
            Flag::SLe => Flag::SGt,
        }
    }
}

/// What an atomic access makes of memory's old value and its operand.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Rmw {
    /// The operand.
    Swap,
    /// The sum.
    Add,
    /// `old & operand`.
    And,
    /// `old & !operand`.
    AndNot,
    /// `old | operand`.
    Or,
    /// `old ^ operand`.
    Xor,
    /// The greater, signed.
    SMax,
    /// The less, signed.
    SMin,
    /// The greater, unsigned.
    UMax,
    /// The less, unsigned.
    UMin,
}

/// What a barrier separates.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fence {
    /// Everything before from everything after.
    Full,
    /// Loads before from everything after.
    Loads,
    /// Stores before from stores after.
    Stores,
}

/// What is known of a jump to an address computed at run time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Jump {
    /// Nothing.
    Plain,
    /// It calls: the address after it is in the link register.
    Call,
    /// It returns from a call.
    Return,
}

/// Why a block ends in a trap.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Trap {
    /// The instruction asks the system; the program counter is after it.
    Call,
    /// The CPU has no such instruction; the program counter is at it.
    Illegal,
    /// A breakpoint; the program counter is at it.
    Break,
    /// An access was not aligned as it must be; the program counter is at it.
    Misaligned,
}

/// How a floating-point operation rounds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Round {
    /// As the guest's control register says.
    Guest,
    /// To the nearest, ties to even.
    Even,
    /// Up.
    Up,
    /// Down.
    Down,
    /// Towards zero.
    Zero,
    /// To the nearest, ties away from zero.
    Away,
    /// To the nearest number with an odd last bit unless exact (against double rounding).
    Odd,
}

/// A floating-point operation on one value, number by number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FUn {
    /// The sign inverted; raises nothing.
    Neg,
    /// The sign cleared; raises nothing.
    Abs,
    /// The square root.
    Sqrt,
    /// The nearest integer in the direction of the op's rounding; raises no inexact.
    ToIntegral,
    /// The same, raising inexact.
    ToIntegralExact,
    /// An estimate of the reciprocal, as the model's CPU gives it.
    ReciprocalEstimate,
    /// An estimate of the reciprocal square root.
    RootEstimate,
    /// The exponent inverted, for a step of dividing.
    ReciprocalExponent,
}

/// A floating-point operation on two values, number by number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum FBin {
    Add,
    Sub,
    Mul,
    Div,
    /// A NaN if either is one; +0 is above -0.
    Max,
    Min,
    /// The number if one is a quiet NaN.
    MaxNumber,
    MinNumber,
    /// The product, where zero times infinity is two with the product's sign.
    MulExtended,
    /// The absolute value of the difference.
    AbsDiff,
    /// `2 - a * b` with one rounding, two for zero times infinity.
    ReciprocalStep,
    /// `(3 - a * b) / 2` with one rounding, one and a half for zero times infinity.
    RootStep,
}

/// A comparison of numbers: ones where it holds, zeros where not.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FCompare {
    /// Equal; only signalling NaNs are invalid.
    Eq,
    /// Greater; any NaN is invalid.
    Gt,
    /// Greater or equal; any NaN is invalid.
    Ge,
    /// The absolute value is greater; any NaN is invalid.
    AbsGt,
    /// The absolute value is greater or equal; any NaN is invalid.
    AbsGe,
}

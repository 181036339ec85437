//! What ops do: the operations of each family.

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

/// A vector operation on one value, lane by lane.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum VUn {
    /// Two's complement.
    Neg,
    /// The absolute value; the least number stays.
    Abs,
    /// Complement of all bits.
    Not,
    /// Leading zeros.
    Clz,
    /// Leading bits equal to the sign, without it.
    Cls,
    /// Bits that are one; bytes only.
    Popcount,
    /// Bits in the opposite order; bytes only.
    ReverseBits,
    /// Lanes in the opposite order within every 16 bits.
    Reverse16,
    /// Lanes in the opposite order within every 32 bits.
    Reverse32,
    /// Lanes in the opposite order within every 64 bits.
    Reverse64,
    /// Sums of neighbours, signed, in lanes twice as large.
    SAddPairs,
    /// Sums of neighbours, unsigned, in lanes twice as large.
    UAddPairs,
    /// An estimate of the reciprocal of fixed-point numbers; 32-bit lanes only.
    ReciprocalEstimate,
    /// An estimate of the reciprocal square root of fixed-point numbers; 32-bit lanes only.
    RootEstimate,
}

/// A vector operation on two values, lane by lane.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum VBin {
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
    SMin,
    SMax,
    UMin,
    UMax,
    /// The absolute difference of signed numbers.
    SAbsDiff,
    /// The absolute difference of unsigned numbers.
    UAbsDiff,
    /// Half the sum, towards minus infinity.
    SHalfAdd,
    UHalfAdd,
    /// Half the sum, halves going up.
    SRoundHalfAdd,
    URoundHalfAdd,
    /// Half the difference, towards minus infinity.
    SHalfSub,
    UHalfSub,
    /// The product of polynomials over bits; byte lanes only.
    PolyMul,
    /// Left by the signed number in the low byte of `b`'s lane, right (signs coming in) if it is negative.
    SShift,
    /// Left by the signed number in the low byte of `b`'s lane, right (zeros coming in) if it is negative.
    UShift,
    /// As `SShift`, rounding what is shifted out at the right.
    SRoundShift,
    /// As `UShift`, rounding what is shifted out at the right.
    URoundShift,
    /// The product of the low or high halves' lanes, as lanes twice as large: signed.
    SMulLow,
    SMulHigh,
    /// The same, unsigned.
    UMulLow,
    UMulHigh,
    /// The same, polynomials over bits; bytes and 64-bit lanes only.
    PolyMulLow,
    PolyMulHigh,
    /// Sums of neighbours: those of `a`, then those of `b`.
    AddPairs,
    SMaxPairs,
    SMinPairs,
    UMaxPairs,
    UMinPairs,
    /// In each 32-bit lane the sum of four products of bytes: signed, unsigned, and unsigned by signed.
    SDot,
    UDot,
    USDot,
}

/// A comparison of lanes: ones where it holds, zeros where not.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum VCompare {
    /// Equal.
    Eq,
    /// Greater, signed.
    SGt,
    /// Greater or equal, signed.
    SGe,
    /// Greater, unsigned.
    UGt,
    /// Greater or equal, unsigned.
    UGe,
    /// Some bit is one in both.
    Test,
}

/// A shift of all lanes by the same constant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum VShift {
    /// Left; zero from the lane's size on.
    Shl,
    /// Right, zeros coming in; zero from the lane's size on.
    Shr,
    /// Right, signs coming in.
    Sar,
    /// Right, zeros coming in, halves going up.
    RoundShr,
    /// Right, signs coming in, halves going up.
    RoundSar,
}

/// A lane operation that saturates. `Op::Saturate` gives the result, `Op::Saturates` where it was not the exact one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Sat {
    /// Signed sum.
    SAdd,
    /// Unsigned sum.
    UAdd,
    /// Signed difference.
    SSub,
    /// Unsigned difference.
    USub,
    /// The signed number `a` plus the unsigned `b`, as signed.
    SAddUnsigned,
    /// The unsigned number `a` plus the signed `b`, as unsigned.
    UAddSigned,
    /// The upper half of twice the signed product.
    SDoubleMulHigh,
    /// The same, rounded.
    SRoundDoubleMulHigh,
    /// Twice the signed product of the low halves' lanes, as lanes twice as large.
    SDoubleMulLow,
    /// The same of the high halves.
    SDoubleMulUpper,
    /// Left by the signed number in the low byte of `b`'s lane (right if negative): signed.
    SShift,
    /// The same, unsigned.
    UShift,
    /// The same, signed, rounding what is shifted out at the right.
    SRoundShift,
    /// The same, unsigned.
    URoundShift,
    /// A signed number shifted left to an unsigned one.
    SShiftUnsigned,
    /// The absolute value of `a`; `b` is ignored.
    Abs,
    /// Two's complement of `a`; `b` is ignored.
    Neg,
    /// The lanes of `a`, signed and twice as large, as signed ones in the low half; the upper is zero. `b` is ignored.
    NarrowSigned,
    /// The same, unsigned to unsigned.
    NarrowUnsigned,
    /// The same, signed to unsigned.
    NarrowSignedUnsigned,
}

/// A permutation of the lanes of two vectors.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Permute {
    /// The low halves' lanes in turns.
    ZipLow,
    /// The high halves' lanes in turns.
    ZipHigh,
    /// The even lanes of `a`, then those of `b`.
    Even,
    /// The odd lanes of `a`, then those of `b`.
    Odd,
    /// The even lanes of both in turns.
    TransposeEven,
    /// The odd lanes of both in turns.
    TransposeOdd,
}

/// What all lanes of a vector are brought down to. The result is an integer, zero-extended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reduce {
    /// The sum, of the lane's size.
    Add,
    /// The sum of signed numbers, of twice the lane's size.
    SAddLong,
    /// The sum of unsigned numbers, of twice the lane's size.
    UAddLong,
    /// The greatest, signed.
    SMax,
    /// The least, signed.
    SMin,
    /// The greatest, unsigned.
    UMax,
    /// The least, unsigned.
    UMin,
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

/// A step of a cipher or of a hash. Operands that are not named are ignored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Crypto {
    /// The AES state `a` through the rows' shift and the byte table.
    AesSubShift,
    /// The inverse of both.
    AesInverseSubShift,
    /// The columns of `a` mixed.
    AesMix,
    /// The inverse.
    AesInverseMix,
    /// Four SHA-1 rounds that choose: `a` is the hash's first four words, `b` the fifth, `c` the schedule with constants.
    Sha1Choose,
    /// Four SHA-1 rounds of parity.
    Sha1Parity,
    /// Four SHA-1 rounds of majority.
    Sha1Majority,
    /// The first part of the SHA-1 schedule.
    Sha1Schedule0,
    /// The second part.
    Sha1Schedule1,
    /// Four SHA-256 rounds, the first half of the hash.
    Sha256Hash,
    /// The second half.
    Sha256Hash2,
    /// The first part of the SHA-256 schedule.
    Sha256Schedule0,
    /// The second part.
    Sha256Schedule1,
    /// Two SHA-512 rounds, the first half.
    Sha512Hash,
    /// The second half.
    Sha512Hash2,
    /// The first part of the SHA-512 schedule.
    Sha512Schedule0,
    /// The second part.
    Sha512Schedule1,
}

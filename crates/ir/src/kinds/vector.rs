//! What ops on vectors do.

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

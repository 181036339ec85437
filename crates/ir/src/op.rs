//! The ops.

mod facts;

pub(crate) use facts::memory_ty;

use crate::{
    Bin, Carry, Crypto, Extend, FBin, FCompare, FUn, Fence, Flag, FlagOp, Half, IntCond, IntKind, Jump, Lane, Order,
    Permute, Reduce, Rmw, Round, Sat, Shape, Size, Slot, Trap, Ty, Un, VBin, VCompare, VShift, VUn, Value, Width,
};

/// The helper that is the same for all: the bits of a number of 64 bits and the control register as an integer, modulo two to
/// the power of 32, in bits 0 to 31; whether it is the same number in bit 32; what is raised from bit 40: 1 for invalid, because
/// it is not in the range of signed integers of 32 bits, 16 for inexact.
pub const HELPER_WRAP: u16 = 1;

/// An op: at most one result, at most three operands, sixteen bytes.
///
/// Ops are executed in order. What can fault comes, within one instruction, before the first `Set` that the instruction's
/// own restart would read; so whoever executes them may stop at the fault and resume at the instruction.
#[derive(Clone, Copy, PartialEq, Debug)]
#[allow(missing_docs)]
pub enum Op {
    /// The ops up to the next `At` are the instruction at this address.
    At(u64),
    /// A number.
    Const(u64),
    /// Reads a register.
    Get(Slot),
    /// Writes a register.
    Set(Slot, Value),

    // Integers.
    Un {
        op: Un,
        width: Width,
        a: Value,
    },
    Bin {
        op: Bin,
        width: Width,
        a: Value,
        b: Value,
    },
    /// The low bits of `a`, extended.
    Extend {
        size: Size,
        kind: Extend,
        a: Value,
    },
    /// `count` bits of `a` from `from` up, zero-extended.
    Bits {
        from: u8,
        count: u8,
        a: Value,
    },
    /// `count` bits of `a` from `from` up, sign-extended to the width.
    SignedBits {
        width: Width,
        from: u8,
        count: u8,
        a: Value,
    },
    /// `a` with its bits from `from` up replaced by the low `count` bits of `b`.
    Insert {
        from: u8,
        count: u8,
        a: Value,
        b: Value,
    },
    /// The register-wide bits from `from` up of `a` (the high part) and `b` (the low part) joined.
    Join {
        width: Width,
        from: u8,
        a: Value,
        b: Value,
    },
    /// Whether a comparison holds.
    Compare {
        cond: IntCond,
        width: Width,
        a: Value,
        b: Value,
    },
    /// `a` if `cond` is not zero, else `b`.
    Select {
        ty: Ty,
        cond: Value,
        a: Value,
        b: Value,
    },
    /// A step of a cyclic redundancy check with a polynomial in reversed bit order: `a` is the sum, `b` the data.
    Crc {
        size: Size,
        polynomial: u32,
        a: Value,
        b: Value,
    },

    // Flags.
    Flags {
        op: FlagOp,
        width: Width,
        a: Value,
        b: Value,
    },
    /// `a` and `b` added or subtracted with the carry of `flags`.
    Carry {
        op: Carry,
        width: Width,
        a: Value,
        b: Value,
        flags: Value,
    },
    /// The flags of the same.
    CarryFlags {
        op: Carry,
        width: Width,
        a: Value,
        b: Value,
        flags: Value,
    },
    /// Whether a condition on flags holds.
    Cond {
        cond: Flag,
        flags: Value,
    },
    /// Negative, zero, carry, overflow in bits 31 to 28; the others are zero.
    Pack {
        flags: Value,
    },
    /// The flags in bits 31 to 28; the others are ignored.
    Unpack {
        a: Value,
    },

    // Memory. The address is `addr + disp`.
    Load {
        size: Size,
        kind: Extend,
        order: Order,
        addr: Value,
        disp: i32,
    },
    Store {
        size: Size,
        order: Order,
        addr: Value,
        disp: i32,
        value: Value,
    },
    /// A load into a vector, zero above its size.
    VLoad {
        size: Size,
        addr: Value,
        disp: i32,
    },
    /// A store of a vector's low bytes.
    VStore {
        size: Size,
        addr: Value,
        disp: i32,
        value: Value,
    },
    /// The old value, zero-extended; atomic; memory changes if it was `expected`. Values of sixteen bytes are `V128`.
    CompareSwap {
        size: Size,
        order: Order,
        addr: Value,
        expected: Value,
        new: Value,
    },
    /// The old value, zero-extended; atomic. At most eight bytes.
    Rmw {
        op: Rmw,
        size: Size,
        order: Order,
        addr: Value,
        value: Value,
    },
    /// A load, zero-extended, that starts to watch its place. Sixteen bytes are one `V128`.
    LoadExclusive {
        size: Size,
        order: Order,
        addr: Value,
    },
    /// Stores if the place is watched and unchanged, and stops watching: 0 if it stored, 1 if not.
    StoreExclusive {
        size: Size,
        order: Order,
        addr: Value,
        value: Value,
    },
    /// Stops watching.
    ClearExclusive,
    /// A barrier.
    Fence(Fence),
    /// Instructions in the line of this many bytes (two to the power of `log2`) that holds the address may have changed.
    Invalidate {
        log2: u8,
        addr: Value,
    },
    /// The CPU's counter of time.
    Counter,

    // Vectors.
    VUn {
        op: VUn,
        lane: Lane,
        a: Value,
    },
    VBin {
        op: VBin,
        lane: Lane,
        a: Value,
        b: Value,
    },
    VCompare {
        op: VCompare,
        lane: Lane,
        a: Value,
        b: Value,
    },
    VShift {
        op: VShift,
        lane: Lane,
        by: u8,
        a: Value,
    },
    Saturate {
        op: Sat,
        lane: Lane,
        a: Value,
        b: Value,
    },
    /// Not zero in the lanes where `Saturate` of the same operands does not give the exact result.
    Saturates {
        op: Sat,
        lane: Lane,
        a: Value,
        b: Value,
    },
    /// The lanes of one half as lanes twice as large, zero- or (either kind of sign) sign-extended; `lane` is the source's.
    VWiden {
        kind: Extend,
        lane: Lane,
        half: Half,
        a: Value,
    },
    /// The low halves of lanes in the low half of the result, zero above; `lane` is the result's.
    VNarrow {
        lane: Lane,
        a: Value,
    },
    Permute {
        op: Permute,
        lane: Lane,
        a: Value,
        b: Value,
    },
    /// Bytes from `from` up of `a` (the low part) and `b` (the high part) joined.
    VJoin {
        from: u8,
        a: Value,
        b: Value,
    },
    /// For each byte of `index`: the byte of `table` it counts from `base`, or `other`'s byte if it is outside the table.
    VTable {
        base: u8,
        index: Value,
        table: Value,
        other: Value,
    },
    /// Bits of `a` where `mask` is one, of `b` where it is zero.
    VSelect {
        mask: Value,
        a: Value,
        b: Value,
    },
    Reduce {
        op: Reduce,
        lane: Lane,
        a: Value,
    },
    /// Every lane the low bits of an integer.
    VSplat {
        lane: Lane,
        a: Value,
    },
    /// Every lane the lane `index` of `a`.
    VSplatLane {
        lane: Lane,
        index: u8,
        a: Value,
    },
    /// Two integers as the low and the high half.
    VPair {
        a: Value,
        b: Value,
    },
    /// A lane as an integer, zero-extended.
    VGet {
        lane: Lane,
        index: u8,
        a: Value,
    },
    /// `a` with a lane replaced by the low bits of the integer `b`.
    VSet {
        lane: Lane,
        index: u8,
        a: Value,
        b: Value,
    },
    /// `a` with its lane `to` replaced by lane `from` of `b`.
    VCopyLane {
        lane: Lane,
        to: u8,
        from: u8,
        a: Value,
        b: Value,
    },
    /// The lowest lane of `a`, zero above.
    VKeep {
        lane: Lane,
        a: Value,
    },
    Crypto {
        op: Crypto,
        a: Value,
        b: Value,
        c: Value,
    },

    // Floating point. Scalars have types of their own, so that whoever keeps them in a vector register knows when the
    // bits above them count: only after `VScalar`.
    /// The lowest lane of a vector as a number.
    Scalar {
        shape: Shape,
        a: Value,
    },
    /// A number in the lowest lane, zero above.
    VScalar {
        shape: Shape,
        a: Value,
    },
    /// The bits of a number, zero-extended.
    FToBits {
        shape: Shape,
        a: Value,
    },
    /// The number of these bits.
    FFromBits {
        shape: Shape,
        a: Value,
    },
    FUn {
        op: FUn,
        shape: Shape,
        round: Round,
        a: Value,
    },
    FBin {
        op: FBin,
        shape: Shape,
        round: Round,
        a: Value,
        b: Value,
    },
    /// `a * b + c` with one rounding.
    FMulAdd {
        shape: Shape,
        round: Round,
        a: Value,
        b: Value,
        c: Value,
    },
    /// Flags of a comparison: less is negative, equal is zero and carry, greater is carry, unordered carry and overflow.
    /// Any NaN is invalid.
    FFlagsSignal {
        shape: Shape,
        a: Value,
        b: Value,
    },
    /// The same; only signalling NaNs are invalid.
    FFlags {
        shape: Shape,
        a: Value,
        b: Value,
    },
    FCompare {
        op: FCompare,
        shape: Shape,
        a: Value,
        b: Value,
    },
    /// A scalar as one of another size.
    FConvert {
        from: Shape,
        to: Shape,
        round: Round,
        a: Value,
    },
    /// The numbers of one half as numbers twice as large, filling a vector; `lane` is the source's, half-words or words.
    FWiden {
        lane: Lane,
        half: Half,
        a: Value,
    },
    /// Numbers as numbers half as large in the low half, zero above; `lane` is the result's, half-words or words.
    FNarrow {
        lane: Lane,
        round: Round,
        a: Value,
    },
    /// Numbers times two to the power of `scale` as integers, saturating; a NaN is zero.
    FToInt {
        shape: Shape,
        kind: IntKind,
        round: Round,
        scale: u8,
        a: Value,
    },
    /// Integers divided by two to the power of `scale` as numbers.
    FFromInt {
        shape: Shape,
        kind: IntKind,
        round: Round,
        scale: u8,
        a: Value,
    },

    /// What only the model knows how to do, but for [`HELPER_WRAP`].
    Helper {
        id: u16,
        ty: Ty,
        a: Value,
        b: Value,
        c: Value,
    },

    // Ends. Only `ExitIf` may be followed by other ops.
    /// Leaves to a constant address if `cond` is not zero.
    ExitIf {
        cond: Value,
        pc: u64,
    },
    /// Leaves to a constant address.
    Goto(u64),
    /// Leaves to a constant address with a call: the instruction after is where it returns.
    GotoCall(u64),
    /// Leaves to an address computed at run time.
    Jump {
        kind: Jump,
        target: Value,
    },
    /// Leaves with a trap; `next` is the program counter's value in it, `number` the instruction's operand.
    Trap {
        kind: Trap,
        number: u16,
        next: u64,
    },
}

const _: () = assert!(core::mem::size_of::<Op>() == 16);

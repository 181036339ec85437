//! What values are: types, widths, lanes, slots.

use core::fmt;

/// A value: the index of the op that gives it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Value(pub u32);

impl Value {
    /// No value: where an op has fewer operands than fields.
    pub const NONE: Value = Value(u32::MAX);

    /// Its place in tables kept by whoever walks a block.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Value::NONE { f.write_str("%none") } else { write!(f, "%{}", self.0) }
    }
}

/// The type of a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Ty {
    /// 64 bits. Truths are 0 and 1; what is narrower is zero-extended unless the op says otherwise.
    I64,
    /// A half-precision number: only converted, never computed with.
    F16,
    /// A single-precision number.
    F32,
    /// A double-precision number.
    F64,
    /// 128 bits.
    V128,
    /// Four condition flags: negative, zero, carry, overflow.
    Flags,
}

/// How a slot is kept in the CPU's state.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SlotKind {
    /// Four bytes; reads give them zero-extended, writes keep the low half of the value.
    I32,
    /// Eight bytes.
    I64,
    /// Sixteen bytes.
    V128,
    /// Eight bytes with negative, zero, carry and overflow in bits 31 to 28, the others zero. This is the form outside of
    /// translated code; inside, whoever translates may keep another.
    Flags,
}

impl SlotKind {
    /// The type of what is read from and written to it.
    pub const fn ty(self) -> Ty {
        match self {
            SlotKind::I32 | SlotKind::I64 => Ty::I64,
            SlotKind::V128 => Ty::V128,
            SlotKind::Flags => Ty::Flags,
        }
    }

    /// The bytes it takes.
    pub const fn size(self) -> usize {
        match self {
            SlotKind::I32 => 4,
            SlotKind::I64 | SlotKind::Flags => 8,
            SlotKind::V128 => 16,
        }
    }
}

/// A register of the guest: a place in the CPU's state. Slots never overlap.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slot {
    /// How it is kept.
    pub kind: SlotKind,
    /// Where, in bytes from the start of the state.
    pub offset: u16,
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}@{}", self.kind, self.offset)
    }
}

/// How wide an integer operation is. A 32-bit one reads the low halves and gives a zero-extended result.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Width {
    W32,
    W64,
}

impl Width {
    /// In bits.
    pub const fn bits(self) -> u32 {
        match self {
            Width::W32 => 32,
            Width::W64 => 64,
        }
    }
}

/// How much memory an access touches.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)]
pub enum Size {
    B1,
    B2,
    B4,
    B8,
    B16,
}

impl Size {
    /// In bytes.
    pub const fn bytes(self) -> usize {
        1 << self as u8
    }

    /// The bits of a value of this size.
    pub const fn mask(self) -> u128 {
        match self {
            Size::B16 => u128::MAX,
            other => (1 << (other.bytes() * 8)) - 1,
        }
    }

    /// The size of two to the power of `log2` bytes; sixteen bytes for four and more.
    pub const fn of_log2(log2: u32) -> Size {
        match log2 {
            0 => Size::B1,
            1 => Size::B2,
            2 => Size::B4,
            3 => Size::B8,
            _ => Size::B16,
        }
    }
}

/// What the bits above a narrow integer become.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Extend {
    /// Zero.
    Zero,
    /// Copies of the sign, up to bit 63.
    Sign64,
    /// Copies of the sign up to bit 31, zero above.
    Sign32,
}

/// What an access orders.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Order {
    /// Nothing.
    Plain,
    /// Later accesses stay later, earlier releases to other places may stay pending (a processor-consistent acquire).
    AcquirePc,
    /// Later accesses stay later, and it stays behind every earlier release.
    Acquire,
    /// Earlier accesses stay earlier.
    Release,
    /// Both of the last two.
    AcquireRelease,
}

/// How large the elements of a vector are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Lane {
    /// 16 of 8 bits.
    B,
    /// 8 of 16 bits.
    H,
    /// 4 of 32 bits.
    S,
    /// 2 of 64 bits.
    D,
}

impl Lane {
    /// The bits of an element.
    pub const fn bits(self) -> u32 {
        8 << self as u32
    }

    /// How many there are in a vector.
    pub const fn count(self) -> u32 {
        16 >> self as u32
    }

    /// The lane of two to the power of `log2` bytes; eight bytes for three and more.
    pub const fn of_log2(log2: u32) -> Lane {
        match log2 {
            0 => Lane::B,
            1 => Lane::H,
            2 => Lane::S,
            _ => Lane::D,
        }
    }

    /// Elements twice as large; the largest have none.
    pub const fn wider(self) -> Lane {
        Lane::of_log2(self as u32 + 1)
    }

    /// Elements half as large; the smallest stay.
    pub const fn narrower(self) -> Lane {
        Lane::of_log2((self as u32).saturating_sub(1))
    }
}

/// Half of a vector.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Half {
    /// Bits 0 to 63.
    Low,
    /// Bits 64 to 127.
    High,
}

/// The numbers a floating-point operation works on: a scalar, or the elements of a vector. Where elements are fewer than a
/// vector holds, the upper ones are not computed (they raise nothing) and the result's are zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Shape {
    F16,
    F32,
    F64,
    F32x2,
    F32x4,
    F64x2,
}

impl Shape {
    /// The type of a value of this shape.
    pub const fn ty(self) -> Ty {
        match self {
            Shape::F16 => Ty::F16,
            Shape::F32 => Ty::F32,
            Shape::F64 => Ty::F64,
            Shape::F32x2 | Shape::F32x4 | Shape::F64x2 => Ty::V128,
        }
    }

    /// The bits of one number.
    pub const fn bits(self) -> u32 {
        match self {
            Shape::F16 => 16,
            Shape::F32 | Shape::F32x2 | Shape::F32x4 => 32,
            Shape::F64 | Shape::F64x2 => 64,
        }
    }

    /// How many numbers there are.
    pub const fn count(self) -> u32 {
        match self {
            Shape::F16 | Shape::F32 | Shape::F64 => 1,
            Shape::F32x2 | Shape::F64x2 => 2,
            Shape::F32x4 => 4,
        }
    }

    /// Whether it is one number and no vector.
    pub const fn is_scalar(self) -> bool {
        self.count() == 1
    }
}

/// The integers of a conversion. Beside a vector shape their width is that of the shape's numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum IntKind {
    U32,
    I32,
    U64,
    I64,
}

impl IntKind {
    /// Whether it has a sign.
    pub const fn is_signed(self) -> bool {
        matches!(self, IntKind::I32 | IntKind::I64)
    }

    /// In bits.
    pub const fn bits(self) -> u32 {
        match self {
            IntKind::U32 | IntKind::I32 => 32,
            IntKind::U64 | IntKind::I64 => 64,
        }
    }
}

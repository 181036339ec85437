//! Where the guest's flags are, and what its conditions are on the host.

use crate::frame;
use crate::reg::{Cc, Gpr};
use crate::{asm::Asm, map::RegMap};
use ashore_ir::{Extend, Flag, Size, Slot};

/// The guest's flags as the host's.
///
/// In memory they are kept as sixteen bits: overflow in the low byte, and in the high one the host's flags of the
/// subtraction that gives them (carry is borrow, which is no carry).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Form {
    /// They are in memory only.
    #[default]
    Stored,
    /// In the host's flags, as after a subtraction: the carry is inverted.
    Sub,
    /// In the host's flags, as after an addition: all are the same.
    Add,
    /// In the host's flags, as a comparison of numbers leaves them.
    Float,
}

/// Whether parity changes a condition, which after comparisons of numbers says that there is a NaN.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Parity {
    Ignored,
    /// And there is no parity.
    AndNot,
    /// Or there is parity.
    Or,
}

/// A condition on the host's flags.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct HostCond {
    pub(crate) cc: Cc,
    pub(crate) parity: Parity,
}

impl From<Cc> for HostCond {
    fn from(cc: Cc) -> HostCond {
        HostCond { cc, parity: Parity::Ignored }
    }
}

impl HostCond {
    pub(crate) fn not(self) -> HostCond {
        let parity = match self.parity {
            Parity::Ignored => Parity::Ignored,
            Parity::AndNot => Parity::Or,
            Parity::Or => Parity::AndNot,
        };
        HostCond { cc: self.cc.not(), parity }
    }
}

/// A condition after a subtraction.
const fn after_sub(flag: Flag) -> Cc {
    match flag {
        Flag::Eq => Cc::Equal,
        Flag::Ne => Cc::NotEqual,
        Flag::Carry => Cc::AboveEqual,
        Flag::NoCarry => Cc::Below,
        Flag::Negative => Cc::Sign,
        Flag::Positive => Cc::NoSign,
        Flag::Overflow => Cc::Overflow,
        Flag::NoOverflow => Cc::NoOverflow,
        Flag::UGt => Cc::Above,
        Flag::ULe => Cc::BelowEqual,
        Flag::SGe => Cc::GreaterEqual,
        Flag::SLt => Cc::Less,
        Flag::SGt => Cc::Greater,
        Flag::SLe => Cc::LessEqual,
    }
}

/// A condition after a comparison of numbers: less is below, unordered is below, equal and parity.
const fn after_float(flag: Flag) -> HostCond {
    let (cc, parity) = match flag {
        Flag::Eq => (Cc::Equal, Parity::AndNot),
        Flag::Ne => (Cc::NotEqual, Parity::Or),
        Flag::Carry => (Cc::AboveEqual, Parity::Or),
        Flag::NoCarry | Flag::Negative => (Cc::Below, Parity::AndNot),
        Flag::Positive => (Cc::AboveEqual, Parity::Or),
        Flag::Overflow => (Cc::Parity, Parity::Ignored),
        Flag::NoOverflow => (Cc::NoParity, Parity::Ignored),
        Flag::UGt => (Cc::Above, Parity::Or),
        Flag::ULe => (Cc::BelowEqual, Parity::AndNot),
        Flag::SGe => (Cc::AboveEqual, Parity::Ignored),
        Flag::SLt => (Cc::Below, Parity::Ignored),
        Flag::SGt => (Cc::Above, Parity::Ignored),
        Flag::SLe => (Cc::BelowEqual, Parity::Ignored),
    };
    HostCond { cc, parity }
}

impl Form {
    /// What a condition is in this form. Nothing where the carry must be inverted first, or the flags loaded.
    pub(crate) fn cond(self, flag: Flag) -> Option<HostCond> {
        match (self, flag) {
            (Form::Stored, _) | (Form::Add, Flag::UGt | Flag::ULe) => None,
            (Form::Sub, flag) => Some(after_sub(flag).into()),
            (Form::Add, Flag::Carry | Flag::NoCarry) => Some(after_sub(flag).not().into()),
            (Form::Add, flag) => Some(after_sub(flag).into()),
            (Form::Float, flag) => Some(after_float(flag)),
        }
    }
}

/// Writes the flags to memory; `rax` is lost.
pub(crate) fn store(asm: &mut Asm, form: Form, slot: Slot) {
    match form {
        Form::Stored => return,
        Form::Sub => asm.lahf(),
        Form::Add => {
            asm.cmc();
            asm.lahf();
        }
        Form::Float => {
            asm.lahf();
            // movzx eax, ah
            asm.raw(&[0x0f, 0xb6, 0xc4]);
            let table = frame::place(frame::FLOAT_FLAGS);
            let entry = crate::reg::Mem { index: Some((Gpr::RAX, 1)), ..table };
            asm.load(Size::B2, Extend::Zero, Gpr::RAX, entry);
        }
    }
    if form != Form::Float {
        asm.setcc(Cc::Overflow, Gpr::RAX);
    }
    asm.store(Size::B2, RegMap::memory(slot), Gpr::RAX);
}

/// Reads the flags from memory, in the form of a subtraction; `rax` is lost.
pub(crate) fn load(asm: &mut Asm, slot: Slot) {
    asm.load(Size::B2, Extend::Zero, Gpr::RAX, RegMap::memory(slot));
    asm.add_al(0x7f);
    asm.sahf();
}

/// The stored form of flags from bits 31 to 28 of a status register.
pub fn to_stored(status: u64) -> u64 {
    let bit = |number: u32| status >> number & 1;
    bit(28) | ((bit(29) ^ 1) | bit(30) << 6 | bit(31) << 7) << 8
}

/// Bits 31 to 28 of a status register from the stored form.
pub fn from_stored(stored: u64) -> u64 {
    let bit = |number: u32| stored >> number & 1;
    bit(0) << 28 | (bit(8) ^ 1) << 29 | bit(14) << 30 | bit(15) << 31
}

/// Bits 31 to 28 of a status register from the host's flags.
pub fn from_host(form: Form, flags: u64) -> u64 {
    let low = match form {
        Form::Float => return from_stored(frame::float_flags(flags as u8) as u64),
        Form::Stored | Form::Sub => flags & 0xff,
        Form::Add => flags & 0xff ^ 1,
    };
    from_stored(low << 8 | flags >> 11 & 1)
}

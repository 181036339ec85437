//! Names of the host CPU's registers, conditions and operands.

/// A general register by its number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Gpr(pub u8);

#[allow(missing_docs)]
impl Gpr {
    pub const RAX: Gpr = Gpr(0);
    pub const RCX: Gpr = Gpr(1);
    pub const RDX: Gpr = Gpr(2);
    pub const RBX: Gpr = Gpr(3);
    pub const RSP: Gpr = Gpr(4);
    pub const RBP: Gpr = Gpr(5);
    pub const RSI: Gpr = Gpr(6);
    pub const RDI: Gpr = Gpr(7);
    pub const R8: Gpr = Gpr(8);
    pub const R9: Gpr = Gpr(9);
    pub const R10: Gpr = Gpr(10);
    pub const R11: Gpr = Gpr(11);
    pub const R12: Gpr = Gpr(12);
    pub const R13: Gpr = Gpr(13);
    pub const R14: Gpr = Gpr(14);
    pub const R15: Gpr = Gpr(15);
}

/// A vector register by its number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Xmm(pub u8);

/// A condition, by the number the CPU's instructions have for it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Cc {
    Overflow = 0,
    NoOverflow = 1,
    Below = 2,
    AboveEqual = 3,
    Equal = 4,
    NotEqual = 5,
    BelowEqual = 6,
    Above = 7,
    Sign = 8,
    NoSign = 9,
    Parity = 10,
    NoParity = 11,
    Less = 12,
    GreaterEqual = 13,
    LessEqual = 14,
    Greater = 15,
}

impl Cc {
    const ALL: [Cc; 16] = [
        Cc::Overflow,
        Cc::NoOverflow,
        Cc::Below,
        Cc::AboveEqual,
        Cc::Equal,
        Cc::NotEqual,
        Cc::BelowEqual,
        Cc::Above,
        Cc::Sign,
        Cc::NoSign,
        Cc::Parity,
        Cc::NoParity,
        Cc::Less,
        Cc::GreaterEqual,
        Cc::LessEqual,
        Cc::Greater,
    ];

    /// The condition that holds when this does not.
    pub const fn not(self) -> Cc {
        Cc::ALL[self as usize ^ 1]
    }
}

/// A place in memory: base, index times one, two, four or eight, distance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mem {
    /// The base register.
    pub base: Gpr,
    /// The index and the power of two it is multiplied by; never the stack pointer.
    pub index: Option<(Gpr, u8)>,
    /// The distance.
    pub disp: i32,
}

impl Mem {
    /// A base and a distance.
    pub const fn at(base: Gpr, disp: i32) -> Mem {
        Mem { base, index: None, disp }
    }
}

/// The operand that may be a register or memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rm {
    /// A register of either kind, by number.
    Reg(u8),
    /// Memory.
    Mem(Mem),
}

impl From<Gpr> for Rm {
    fn from(reg: Gpr) -> Rm {
        Rm::Reg(reg.0)
    }
}

impl From<Xmm> for Rm {
    fn from(reg: Xmm) -> Rm {
        Rm::Reg(reg.0)
    }
}

impl From<Mem> for Rm {
    fn from(mem: Mem) -> Rm {
        Rm::Mem(mem)
    }
}

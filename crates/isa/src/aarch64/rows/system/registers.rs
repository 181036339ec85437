//! The system registers a program may read, and what it sees of the CPU there.
//!
//! Identification says what the rows hold, no more: programs choose their code by it.

use crate::aarch64::rows::feature::{Features, ISAR};
use crate::aarch64::system::SysReg;

/// What a system register is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// A constant.
    Constant(u64),
    /// The condition flags.
    Flags,
    /// The floating-point control.
    Control,
    /// The floating-point status.
    Status,
    /// The thread pointer.
    Thread,
    /// The counter of time.
    Counter,
}

/// How often the counter counts in a second.
pub(in crate::aarch64::rows) const COUNTER_HZ: u64 = 62_500_000;

/// Lines of 64 bytes; of instructions, of 4096, so that programs invalidate page by page. Data needs no cleaning for
/// instructions to be seen, instructions need invalidating.
const CTR: u64 = 1 << 31 | 1 << 28 | 4 << 24 | 4 << 20 | 4 << 16 | 3 << 14 | 10;
/// Blocks of 64 bytes are zeroed.
const DCZID: u64 = 4;

const fn id(crm: u16, op2: u16) -> SysReg {
    SysReg::new(3, 0, 0, crm, op2)
}

const fn user(crn: u16, crm: u16, op2: u16) -> SysReg {
    SysReg::new(3, 3, crn, crm, op2)
}

/// The registers.
static REGISTERS: &[(SysReg, Kind)] = &[
    (user(4, 2, 0), Kind::Flags),
    (SysReg::FPCR, Kind::Control),
    (SysReg::FPSR, Kind::Status),
    (SysReg::TPIDR_EL0, Kind::Thread),
    (SysReg::TPIDRRO_EL0, Kind::Constant(0)),
    (user(14, 0, 0), Kind::Constant(COUNTER_HZ)),
    (user(14, 0, 2), Kind::Counter),
    (user(0, 0, 1), Kind::Constant(CTR)),
    (user(0, 0, 7), Kind::Constant(DCZID)),
    // The main identification: an implementer, part and revision nobody has.
    (id(0, 0), Kind::Constant(0)),
    (id(0, 5), Kind::Constant(1 << 31)),
    (id(0, 6), Kind::Constant(0)),
    (id(4, 0), Kind::Constant(0x11)),
];

/// What the register at bits 20 to 5 of an instruction is. Others of the identification space read as zero.
pub(super) fn kind(encoding: u16, features: Features) -> Option<Kind> {
    let register = SysReg(encoding & 0x7fff);
    if ISAR.contains(&register) {
        return Some(Kind::Constant(features.identification(register)));
    }
    if let Some((_, kind)) = REGISTERS.iter().find(|(known, _)| *known == register) {
        return Some(*kind);
    }
    let identification = (2..8).any(|crm| (0..8).any(|op2| id(crm, op2) == register));
    identification.then_some(Kind::Constant(0))
}

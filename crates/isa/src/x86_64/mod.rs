//! x86-64.

mod regs;

pub use regs::{FLAG_CARRY, FLAG_DIRECTION, FLAG_TRAP, Regs};

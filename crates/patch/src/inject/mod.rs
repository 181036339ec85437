//! Object files, linked into a finished program.
//!
//! The steps: [`Unit::read`] looks into the file, [`Placed`] takes what the wanted function reaches and gives it addresses in the
//! program's annex, [`Target`]s say what its names lead to,
//! [`Loads`] decides which addresses need words of their own, and [`Relocator`] writes addresses into the bytes. What differs
//! between CPUs is behind [`Way`], with a table of relocations for each.
//!
//! Code and constants go into one executable segment, variables into one that can be written. Records for debuggers and for
//! unwinding are left behind: an exception cannot pass through added code. Thread-local variables and initialisers are refused.

mod aarch64;
mod loads;
mod placed;
mod relocate;
mod riscv64;
#[cfg(test)]
mod tests;
mod unit;
mod way;
mod x86_64;

pub(crate) use loads::Loads;
pub(crate) use placed::Placed;
pub(crate) use relocate::{Around, Relocator, Target};
pub(crate) use unit::{Content, Unit};
pub(crate) use way::{Late, of};

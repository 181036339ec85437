//! x86-64.

mod coder;
mod emit;
mod facts;
mod island;
mod meaning;
mod names;
mod regs;
mod relocate;
mod scan;
#[cfg(test)]
mod tests;
mod text;
mod walk;

pub use coder::Instructions;
pub use emit::landing_pad_len;
pub use facts::FACTS;
pub(crate) use meaning::Means;
pub use regs::{FLAG_CARRY, FLAG_DIRECTION, FLAG_TRAP, Regs};
pub(crate) use text::Reader;
pub use text::text;

//! x86-64.

mod coder;
mod emit;
mod island;
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
pub use regs::{FLAG_CARRY, FLAG_DIRECTION, FLAG_TRAP, Regs};
pub(crate) use text::Reader;
pub use text::text;

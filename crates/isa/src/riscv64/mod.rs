//! RISC-V, 64 bits, with the extensions every general-purpose system has (RV64GC).
//!
//! What tools may do to code: [`Instructions`]. The files: `words` (the fields of an instruction), `effects` (what it does to
//! registers), `find` and `pairs` (which places name an address), `change` (name another), `emit` (new code), `displace` (move
//! code), `kernel` (calls to the kernel and the frame their handler sees).

mod change;
mod coder;
mod displace;
mod effects;
mod emit;
mod facts;
mod find;
pub mod kernel;
mod pairs;
mod words;

pub use coder::Instructions;
pub use facts::FACTS;
pub use words::is_landing_pad;

#[cfg(test)]
mod tests;

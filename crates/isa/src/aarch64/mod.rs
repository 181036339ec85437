//! AArch64.
//!
//! What tools may do to code: [`Instructions`]. The files: `words` (the fields of an instruction), `effects` (what it does to
//! registers), `find` and `pairs` (which places name an address), `change` (name another), `emit` (new code), `displace` (move
//! code), `kernel` (calls to the kernel and the frame their handler sees), `regs` (the registers of a thread).

mod change;
mod coder;
mod displace;
mod effects;
mod emit;
mod facts;
mod find;
mod habit;
mod kept;
pub mod kernel;
mod meaning;
mod pairs;
mod quiet;
mod regs;
pub mod rows;
pub mod state;
pub mod system;
pub mod walk;
mod words;

pub use coder::Instructions;
pub use facts::FACTS;
pub(crate) use habit::habit_of;
pub use regs::{FLAG_BTYPE, FLAG_C, FLAG_N, FLAG_STEP, FLAG_V, FLAG_Z, FLAGS_NZCV, Regs, Vectors};
pub use words::is_landing_pad;

/// What lifts instructions.
pub(crate) fn lifter(hidden: crate::lift::Hidden) -> alloc::boxed::Box<dyn crate::lift::Lifter> {
    alloc::boxed::Box::new(rows::Decoder::without(hidden))
}

/// What says instructions.
pub(crate) fn texts() -> alloc::boxed::Box<dyn crate::Texts> {
    alloc::boxed::Box::new(rows::Reader(rows::Decoder::new()))
}

/// What says what they do.
pub(crate) fn meanings() -> alloc::boxed::Box<dyn crate::Meanings> {
    let rest = meaning::Rest(rows::Decoder::new());
    alloc::boxed::Box::new(crate::lifted::Lifted::new(
        lifter(crate::lift::Hidden::default()),
        texts(),
        alloc::boxed::Box::new(rest),
    ))
}

#[cfg(test)]
mod tests;

/// The parts of the CPU that programs can do without.
pub(crate) fn parts() -> alloc::vec::Vec<crate::lift::Part> {
    rows::parts().collect()
}

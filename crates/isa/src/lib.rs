//! CPUs: registers, and what tools ask of instructions; lifting for those that are translated.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod aarch64;
mod code;
pub mod facts;
mod kept;
pub mod lift;
mod lifted;
pub mod meaning;
mod registers;
pub mod riscv64;
mod table;
#[cfg(test)]
mod testing;
mod text;
pub mod x86_64;

pub use code::{Code, CodeRef, Coder, Displaced, FunctionAt, RefKind, Unencodable, Write};
pub use facts::Facts;
pub use kept::{InState, Refused};
pub use meaning::Meanings;
pub use registers::{RegisterFile, Registers};
pub use table::{coder, facts_of, habit, lifter, lifter_without, meanings, parts, texts};
pub use text::{Line, Texts};

//! CPUs: registers, and what tools ask of instructions; lifting and relocations when the engines that need them come.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod aarch64;
mod code;
pub mod riscv64;
mod table;
#[cfg(test)]
mod testing;
pub mod x86_64;

pub use code::{Code, CodeRef, Coder, Displaced, FunctionAt, RefKind, Unencodable, Write};
pub use table::coder;

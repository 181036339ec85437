//! CPUs: registers now; instruction rows, lifting and relocations when the engines that need them come.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod aarch64;
pub mod x86_64;

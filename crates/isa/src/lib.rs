//! CPUs: registers now; instruction rows, lifting and relocations when the engines that need them come.
#![no_std]
#![forbid(unsafe_code)]

pub mod x86_64;

//! Memory: what the machine has, what a program sees of it, and how the kernel reads and writes that.

mod physical;

pub use physical::Physical;

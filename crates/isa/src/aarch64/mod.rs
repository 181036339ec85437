//! AArch64.

pub mod system;
pub mod walk;

//! FreeBSD on x86-64: start-up, calls, frames.

use crate::bsd::amd64::Convention;

/// The convention.
pub static AMD64: Convention = Convention { os: &super::OS };

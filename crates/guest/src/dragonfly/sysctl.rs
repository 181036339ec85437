//! The sysctl tree.

use crate::bsd::sysctl::Words;

/// The values of this system.
pub static WORDS: Words = Words {};

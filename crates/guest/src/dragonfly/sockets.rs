//! Sockets: families, options and flags.

use crate::bsd::sockets::Words;

/// The values of this system.
pub static WORDS: Words = Words {};

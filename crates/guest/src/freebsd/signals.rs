//! Signals: flags, codes and record layouts.

use crate::bsd::signals::Words;

/// The values of this system.
pub static WORDS: Words = Words {};

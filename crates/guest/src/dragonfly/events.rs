//! kqueue: filters, flags and record layouts.

use crate::bsd::events::Words;

/// The values of this system.
pub static WORDS: Words = Words {};

//! Files, directories and descriptors: flag values and record layouts.

use crate::bsd::files::Words;

/// The values of this system.
pub static WORDS: Words = Words {};

//! Resource limits.

use ashore_pivot::layout::process::*;

/// A limit that is none.
pub const INFINITE: u64 = RLIM_INFINITY;

/// Soft and hard limits by Linux's numbers (`RLIMIT_CPU` is 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Soft and hard, by number.
    pub of: [(u64, u64); 16],
}

/// `RLIMIT_STACK`.
pub const STACK: usize = RLIMIT_STACK as usize;
/// `RLIMIT_NOFILE`.
pub const FILES: usize = RLIMIT_NOFILE as usize;

impl Default for Limits {
    fn default() -> Self {
        let mut of = [(INFINITE, INFINITE); 16];
        for (number, soft, hard) in
            [(STACK, 8 << 20, INFINITE), (4, 0, INFINITE), (6, 1 << 14, 1 << 14), (FILES, 1024, 1 << 20)]
        {
            if let Some(limit) = of.get_mut(number) {
                *limit = (soft, hard);
            }
        }
        Limits { of }
    }
}

impl Limits {
    /// The soft limit of a number.
    pub fn soft(&self, number: usize) -> u64 {
        self.of.get(number).map_or(INFINITE, |limit| limit.0)
    }
}

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

/// The limits that are some, soft and hard: stack, core file, processes, files, messages in queues, niceness, real time.
const FIRST: [(usize, u64, u64); 7] = [
    (STACK, 8 << 20, INFINITE),
    (RLIMIT_CORE as usize, 0, INFINITE),
    (RLIMIT_NPROC as usize, 1 << 14, 1 << 14),
    (FILES, 1024, 1 << 20),
    (RLIMIT_MSGQUEUE as usize, 819_200, 819_200),
    (RLIMIT_NICE as usize, 0, 0),
    (RLIMIT_RTPRIO as usize, 0, 0),
];

impl Default for Limits {
    fn default() -> Self {
        let mut of = [(INFINITE, INFINITE); 16];
        for (number, soft, hard) in FIRST {
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

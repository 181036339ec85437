//! `struct timeval` and `struct timespec` in memory. A timespec is the same everywhere; a timeval's second
//! half has 4 bytes and padding on NetBSD, 8 elsewhere.

use crate::Ctx;
use ashore_base::Addr;
use ashore_pivot::Errno;

/// Nanoseconds in a second.
pub const NANOS: i64 = 1_000_000_000;
/// Microseconds in a second.
pub const MICROS: i64 = 1_000_000;

/// A time of seconds and nanoseconds, or of seconds and microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Time {
    /// Seconds.
    pub sec: i64,
    /// The rest, in the unit of the record it came from.
    pub rest: i64,
}

impl Time {
    /// From 16 bytes of Linux's layout.
    pub fn from_bytes(bytes: [u8; 16]) -> Time {
        let [a, b]: [[u8; 8]; 2] = split(bytes);
        Time { sec: i64::from_le_bytes(a), rest: i64::from_le_bytes(b) }
    }

    /// As 16 bytes of Linux's layout.
    pub fn bytes(self) -> [u8; 16] {
        join(self.sec.to_le_bytes(), self.rest.to_le_bytes())
    }

    /// A duration in nanoseconds, of a timespec.
    pub fn nanos(self) -> i128 {
        i128::from(self.sec) * i128::from(NANOS) + i128::from(self.rest)
    }

    /// The timespec of so many nanoseconds.
    pub fn of_nanos(nanos: i128) -> Time {
        let nanos_per_sec = i128::from(NANOS);
        Time { sec: nanos.div_euclid(nanos_per_sec) as i64, rest: nanos.rem_euclid(nanos_per_sec) as i64 }
    }
}

fn split(bytes: [u8; 16]) -> [[u8; 8]; 2] {
    let word = u128::from_le_bytes(bytes);
    [(word as u64).to_le_bytes(), ((word >> 64) as u64).to_le_bytes()]
}

/// Two halves as one.
pub fn join(a: [u8; 8], b: [u8; 8]) -> [u8; 16] {
    (u128::from(u64::from_le_bytes(a)) | u128::from(u64::from_le_bytes(b)) << 64).to_le_bytes()
}

impl Ctx<'_> {
    /// The timespec at `at`.
    pub fn timespec(&self, at: Addr) -> Result<Time, Errno> {
        Ok(Time::from_bytes(self.read(at)?))
    }

    /// The timeval at `at`, whatever stands in its padding.
    pub fn timeval(&self, at: Addr) -> Result<Time, Errno> {
        let time = self.timespec(at)?;
        let is_short = self.bsd()?.family.process.usec_bytes == 4;
        Ok(Time { rest: if is_short { i64::from(time.rest as i32) } else { time.rest }, ..time })
    }
}

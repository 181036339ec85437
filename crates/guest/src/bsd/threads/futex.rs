//! Waiting on a word of memory, by Linux's futex.

use crate::{Ctx, Timeout};
use ashore_base::Addr;
use ashore_pivot::{Arg, Errno, Sys};

const FUTEX_WAIT: u64 = 0;
const FUTEX_WAKE: u64 = 1;
const FUTEX_WAIT_BITSET: u64 = 9;
const FUTEX_PRIVATE: u64 = 128;
const FUTEX_CLOCK_REALTIME: u64 = 256;
const MATCH_ANY: u64 = 0xffff_ffff;
/// Linux's clock that counts from 1970.
const CLOCK_REALTIME: i32 = 0;
/// As many waiters as there may be.
pub const ALL: u64 = i32::MAX as u64;

/// Who may wait on a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Threads of this process.
    Private,
    /// Whoever maps the memory.
    Shared,
}

impl Scope {
    fn bit(self) -> u64 {
        match self {
            Scope::Private => FUTEX_PRIVATE,
            Scope::Shared => 0,
        }
    }
}

/// Waits until woken while the word at `at` is `expected`: `EAGAIN` when it is not, `ETIMEDOUT`, `EINTR`.
pub fn wait(ctx: &Ctx<'_>, at: Addr, expected: u32, scope: Scope, timeout: Timeout) -> Result<(), Errno> {
    let expected = u64::from(expected);
    let result = match timeout {
        Timeout::Never => ctx.wait(Sys::FUTEX, [at.0, FUTEX_WAIT | scope.bit(), expected, 0, 0, 0]),
        Timeout::In(nanos) => {
            let time = timespec(nanos);
            let op = FUTEX_WAIT | scope.bit();
            ctx.wait_with(Sys::FUTEX, &mut [at.into(), op.into(), expected.into(), Arg::In(&time)])
        }
        Timeout::At { clock, nanos } => {
            let time = timespec(nanos);
            let clock = if clock == CLOCK_REALTIME { FUTEX_CLOCK_REALTIME } else { 0 };
            let op = FUTEX_WAIT_BITSET | scope.bit() | clock;
            let mut args = [at.into(), op.into(), expected.into(), Arg::In(&time), 0u64.into(), Arg::Word(MATCH_ANY)];
            ctx.wait_with(Sys::FUTEX, &mut args)
        }
    };
    result.map(drop).map_err(Errno::never_restart)
}

/// Wakes at most `count` waiters.
pub fn wake(ctx: &Ctx<'_>, at: Addr, count: u64, scope: Scope) -> Result<u64, Errno> {
    ctx.call(Sys::FUTEX, [at.0, FUTEX_WAKE | scope.bit(), count.min(ALL), 0, 0, 0])
}

fn timespec(nanos: u64) -> [u8; 16] {
    let mut bytes = [0; 16];
    let (seconds, rest) = bytes.split_at_mut(8);
    seconds.copy_from_slice(&(nanos / 1_000_000_000).to_le_bytes());
    rest.copy_from_slice(&(nanos % 1_000_000_000).to_le_bytes());
    bytes
}

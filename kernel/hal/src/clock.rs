//! The virtual counter: time since it began, and the alarm.

use crate::registers::{barrier, read, write};
use core::sync::atomic::{AtomicU64, Ordering};

/// Nanoseconds a tick, times 2^32: set once before there is a second CPU.
static SCALE: AtomicU64 = AtomicU64::new(0);
const SHIFT: u32 = 32;

/// Reads the counter's frequency.
pub(crate) fn begin() {
    let frequency = read!("cntfrq_el0").max(1);
    SCALE.store(((1_000_000_000u128 << SHIFT) / u128::from(frequency)) as u64, Ordering::Relaxed);
}

/// Nanoseconds a tick, times 2^32.
pub(crate) fn scale() -> u64 {
    SCALE.load(Ordering::Relaxed)
}

/// The counter.
pub(crate) fn ticks() -> u64 {
    // Without it the counter may be read before what came earlier in the program.
    barrier!("isb");
    read!("cntvct_el0")
}

/// Nanoseconds of so many ticks.
pub(crate) fn nanos(ticks: u64) -> u64 {
    ((u128::from(ticks) * u128::from(SCALE.load(Ordering::Relaxed))) >> SHIFT) as u64
}

/// The first tick at which so many nanoseconds have gone by.
pub(crate) fn ticks_of(nanos: u64) -> u64 {
    let scale = u128::from(SCALE.load(Ordering::Relaxed).max(1));
    u64::try_from((u128::from(nanos) << SHIFT).div_ceil(scale)).unwrap_or(u64::MAX)
}

/// Raises this CPU's timer interrupt at a tick.
pub(crate) fn alarm(at: u64) {
    write!("cntv_cval_el0", at);
    write!("cntv_ctl_el0", 1);
    barrier!("isb");
}

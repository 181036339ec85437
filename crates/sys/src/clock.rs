//! The time without a system call, by the code the kernel shares with every process, and by the CPU's counter.

use crate::block::{Block, CLOCKS_LEN};
use crate::fault;
use ashore_base::Addr;
use ashore_pivot::Errno;
use core::sync::atomic::{AtomicU64, Ordering};

/// The clocks that the shared code can always tell.
const CLOCKS: [u64; 2] = [libc::CLOCK_REALTIME as u64, libc::CLOCK_MONOTONIC as u64];

/// Writes the time of a clock to the guest's memory as the kernel's `struct timespec`; `None` for a clock to ask the
/// kernel about.
///
/// The C library calls the shared code, which makes a call of its own where the CPU's counter is of no use: the
/// handler answers that one.
pub fn clock(id: u64, to: Addr) -> Option<Result<(), Errno>> {
    if !CLOCKS.contains(&id) {
        return None;
    }
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the record is ours and of the type the call writes.
    if unsafe { libc::clock_gettime(id as libc::clockid_t, &mut time) } != 0 {
        return None;
    }
    // Word by word, as it was written: a copy that takes both at once would wait for them.
    // SAFETY: a bad address is caught by the handler; memory the guest names is the guest's to change.
    let failed =
        unsafe { fault::store64(to.0, time.tv_sec as u64) | fault::store64(to.plus(8).0, time.tv_nsec as u64) };
    Some(if failed == 0 { Ok(()) } else { Err(Errno::EFAULT) })
}

/// A moment of a [`Watch`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(u64);

impl Mark {
    /// What the counter showed.
    #[inline]
    pub const fn count(self) -> u64 {
        self.0
    }

    /// The moment when the counter showed this.
    pub const fn from_count(count: u64) -> Mark {
        Mark(count)
    }

    /// A moment before all others.
    pub const ZERO: Mark = Mark(0);
}

/// A stopwatch for times so short that asking the kernel's shared code would show in them.
///
/// It reads the CPU's counter where the kernel itself trusts that, and learns its speed from the monotonic clock;
/// elsewhere it is that clock.
#[derive(Debug)]
pub struct Watch {
    counts: bool,
    /// Whether it does not run at all.
    stands: bool,
    /// The counter and the monotonic clock at the start.
    start: (u64, u64),
    /// Nanoseconds of one count, as a fraction of 2^32; 0 when it is not known yet.
    scale: AtomicU64,
}

/// The time after which a scale is good enough for a start, and that after which it does not get better.
const SCALE_AFTER: (u64, u64) = (100_000, 2_000_000_000);

impl Default for Watch {
    fn default() -> Watch {
        let source = std::fs::read("/sys/devices/system/clocksource/clocksource0/current_clocksource");
        let counts = source.is_ok_and(|name| name.trim_ascii() == b"tsc");
        Watch { counts, stands: false, start: (counter(), monotonic()), scale: AtomicU64::new(0) }
    }
}

impl Watch {
    /// One that stands still, for where reading the counter is dear.
    pub fn standing() -> Watch {
        Watch { counts: false, stands: true, start: (0, 0), scale: AtomicU64::new(0) }
    }

    /// This moment.
    #[inline]
    pub fn mark(&self) -> Mark {
        Mark(if self.counts { counter() } else { self.other() })
    }

    fn other(&self) -> u64 {
        if self.stands { 0 } else { monotonic() }
    }

    /// The nanoseconds from one moment to another.
    #[inline]
    pub fn nanos(&self, from: Mark, to: Mark) -> u64 {
        let count = to.0.saturating_sub(from.0);
        if !self.counts {
            return count;
        }
        let mut scale = self.scale.load(Ordering::Relaxed);
        if scale == 0 {
            scale = self.learn();
        }
        ((u128::from(count) * u128::from(scale)) >> 32) as u64
    }

    /// The nanoseconds from the start to a moment.
    pub fn age(&self, at: Mark) -> u64 {
        self.nanos(Mark(if self.counts { self.start.0 } else { self.start.1 }), at)
    }

    /// Learns the counter's speed, the better the later; to be called now and then. A little time must have gone by
    /// since the start: it waits for that.
    pub fn learn(&self) -> u64 {
        loop {
            let (counts, nanos) = (counter().wrapping_sub(self.start.0), monotonic() - self.start.1);
            let known = self.scale.load(Ordering::Relaxed);
            if nanos < SCALE_AFTER.0 || counts == 0 {
                continue;
            }
            // Much later a sleep of the machine may lie between.
            if known != 0 && nanos > SCALE_AFTER.1 {
                return known;
            }
            let scale = ((u128::from(nanos) << 32) / u128::from(counts)) as u64;
            self.scale.store(scale, Ordering::Relaxed);
            return scale;
        }
    }
}

#[inline]
fn counter() -> u64 {
    // SAFETY: reads a register.
    unsafe { core::arch::x86_64::_rdtsc() }
}

fn monotonic() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the record is ours and of the type the call writes.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// A guest's call that tells a time: the clock in rdi, where to write a `struct timespec` in rsi, 0 in rax and the carry
/// flag clear when it is told. It is answered on the way out of the guest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClockCall {
    /// Its number.
    pub number: u32,
    /// The host's clock for each of the guest's.
    pub clocks: [Option<i32>; CLOCKS_LEN],
    /// Whether it zeroes r8 to r10.
    pub zeroes_scratch: bool,
}

/// Has `call` answered on the way out of `block`'s guest, where the CPU switches threads without a call.
pub fn answer_clocks(block: &mut Block, call: &ClockCall) {
    // The library finds the shared code the first time, which it must do as the host.
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the record is ours and of the type the call writes.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    if block.no_fsgsbase != 0 || failed != 0 {
        return;
    }
    let known = call.clocks.map(|id| id.filter(|id| u64::try_from(*id).is_ok_and(|id| CLOCKS.contains(&id))));
    block.clocks = known.map(|id| id.map_or(-1, |id| id as i8));
    block.clock_keeps = if call.zeroes_scratch { 0 } else { !0 };
    block.clock_number = call.number;
}

#[cfg(test)]
mod tests {
    use super::{Watch, clock};
    use ashore_base::Addr;

    #[test]
    fn only_what_the_shared_code_tells_is_told() {
        let mut time = [0u64; 2];
        let to = Addr(time.as_mut_ptr() as u64);
        assert_eq!(clock(1, to), Some(Ok(())));
        assert!(time != [0; 2] && time[1] < 1_000_000_000);
        assert_eq!(clock(2, to), None);
    }

    #[test]
    fn a_watch_agrees_with_the_clock() {
        let watch = Watch::default();
        let (before, first) = (std::time::Instant::now(), watch.mark());
        std::thread::sleep(std::time::Duration::from_millis(30));
        let (last, after) = (watch.mark(), before.elapsed().as_nanos() as u64);
        let told = watch.nanos(first, last);
        assert!(told <= after + after / 100 && told >= 29_000_000, "{told} of {after}");
    }
}

//! Processes, threads' scheduling, limits, memory and time.
//!
//! One file per noun; each has its own `Words`. The functions the tables name are all re-exported here.

mod clock;
mod memory;
mod plain;
mod sched;
mod sleep;
#[cfg(test)]
mod tests;
mod timeval;

pub use clock::{
    Clock, ClockMap, PROCESS_TIME, clock, clock_getres, clock_gettime, clock_settime, gettimeofday, now, settimeofday,
};
pub use memory::{
    Advice, CORE, FREE, MapBit, MemoryWords, NOCORE, SyncMode, madvise, mincore, minherit, mlockall, mmap, mmap_padded,
    mprotect, msync, munmap,
};
pub use plain::{exit, getpid, getpid_and_parent, issetugid, zero};
pub use sched::{cpuset_getaffinity, cpuset_setaffinity, sched_getaffinity, sched_setaffinity};
pub use sleep::{clock_nanosleep, getitimer, nanosleep, setitimer};
pub use timeval::Time;

/// What a system must supply.
pub struct Words {
    /// Memory.
    pub memory: MemoryWords,
    /// The guest's clocks.
    pub clocks: &'static [ClockMap],
    /// How many bytes `tv_usec` has: 4 and padding, or 8.
    pub usec_bytes: usize,
    /// Whether a sleep of less than no time is over at once instead of an error.
    pub negative_sleep_is_over: bool,
}

/// The clocks of FreeBSD and DragonFly. The "fast" ones may lag a tick, which is what Linux calls coarse.
pub static CLOCKS: [ClockMap; 15] = [
    clock(0, Clock::Linux(0)),
    clock(1, Clock::User),
    clock(2, PROCESS_TIME),
    clock(4, Clock::Linux(1)),
    clock(5, Clock::Linux(1)),
    clock(7, Clock::Linux(1)),
    clock(8, Clock::Linux(6)),
    clock(9, Clock::Linux(0)),
    clock(10, Clock::Linux(5)),
    clock(11, Clock::Linux(1)),
    clock(12, Clock::Linux(6)),
    clock(13, Clock::Seconds(5)),
    clock(14, Clock::Linux(3)),
    clock(15, PROCESS_TIME),
    clock(16, Clock::Linux(11)),
];

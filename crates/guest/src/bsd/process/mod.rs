//! Processes, threads' scheduling, limits, memory and time.
//!
//! One file per noun; each has its own `Words`. The functions the tables name are all re-exported here.

mod adjust;
mod clock;
mod control;
mod fork;
mod heap;
mod ids;
mod limits;
mod memory;
mod names;
mod plain;
mod policy;
mod privileged;
mod sched;
mod sleep;
mod spawn;
#[cfg(test)]
mod tests;
mod timer;
mod timerfd;
mod timeval;
mod wait;

pub use adjust::{adjtime, ntp_adjtime, ntp_gettime};
pub use clock::{
    Clock, ClockMap, PROCESS_TIME, clock, clock_getres, clock_gettime, clock_settime, gettimeofday, now, settimeofday,
};
pub use control::{lwp_rtprio, procctl, rtprio};
pub use fork::{clone, execve, fexecve, fork, pdfork, pdgetpid, pdkill, rfork, vfork};
pub use heap::obreak;
pub use ids::{
    getgid_pair, getgroups, getlogin, getloginclass, getuid_pair, setegid, seteuid, setgid, setgroups, setgroups_only,
    setlogin, setregid, setresgid, setresuid, setreuid, setuid,
};
pub use limits::{getdtablesize, getpriority, getrlimit, getrusage, setpriority, setrlimit};
pub use memory::{
    Advice, CORE, FREE, MapBit, MemoryWords, NOCORE, SyncMode, madvise, mincore, minherit, mlockall, mmap, mmap_padded,
    mprotect, msync, munmap,
};
pub use names::{getdomainname, uname, uuidgen};
pub use plain::{abort2, exit, getpid_and_parent, issetugid, zero};
pub use policy::{
    lwp_getparam, lwp_setparam, sched_get_priority_max, sched_get_priority_min, sched_getparam, sched_getscheduler,
    sched_setparam, sched_setscheduler,
};
pub use privileged::{absent, invalid, not_found, refused, unsupported};
pub use sched::{
    cpuset_getaffinity, cpuset_getdomain, cpuset_getid, cpuset_setaffinity, sched_getaffinity, sched_getcpu,
    sched_setaffinity, setfib,
};
pub use sleep::{clock_nanosleep, getitimer, nanosleep, setitimer};
pub use spawn::posix_spawn;
pub use timer::{clock_getcpuclockid, timer_create, timer_delete, timer_getoverrun, timer_gettime, timer_settime};
pub use timerfd::{timerfd_create, timerfd_gettime, timerfd_settime};
pub use timeval::Time;
pub use wait::{NETBSD_OPTIONS, OPTIONS, WaitWords, wait4, wait6};

use alloc::vec::Vec;
use ashore_base::Addr;

/// What a system must supply.
pub struct Words {
    /// Memory.
    pub memory: MemoryWords,
    /// Waiting.
    pub wait: WaitWords,
    /// The guest's clocks.
    pub clocks: &'static [ClockMap],
    /// How many bytes `tv_usec` has: 4 and padding, or 8.
    pub usec_bytes: usize,
    /// Whether a sleep of less than no time is over at once instead of an error.
    pub negative_sleep_is_over: bool,
    /// How many limits the system has beyond the eleven of all.
    pub extra_limits: usize,
    /// Whether the usage of one thread can be asked.
    pub has_thread_usage: bool,
    /// Whether a login name is cut to a short buffer, instead of an error.
    pub login_is_cut: bool,
    /// The number of the normal class of priorities.
    pub normal_class: u16,
    /// The greatest priority of the time-sharing policy.
    pub time_sharing_max: u64,
}

/// What is remembered for a process.
#[derive(Default)]
pub struct Remembered {
    /// The login name that was set.
    login: Vec<u8>,
    /// The limits that Linux does not have.
    limits: limits::Remembered,
    /// The break, once it was moved.
    heap_end: Option<Addr>,
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

/// Whether a path is one by which the systems, or the host, name the running program. The host's own name
/// for it would be Ashore.
pub fn names_own_program(path: &[u8]) -> bool {
    matches!(path, b"/proc/curproc/file" | b"/proc/curproc/exe" | b"/proc/self/file" | b"/proc/self/exe")
}

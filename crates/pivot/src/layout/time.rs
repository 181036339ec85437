//! Time: what clocks tell and timers are set to.

use super::record::{constants, record};

const NANOS: i64 = 1_000_000_000;
const MICROS: i64 = 1_000_000;

record! {
    /// `struct timespec`: seconds and nanoseconds.
    Timespec: 16 {
        /// Seconds.
        sec @ 0: i64,
        /// Nanoseconds, 0 to 999,999,999.
        nsec @ 8: i64,
    }
}

record! {
    /// `struct timeval`: seconds and microseconds.
    Timeval: 16 {
        /// Seconds.
        sec @ 0: i64,
        /// Microseconds, 0 to 999,999.
        usec @ 8: i64,
    }
}

record! {
    /// `struct itimerval`: a timer of `setitimer`.
    Itimerval: 32 {
        /// How long it runs after each expiry; zero when it runs once.
        interval @ 0: Timeval,
        /// How long it runs now; zero when it is off.
        value @ 16: Timeval,
    }
}

record! {
    /// `struct itimerspec`: a timer of `timer_settime` and `timerfd_settime`.
    Itimerspec: 32 {
        /// How long it runs after each expiry; zero when it runs once.
        interval @ 0: Timespec,
        /// How long it runs now, or when it expires; zero when it is off.
        value @ 16: Timespec,
    }
}

record! {
    /// `struct timezone`, which no kernel keeps any more.
    Timezone: 8 {
        /// Minutes west of Greenwich.
        minuteswest @ 0: i32,
        /// The kind of daylight saving.
        dsttime @ 4: i32,
    }
}

record! {
    /// `struct tms`: what `times` tells, in ticks.
    Tms: 32 {
        /// Time in user space.
        utime @ 0: i64,
        /// Time in the kernel.
        stime @ 8: i64,
        /// Time in user space of children that were waited for.
        cutime @ 16: i64,
        /// Time in the kernel of children that were waited for.
        cstime @ 24: i64,
    }
}

impl Timespec {
    /// So many nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Timespec {
        Timespec { sec: (nanos / NANOS as u64) as i64, nsec: (nanos % NANOS as u64) as i64 }
    }

    /// As nanoseconds, as many as fit; `None` where a kernel says `EINVAL`: seconds below zero or nanoseconds out of range.
    pub fn nanos(self) -> Option<u64> {
        let whole = u64::try_from(self.sec).ok()?;
        (0..NANOS).contains(&self.nsec).then(|| whole.saturating_mul(NANOS as u64).saturating_add(self.nsec as u64))
    }
}

impl Timeval {
    /// So many nanoseconds, without what microseconds cannot tell.
    pub const fn from_nanos(nanos: u64) -> Timeval {
        Timeval { sec: (nanos / NANOS as u64) as i64, usec: (nanos % NANOS as u64) as i64 / 1000 }
    }

    /// As nanoseconds, as many as fit; `None` where a kernel says `EINVAL`.
    pub fn nanos(self) -> Option<u64> {
        let whole = u64::try_from(self.sec).ok()?;
        let rest = (0..MICROS).contains(&self.usec).then(|| self.usec as u64 * 1000)?;
        Some(whole.saturating_mul(NANOS as u64).saturating_add(rest))
    }
}

constants! {
    /// The clocks.
    CLOCKS: u32 {
        CLOCK_REALTIME = 0,
        CLOCK_MONOTONIC = 1,
        CLOCK_PROCESS_CPUTIME_ID = 2,
        CLOCK_THREAD_CPUTIME_ID = 3,
        CLOCK_MONOTONIC_RAW = 4,
        CLOCK_REALTIME_COARSE = 5,
        CLOCK_MONOTONIC_COARSE = 6,
        CLOCK_BOOTTIME = 7,
        CLOCK_REALTIME_ALARM = 8,
        CLOCK_BOOTTIME_ALARM = 9,
        CLOCK_TAI = 11,
    }
}

constants! {
    /// The timers of `setitimer`.
    ITIMERS: u32 {
        ITIMER_REAL = 0,
        ITIMER_VIRTUAL = 1,
        ITIMER_PROF = 2,
    }
}

constants! {
    /// Flags of calls that set timers or wait for clocks.
    TIMER_FLAGS: u32 {
        TIMER_ABSTIME = 1,
        TFD_TIMER_ABSTIME = 1,
        TFD_TIMER_CANCEL_ON_SET = 2,
        TFD_NONBLOCK = 0o4000,
        TFD_CLOEXEC = 0o200_0000,
    }
}

constants! {
    /// Nanoseconds that mean something else in `utimensat`.
    UTIMES: u32 {
        UTIME_NOW = 0x3fff_ffff,
        UTIME_OMIT = 0x3fff_fffe,
    }
}

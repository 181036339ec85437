//! Processes: how they are made, what they used, what they may use, how they are waited for.

use super::record::{constants, record};
use super::time::Timeval;

record! {
    /// `struct rusage`: what was used.
    Rusage: 144 {
        /// Time in user space.
        utime @ 0: Timeval,
        /// Time in the kernel.
        stime @ 16: Timeval,
        /// The most memory at once, in KiB.
        maxrss @ 32: i64,
        /// Page faults without a transfer.
        minflt @ 64: i64,
        /// Page faults with one.
        majflt @ 72: i64,
        /// Blocks read.
        inblock @ 88: i64,
        /// Blocks written.
        oublock @ 96: i64,
        /// How often the CPU was given up.
        nvcsw @ 128: i64,
        /// How often it was taken away.
        nivcsw @ 136: i64,
    }
}

record! {
    /// `struct rlimit64`: a limit.
    Rlimit: 16 {
        /// What holds now.
        cur @ 0: u64,
        /// Up to where a process may raise it.
        max @ 8: u64,
    }
}

record! {
    /// `struct clone_args` of `clone3`; programs may give the first 64 or 80 bytes only.
    CloneArgs: 88 {
        /// Flags.
        flags @ 0: u64,
        /// Where the child's descriptor goes.
        pidfd @ 8: u64,
        /// Where the child's id goes, in the child.
        child_tid @ 16: u64,
        /// Where the child's id goes, in the parent.
        parent_tid @ 24: u64,
        /// What the parent is sent at the end.
        exit_signal @ 32: u64,
        /// The lowest byte of the child's stack.
        stack @ 40: u64,
        /// Its size.
        stack_size @ 48: u64,
        /// The thread pointer.
        tls @ 56: u64,
        /// Ids that the child shall have.
        set_tid @ 64: u64,
        /// How many.
        set_tid_size @ 72: u64,
        /// Its control group.
        cgroup @ 80: u64,
    }
}

constants! {
    /// Flags of `clone` and `clone3`.
    CLONE: u64 {
        CSIGNAL = 0xff,
        CLONE_VM = 0x100,
        CLONE_FS = 0x200,
        CLONE_FILES = 0x400,
        CLONE_SIGHAND = 0x800,
        CLONE_PIDFD = 0x1000,
        CLONE_PTRACE = 0x2000,
        CLONE_VFORK = 0x4000,
        CLONE_PARENT = 0x8000,
        CLONE_THREAD = 0x1_0000,
        CLONE_NEWNS = 0x2_0000,
        CLONE_SYSVSEM = 0x4_0000,
        CLONE_SETTLS = 0x8_0000,
        CLONE_PARENT_SETTID = 0x10_0000,
        CLONE_CHILD_CLEARTID = 0x20_0000,
        CLONE_DETACHED = 0x40_0000,
        CLONE_UNTRACED = 0x80_0000,
        CLONE_CHILD_SETTID = 0x100_0000,
        CLONE_NEWCGROUP = 0x200_0000,
        CLONE_NEWUTS = 0x400_0000,
        CLONE_NEWIPC = 0x800_0000,
        CLONE_NEWUSER = 0x1000_0000,
        CLONE_NEWPID = 0x2000_0000,
        CLONE_NEWNET = 0x4000_0000,
        CLONE_IO = 0x8000_0000,
        CLONE_CLEAR_SIGHAND = 0x1_0000_0000,
        CLONE_INTO_CGROUP = 0x2_0000_0000,
    }
}

constants! {
    /// What a wait waits for.
    WAIT: u32 {
        WNOHANG = 1,
        WUNTRACED = 2,
        WSTOPPED = 2,
        WEXITED = 4,
        WCONTINUED = 8,
        WNOWAIT = 0x0100_0000,
        __WNOTHREAD = 0x2000_0000,
        __WALL = 0x4000_0000,
        __WCLONE = 0x8000_0000,
    }
}

constants! {
    /// Whom `waitid` waits for.
    WHO: u32 {
        P_ALL = 0,
        P_PID = 1,
        P_PGID = 2,
        P_PIDFD = 3,
    }
}

constants! {
    /// Whose use `getrusage` tells.
    USAGE: i32 {
        RUSAGE_SELF = 0,
        RUSAGE_CHILDREN = -1,
        RUSAGE_THREAD = 1,
    }
}

constants! {
    /// What is limited.
    LIMITS: u32 {
        RLIMIT_CPU = 0,
        RLIMIT_FSIZE = 1,
        RLIMIT_DATA = 2,
        RLIMIT_STACK = 3,
        RLIMIT_CORE = 4,
        RLIMIT_RSS = 5,
        RLIMIT_NPROC = 6,
        RLIMIT_NOFILE = 7,
        RLIMIT_MEMLOCK = 8,
        RLIMIT_AS = 9,
        RLIMIT_LOCKS = 10,
        RLIMIT_SIGPENDING = 11,
        RLIMIT_MSGQUEUE = 12,
        RLIMIT_NICE = 13,
        RLIMIT_RTPRIO = 14,
        RLIMIT_RTTIME = 15,
        RLIM_NLIMITS = 16,
    }
}

/// `RLIM_INFINITY`: no limit.
pub const RLIM_INFINITY: u64 = u64::MAX;

/// The status word of a wait for a child that exited.
pub const fn exited(status: u8) -> u32 {
    (status as u32) << 8
}

/// The status word for a child that a signal ended.
pub const fn killed(signal: crate::Signal) -> u32 {
    signal.0 as u32
}

/// The status word for a child that a signal ended and that left a core file.
pub const fn dumped(signal: crate::Signal) -> u32 {
    signal.0 as u32 | 0x80
}

/// The status word for a child that a signal stopped.
pub const fn stopped(signal: crate::Signal) -> u32 {
    (signal.0 as u32) << 8 | 0x7f
}

/// The status word for a child that goes on.
pub const CONTINUED: u32 = 0xffff;

//! Calls that fail in programs that are well: what every runtime tries at its start, and how waiting ends.

use super::super::evidence::Call;

/// A failure that says nothing of why a program ends.
struct Habit {
    /// The calls, without a system's underscores; any when there are none.
    calls: &'static [&'static str],
    /// The errors' names.
    errors: &'static [&'static str],
    /// What the call's line holds then, one of these; anything when there are none.
    about: &'static [&'static str],
}

const ANY: &[&str] = &[];
const OPENING: &[&str] =
    &["open", "openat", "openat2", "posix_open", "access", "faccessat", "stat", "readlink", "readlinkat"];

static HABITS: &[Habit] = &[
    // Waiting that ends without what was waited for.
    Habit { calls: ANY, errors: &["EINTR", "ETIMEDOUT", "EINPROGRESS", "ERESTART", "EALREADY"], about: ANY },
    Habit {
        calls: &[
            "read",
            "readv",
            "recvfrom",
            "recvmsg",
            "accept",
            "accept4",
            "paccept",
            "write",
            "writev",
            "sendto",
            "sendmsg",
            "futex",
            "umtx_op",
            "umtx_sleep",
            "umtx_wakeup",
            "lwp_park",
            "lwp_park60",
            "kevent",
            "sigtimedwait",
            "rt_sigtimedwait",
            "nanosleep",
            "semop",
            "flock",
        ],
        errors: &["EAGAIN", "EWOULDBLOCK", "ESRCH", "EBUSY"],
        about: ANY,
    },
    Habit { calls: &["wait4", "waitid", "wait6", "waitpid"], errors: &["ECHILD"], about: ANY },
    Habit { calls: &["kill", "tgkill", "tkill", "thr_kill", "lwp_kill"], errors: &["ESRCH"], about: ANY },
    // What runtimes ask at their start, and do without.
    Habit {
        calls: OPENING,
        errors: &["ENOENT", "EACCES", "EPERM", "EINVAL", "ENOTDIR"],
        about: &[
            "/sys/",
            "/proc/",
            "/etc/localtime",
            "zoneinfo",
            "/etc/malloc.conf",
            "/etc/ld",
            "locale",
            "nsswitch.conf",
            "/etc/mdns.allow",
            "/etc/resolv.conf",
            "/etc/hosts",
            "/etc/services",
            "/etc/gai.conf",
            "nscd",
            "/etc/login.conf",
            "/dev/tty",
            ".git",
        ],
    },
    Habit {
        calls: &["prctl", "madvise", "mincore", "mbind", "get_mempolicy", "set_mempolicy", "rseq"],
        errors: ANY,
        about: ANY,
    },
    Habit { calls: &["sigaction", "rt_sigaction", "sigaction_sigtramp"], errors: &["EINVAL"], about: ANY },
    Habit { calls: &["sched_getaffinity", "cpuset_getaffinity", "sched_setaffinity"], errors: ANY, about: ANY },
    Habit { calls: &["sysctl", "sysctlbyname"], errors: &["ENOENT", "EISDIR", "ENOTDIR"], about: ANY },
    Habit { calls: &["fcntl"], errors: &["EBADF", "ENODEV", "EINVAL"], about: ANY },
    Habit {
        calls: &[
            "clone3",
            "statx",
            "openat2",
            "faccessat2",
            "close_range",
            "membarrier",
            "getrandom",
            "copy_file_range",
            "pidfd_open",
            "pidfd_send_signal",
            "pidfd_getfd",
            "io_uring_setup",
            "epoll_pwait2",
            "preadv2",
            "futex_waitv",
            "landlock_create_ruleset",
        ],
        errors: &["ENOSYS", "EINVAL", "EPERM", "EXDEV", "EOPNOTSUPP", "EBADF"],
        about: ANY,
    },
    // Whether a descriptor may be waited for is found out by trying.
    Habit {
        calls: &["epoll_ctl", "kevent"],
        errors: &["EPERM", "ENOENT", "EEXIST", "EBADF", "EINVAL", "ENODEV"],
        about: ANY,
    },
    // What a network can do, too.
    Habit {
        calls: &["setsockopt", "getsockopt", "getpeername", "getsockname", "shutdown"],
        errors: &["ENOPROTOOPT", "ENOTCONN", "EINVAL", "EOPNOTSUPP"],
        about: ANY,
    },
    Habit { calls: &["socket"], errors: &["EAFNOSUPPORT", "EPROTONOSUPPORT"], about: ANY },
    Habit { calls: &["close"], errors: &["EBADF"], about: ANY },
    // Removing what is not there, making what is.
    Habit {
        calls: &["unlink", "unlinkat", "rmdir"],
        errors: &["ENOENT", "EPERM", "ENOTDIR", "EISDIR", "ENOTEMPTY"],
        about: ANY,
    },
    Habit { calls: &["mkdir", "mkdirat"], errors: &["EEXIST"], about: ANY },
];

/// Whether a call that failed so is nothing to speak of.
pub(in super::super) fn is_harmless(call: &Call, error: &str) -> bool {
    HABITS.iter().any(|habit| {
        (habit.calls.is_empty() || call.is_any(habit.calls))
            && (habit.errors.is_empty() || habit.errors.contains(&error))
            && (habit.about.is_empty() || habit.about.iter().any(|about| call.line.contains(about)))
    })
}

/// Calls that ask whether something is there, or what it is: that it is not is an answer.
static PROBES: &[&str] = &[
    "access",
    "faccessat",
    "faccessat2",
    "stat",
    "lstat",
    "stat50",
    "lstat50",
    "fstatat",
    "newfstatat",
    "statx",
    "readlink",
    "readlinkat",
    "ioctl",
    "getxattr",
    "lgetxattr",
    "lseek",
    "getsid",
    "getpgid",
];

/// Whether a call is such a question.
pub(super) fn is_probe(call: &Call) -> bool {
    call.is_any(PROBES)
}

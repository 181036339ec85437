//! The meanings as rows. The names of calls are plain ones: without what systems add for a version.

use super::{Class, Meaning, On, Part, Told, Weight};

use Weight::{Asks, Changes, Opens};

const fn file(word: &'static str, names: &'static [&'static str], told: Told, weight: Weight) -> Meaning {
    Meaning { word, names, class: Class::File, on: On::Thing, part: Part::Control, told, weight }
}

const fn socket(word: &'static str, names: &'static [&'static str], told: Told, weight: Weight) -> Meaning {
    Meaning { word, names, class: Class::Socket, on: On::Thing, part: Part::Control, told, weight }
}

const fn moves(word: &'static str, names: &'static [&'static str], part: Part, weight: Weight) -> Meaning {
    Meaning { word, names, class: Class::File, on: On::Thing, part, told: Told::Bytes, weight }
}

const fn process(word: &'static str, names: &'static [&'static str], told: Told, weight: Weight) -> Meaning {
    Meaning { word, names, class: Class::Process, on: On::Process, part: Part::Control, told, weight }
}

const fn noise(word: &'static str, class: Class, names: &'static [&'static str]) -> Meaning {
    Meaning { word, names, class, on: On::Nothing, part: Part::Control, told: Told::Done, weight: Asks }
}

/// The meanings.
#[rustfmt::skip]
pub(in crate::diff) static MEANINGS: &[Meaning] = &[
    // Files.
    file("open", &["open", "openat", "creat", "shm_open", "posix_openpt"], Told::Done, Opens),
    file("close", &["close"], Told::Done, Asks),
    file("seek", &["lseek"], Told::Number, Asks),
    file("stat", &["stat", "fstat", "lstat", "newfstatat", "fstatat", "statx", "nstat", "nfstat", "nlstat"], Told::Stat, Asks),
    file("statfs", &["statfs", "fstatfs", "statvfs", "fstatvfs", "statmount"], Told::Done, Asks),
    file("access", &["access", "faccessat", "eaccess"], Told::Done, Asks),
    file("chmod", &["chmod", "fchmod", "fchmodat", "lchmod"], Told::Done, Changes),
    file("chown", &["chown", "fchown", "lchown", "fchownat", "posix_chown", "posix_fchown", "posix_lchown"], Told::Done, Changes),
    file("chflags", &["chflags", "fchflags", "lchflags", "chflagsat"], Told::Done, Changes),
    file("make directory", &["mkdir", "mkdirat"], Told::Done, Changes),
    file("remove directory", &["rmdir"], Told::Done, Changes),
    file("remove", &["unlink", "unlinkat", "funlinkat", "shm_unlink"], Told::Done, Changes),
    file("rename", &["rename", "renameat", "posix_rename"], Told::Done, Changes),
    file("link", &["link", "linkat"], Told::Done, Changes),
    file("make symbolic link", &["symlink", "symlinkat"], Told::Done, Changes),
    file("read symbolic link", &["readlink", "readlinkat"], Told::Text, Asks),
    file("make node", &["mknod", "mknodat", "mkfifo", "mkfifoat"], Told::Done, Changes),
    file("truncate", &["truncate", "ftruncate"], Told::Done, Changes),
    file("allocate", &["fallocate", "posix_fallocate", "fdiscard", "fspacectl"], Told::Done, Changes),
    file("set times", &["utimensat", "utimes", "utime", "futimesat", "futimes", "futimens", "lutimes"], Told::Done, Changes),
    file("sync", &["fsync", "fdatasync", "fsync_range", "syncfs"], Told::Done, Asks),
    file("list", &["getdents", "getdirentries"], Told::Done, Asks),
    file("lock", &["flock"], Told::Done, Changes),
    file("control", &["fcntl"], Told::Flags, Asks),
    file("device control", &["ioctl"], Told::Done, Asks),
    file("change directory", &["chdir", "fchdir"], Told::Done, Changes),
    file("change root", &["chroot", "fchroot"], Told::Done, Changes),
    file("revoke", &["revoke", "undelete"], Told::Done, Changes),
    file("ask limit", &["pathconf", "fpathconf", "lpathconf"], Told::Number, Asks),
    file("resolve", &["realpathat", "realpath"], Told::Done, Asks),
    file("attribute", &["getxattr", "lgetxattr", "fgetxattr", "extattr_get_file", "extattr_get_fd", "extattr_get_link", "listxattr", "llistxattr", "flistxattr", "extattr_list_file", "extattr_list_fd", "extattr_list_link"], Told::Done, Asks),
    file("set attribute", &["setxattr", "lsetxattr", "fsetxattr", "extattr_set_file", "extattr_set_fd", "extattr_set_link", "removexattr", "lremovexattr", "fremovexattr", "extattr_delete_file", "extattr_delete_fd", "extattr_delete_link"], Told::Done, Changes),
    file("quota", &["quotactl", "vquotactl"], Told::Done, Asks),
    // Data.
    moves("read", &["read", "readv", "pread", "preadv", "recvfrom", "recvmsg", "recvmmsg", "extpread", "extpreadv"], Part::In, Asks),
    moves("write", &["write", "writev", "pwrite", "pwritev", "sendto", "sendmsg", "sendmmsg", "extpwrite", "extpwritev"], Part::Out, Changes),
    noise("copy between descriptors", Class::File, &["sendfile", "splice", "tee", "vmsplice", "copy_file_range"]),
    noise("duplicate", Class::File, &["dup"]),
    noise("close many", Class::File, &["closefrom", "close_range"]),
    noise("pipe", Class::File, &["pipe"]),
    noise("working directory", Class::File, &["getcwd"]),
    noise("mounts", Class::System, &["getfsstat", "getvfsstat", "mount", "nmount", "unmount", "umount", "mountctl", "swapon", "swapoff", "acct", "ktrace", "auditctl"]),
    // Sockets.
    Meaning { word: "socket", names: &["socket"], class: Class::Socket, on: On::Made, part: Part::Control, told: Told::Done, weight: Asks },
    noise("socket pair", Class::Socket, &["socketpair"]),
    socket("bind", &["bind", "bindat"], Told::Done, Changes),
    socket("connect", &["connect", "connectat", "extconnect"], Told::Done, Changes),
    socket("listen", &["listen"], Told::Done, Changes),
    Meaning { word: "accept", names: &["accept", "paccept", "extaccept"], class: Class::Socket, on: On::Thing, part: Part::Accept, told: Told::Done, weight: Asks },
    socket("shutdown", &["shutdown"], Told::Done, Changes),
    socket("own address", &["getsockname"], Told::Done, Asks),
    socket("peer's address", &["getpeername"], Told::Done, Asks),
    socket("set option", &["setsockopt"], Told::Done, Asks),
    socket("ask option", &["getsockopt"], Told::Option, Asks),
    // Processes.
    process("execute", &["execve", "execveat", "fexecve", "posix_spawn"], Told::Done, Changes),
    process("wait for child", &["wait", "waitid"], Told::Status, Asks),
    process("send signal", &["kill", "sigqueue", "rt_sigqueueinfo", "sigqueueinfo", "pdkill", "pidfd_send_signal"], Told::Done, Changes),
    process("set group", &["setpgid", "setsid"], Told::Done, Changes),
    process("set identity", &["setuid", "setgid", "seteuid", "setegid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups"], Told::Done, Changes),
    noise("fork", Class::Process, &["fork", "vfork", "rfork", "pdfork", "clone", "pidfd_open", "pdgetpid"]),
    noise("exit", Class::Process, &["exit", "exit_group", "abort"]),
    noise("own identity", Class::Identity, &["getpid", "getppid", "getpgid", "getpgrp", "getsid", "getuid", "geteuid", "getgid", "getegid", "getgroups", "getresuid", "getresgid", "issetugid", "getlogin", "umask"]),
    noise("limits", Class::Identity, &["getrlimit", "setrlimit", "prlimit", "getrusage", "getpriority", "setpriority", "getdtablesize"]),
    // What run times do for themselves.
    noise("clock", Class::Time, &["clock_gettime", "clock_getres", "gettimeofday", "time", "times"]),
    noise("sleep", Class::Time, &["nanosleep", "clock_nanosleep", "pause"]),
    noise("timer", Class::Time, &["setitimer", "getitimer", "alarm", "timer_create", "timer_settime", "timer_gettime", "timer_delete", "timer_getoverrun", "ktimer_create", "ktimer_settime", "ktimer_gettime", "ktimer_delete", "ktimer_getoverrun", "timerfd_create", "timerfd_settime", "timerfd_gettime"]),
    noise("thread", Class::Thread, &["thr_new", "thr_exit", "thr_self", "thr_set_name", "lwp_create", "lwp_exit", "lwp_self", "lwp_gettid", "extexit", "gettid", "set_tid_address", "set_robust_list", "get_robust_list", "rseq", "lwp_ctl", "lwp_detach", "lwp_setname"]),
    noise("thread pointer", Class::Thread, &["sysarch", "arch_prctl", "set_tls_area", "get_tls_area", "lwp_setprivate", "lwp_getprivate"]),
    noise("park", Class::Thread, &["futex", "umtx_op", "umtx_sleep", "umtx_wakeup", "lwp_park", "lwp_unpark", "lwp_unpark_all", "thr_suspend", "thr_wake"]),
    noise("yield", Class::Thread, &["sched_yield", "yield", "sched_getaffinity", "sched_setaffinity", "cpuset_getaffinity", "cpuset_setaffinity", "membarrier", "getcpu", "sched_getcpu"]),
    noise("memory", Class::Memory, &["mmap", "munmap", "mprotect", "madvise", "mincore", "brk", "obreak", "break", "mremap", "msync", "mlock", "munlock", "mlockall", "munlockall", "minherit"]),
    noise("signal set-up", Class::Signal, &["sigaction", "rt_sigaction", "sigaction_sigtramp", "sigprocmask", "rt_sigprocmask", "sigaltstack", "sigreturn", "rt_sigreturn", "sigpending", "rt_sigpending", "setcontext", "getcontext"]),
    noise("signal wait", Class::Signal, &["sigsuspend", "rt_sigsuspend", "sigtimedwait", "rt_sigtimedwait", "sigwait", "sigwaitinfo"]),
    noise("signal to a thread", Class::Signal, &["tgkill", "tkill", "thr_kill", "lwp_kill"]),
    noise("event queue", Class::Event, &["kqueue", "kqueuex", "epoll_create", "eventfd", "signalfd"]),
    noise("event wait", Class::Event, &["kevent", "epoll_wait", "epoll_pwait", "epoll_ctl", "poll", "ppoll", "pollts", "select", "pselect"]),
    noise("random", Class::System, &["getrandom"]),
    noise("system", Class::System, &["sysctl", "sysctlbyname", "uname", "sysinfo", "getdomainname", "kenv"]),
];

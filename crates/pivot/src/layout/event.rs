//! Waiting for many descriptors, and descriptors that exist to be waited for.

use super::record::{constants, record};

record! {
    /// `struct pollfd`.
    PollFd: 8 {
        /// The descriptor; nothing is asked of one below zero.
        fd @ 0: i32,
        /// What is waited for.
        events @ 4: u16,
        /// What happened.
        revents @ 6: u16,
    }
}

record! {
    /// `struct epoll_event` on every CPU but x86-64.
    EpollEvent: 16 {
        /// What is waited for, or happened.
        events @ 0: u32,
        /// The program's own word.
        data @ 8: u64,
    }
}

record! {
    /// `struct epoll_event` of x86-64, which is packed.
    EpollEventX86_64: 12 {
        /// What is waited for, or happened.
        events @ 0: u32,
        /// The program's own word.
        data @ 4: u64,
    }
}

record! {
    /// `struct signalfd_siginfo`.
    SignalfdSiginfo: 128 {
        /// The signal.
        signo @ 0: u32,
        /// Its error number, which is 0.
        errno @ 4: i32,
        /// Its code.
        code @ 8: i32,
        /// The sender's process.
        pid @ 12: u32,
        /// The sender's user.
        uid @ 16: u32,
        /// The descriptor of a SIGIO.
        fd @ 20: i32,
        /// The timer.
        tid @ 24: u32,
        /// The events of a SIGIO.
        band @ 28: u32,
        /// How often the timer expired besides.
        overrun @ 32: u32,
        /// The trap.
        trapno @ 36: u32,
        /// The status of a child.
        status @ 40: i32,
        /// The value sent along, as a number.
        int @ 44: i32,
        /// The value sent along, as an address.
        ptr @ 48: u64,
        /// A child's time in user space, in ticks.
        utime @ 56: u64,
        /// A child's time in the kernel, in ticks.
        stime @ 64: u64,
        /// The faulting address.
        addr @ 72: u64,
        /// How many low bits of it are not known.
        addr_lsb @ 80: u16,
        /// The call that was refused.
        syscall @ 84: i32,
        /// Where it was made.
        call_addr @ 88: u64,
        /// The CPU it was made for.
        arch @ 96: u32,
    }
}

record! {
    /// `struct inotify_event` without the name that follows, whose length it tells.
    InotifyEvent: 16 {
        /// The watch.
        wd @ 0: i32,
        /// What happened.
        mask @ 4: u32,
        /// Joins the two halves of a rename.
        cookie @ 8: u32,
        /// How many bytes of name follow, zeros included.
        len @ 12: u32,
    }
}

constants! {
    /// Events of `poll`.
    POLL: u32 {
        POLLIN = 1,
        POLLPRI = 2,
        POLLOUT = 4,
        POLLERR = 8,
        POLLHUP = 0x10,
        POLLNVAL = 0x20,
        POLLRDNORM = 0x40,
        POLLRDBAND = 0x80,
        POLLWRNORM = 0x100,
        POLLWRBAND = 0x200,
        POLLMSG = 0x400,
        POLLRDHUP = 0x2000,
    }
}

constants! {
    /// Events of `epoll`, and how they are told.
    EPOLL: u32 {
        EPOLLIN = 1,
        EPOLLPRI = 2,
        EPOLLOUT = 4,
        EPOLLERR = 8,
        EPOLLHUP = 0x10,
        EPOLLNVAL = 0x20,
        EPOLLRDNORM = 0x40,
        EPOLLRDBAND = 0x80,
        EPOLLWRNORM = 0x100,
        EPOLLWRBAND = 0x200,
        EPOLLMSG = 0x400,
        EPOLLRDHUP = 0x2000,
        EPOLLEXCLUSIVE = 1 << 28,
        EPOLLWAKEUP = 1 << 29,
        EPOLLONESHOT = 1 << 30,
        EPOLLET = 1 << 31,
    }
}

constants! {
    /// Operations of `epoll_ctl`, and the flag of `epoll_create1`.
    EPOLL_CTL: u32 {
        EPOLL_CTL_ADD = 1,
        EPOLL_CTL_DEL = 2,
        EPOLL_CTL_MOD = 3,
        EPOLL_CLOEXEC = 0o2_000_000,
    }
}

constants! {
    /// Flags of `eventfd2` and `signalfd4`.
    EVENTFD: u32 {
        EFD_SEMAPHORE = 1,
        EFD_NONBLOCK = 0o4000,
        EFD_CLOEXEC = 0o2_000_000,
        SFD_NONBLOCK = 0o4000,
        SFD_CLOEXEC = 0o2_000_000,
    }
}

constants! {
    /// Events of `inotify`, and how a watch is made.
    INOTIFY: u32 {
        IN_ACCESS = 1,
        IN_MODIFY = 2,
        IN_ATTRIB = 4,
        IN_CLOSE_WRITE = 8,
        IN_CLOSE_NOWRITE = 0x10,
        IN_OPEN = 0x20,
        IN_MOVED_FROM = 0x40,
        IN_MOVED_TO = 0x80,
        IN_CREATE = 0x100,
        IN_DELETE = 0x200,
        IN_DELETE_SELF = 0x400,
        IN_MOVE_SELF = 0x800,
        IN_UNMOUNT = 0x2000,
        IN_Q_OVERFLOW = 0x4000,
        IN_IGNORED = 0x8000,
        IN_ONLYDIR = 0x0100_0000,
        IN_DONT_FOLLOW = 0x0200_0000,
        IN_EXCL_UNLINK = 0x0400_0000,
        IN_MASK_CREATE = 0x1000_0000,
        IN_MASK_ADD = 0x2000_0000,
        IN_ISDIR = 0x4000_0000,
        IN_ONESHOT = 0x8000_0000,
        IN_NONBLOCK = 0o4000,
        IN_CLOEXEC = 0o2_000_000,
    }
}

//! What a process does with a signal, and where its handlers run.

use super::record::{constants, record};

record! {
    /// `struct sigaction` as the kernel reads it, which is not the C library's.
    Sigaction: 32 {
        /// The handler, or [`SIG_DFL`] or [`SIG_IGN`].
        handler @ 0: u64,
        /// Flags.
        flags @ 8: u64,
        /// The code that a handler returns into, where the flags say that there is one.
        restorer @ 16: u64,
        /// What is blocked while the handler runs.
        mask @ 24: u64,
    }
}

record! {
    /// `stack_t`: an alternate signal stack.
    SigStack: 24 {
        /// Its lowest byte.
        sp @ 0: u64,
        /// Whether it is in use, or none.
        flags @ 8: u32,
        /// Its size.
        size @ 16: u64,
    }
}

record! {
    /// `struct sigevent`: how a timer's expiry is told.
    Sigevent: 64 {
        /// The value sent along.
        value @ 0: u64,
        /// The signal.
        signo @ 8: i32,
        /// How.
        notify @ 12: i32,
        /// The thread, where the signal is for one.
        tid @ 16: i32,
    }
}

constants! {
    /// Flags of an action.
    FLAGS: u32 {
        SA_NOCLDSTOP = 1,
        SA_NOCLDWAIT = 2,
        SA_SIGINFO = 4,
        SA_UNSUPPORTED = 0x400,
        SA_EXPOSE_TAGBITS = 0x800,
        SA_RESTORER = 0x0400_0000,
        SA_ONSTACK = 0x0800_0000,
        SA_RESTART = 0x1000_0000,
        SA_NODEFER = 0x4000_0000,
        SA_RESETHAND = 0x8000_0000,
    }
}

constants! {
    /// Handlers that are none.
    HANDLERS: u64 {
        SIG_DFL = 0,
        SIG_IGN = 1,
    }
}

constants! {
    /// How `rt_sigprocmask` changes the mask.
    HOW: u32 {
        SIG_BLOCK = 0,
        SIG_UNBLOCK = 1,
        SIG_SETMASK = 2,
    }
}

constants! {
    /// Flags of an alternate stack.
    STACK: u32 {
        SS_ONSTACK = 1,
        SS_DISABLE = 2,
        SS_AUTODISARM = 0x8000_0000,
    }
}

constants! {
    /// How a timer's expiry is told.
    NOTIFY: u32 {
        SIGEV_SIGNAL = 0,
        SIGEV_NONE = 1,
        SIGEV_THREAD = 2,
        SIGEV_THREAD_ID = 4,
    }
}

/// The least size of an alternate stack, which CPUs set for themselves.
pub mod aarch64 {
    super::constants! {
        /// Sizes.
        SIZES: u32 {
            MINSIGSTKSZ = 5120,
            SIGSTKSZ = 16384,
        }
    }
}

/// The same on x86-64.
pub mod x86_64 {
    super::constants! {
        /// Sizes.
        SIZES: u32 {
            MINSIGSTKSZ = 2048,
            SIGSTKSZ = 8192,
        }
    }
}

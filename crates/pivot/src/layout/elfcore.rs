//! The notes of a core file.

use super::record::{constants, record};
use super::time::Timeval;

record! {
    /// `struct elf_prstatus` of AArch64: a thread.
    Prstatus: 392 {
        /// The signal it got last.
        signo @ 0: i32,
        /// Its code.
        code @ 4: i32,
        /// Its error number.
        errno @ 8: i32,
        /// The signal it got last.
        cursig @ 12: i16,
        /// Signals that wait.
        sigpend @ 16: u64,
        /// Signals that are blocked.
        sighold @ 24: u64,
        /// The thread's id.
        pid @ 32: i32,
        /// The process's parent.
        ppid @ 36: i32,
        /// Its group.
        pgrp @ 40: i32,
        /// Its session.
        sid @ 44: i32,
        /// Time in user space.
        utime @ 48: Timeval,
        /// Time in the kernel.
        stime @ 64: Timeval,
        /// Time in user space of children.
        cutime @ 80: Timeval,
        /// Time in the kernel of children.
        cstime @ 96: Timeval,
        /// x0 to x30, sp, pc, pstate.
        reg @ 112: [u64; 34],
        /// Whether there is a note of vectors too.
        fpvalid @ 384: i32,
    }
}

record! {
    /// `struct elf_prstatus` of x86-64: a thread.
    PrstatusX86_64: 336 {
        /// The signal it got last.
        signo @ 0: i32,
        /// Its code.
        code @ 4: i32,
        /// Its error number.
        errno @ 8: i32,
        /// The signal it got last.
        cursig @ 12: i16,
        /// Signals that wait.
        sigpend @ 16: u64,
        /// Signals that are blocked.
        sighold @ 24: u64,
        /// The thread's id.
        pid @ 32: i32,
        /// The process's parent.
        ppid @ 36: i32,
        /// Its group.
        pgrp @ 40: i32,
        /// Its session.
        sid @ 44: i32,
        /// Time in user space.
        utime @ 48: Timeval,
        /// Time in the kernel.
        stime @ 64: Timeval,
        /// Time in user space of children.
        cutime @ 80: Timeval,
        /// Time in the kernel of children.
        cstime @ 96: Timeval,
        /// The registers, in the order of `struct user_regs_struct`.
        reg @ 112: [u64; 27],
        /// Whether there is a note of vectors too.
        fpvalid @ 328: i32,
    }
}

record! {
    /// `struct elf_prpsinfo`: the process.
    Prpsinfo: 136 {
        /// Its state's number.
        state @ 0: i8,
        /// Its state's letter.
        sname @ 1: u8,
        /// Whether it is a zombie.
        zomb @ 2: i8,
        /// How nice it is.
        nice @ 3: i8,
        /// Flags.
        flag @ 8: u64,
        /// Its user.
        uid @ 16: u32,
        /// Its group.
        gid @ 20: u32,
        /// Its id.
        pid @ 24: i32,
        /// Its parent.
        ppid @ 28: i32,
        /// Its process group.
        pgrp @ 32: i32,
        /// Its session.
        sid @ 36: i32,
        /// The program's name.
        fname @ 40: [u8; 16],
        /// The arguments, with spaces between them.
        psargs @ 56: [u8; 80],
    }
}

constants! {
    /// Kinds of notes.
    NOTES: u32 {
        NT_PRSTATUS = 1,
        NT_PRFPREG = 2,
        NT_PRPSINFO = 3,
        NT_AUXV = 6,
        NT_SIGINFO = 0x5349_4749,
        NT_FILE = 0x4649_4c45,
        NT_ARM_TLS = 0x401,
    }
}

//! What is known of a signal: `siginfo_t`.

use super::record::{Plain, constants};
use crate::Signal;

/// `siginfo_t`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SigInfo {
    /// The signal.
    pub signal: Signal,
    /// An error number, which is 0 but for programs that set it.
    pub errno: i32,
    /// Why it came.
    pub code: i32,
    /// What belongs to that.
    pub detail: Detail,
}

/// What a signal tells, by the way it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// A process sent it: `kill`, `tkill`, `tgkill`; the kernel itself where both are 0.
    Kill {
        /// The sender.
        pid: i32,
        /// Its user.
        uid: u32,
    },
    /// A process sent it with a value: `rt_sigqueueinfo`, `mq_notify`.
    Queue {
        /// The sender.
        pid: i32,
        /// Its user.
        uid: u32,
        /// The value.
        value: u64,
    },
    /// A timer of `timer_create` expired.
    Timer {
        /// The timer.
        id: i32,
        /// How often it expired besides.
        overrun: i32,
        /// The value it was made with.
        value: u64,
    },
    /// A child ended, stopped or continued.
    Child {
        /// The child.
        pid: i32,
        /// Its user.
        uid: u32,
        /// Its exit status, or its signal.
        status: i32,
        /// Its time in user space, in ticks.
        utime: i64,
        /// Its time in the kernel, in ticks.
        stime: i64,
    },
    /// An instruction could not continue.
    Fault {
        /// The address it could not use, or its own.
        addr: u64,
        /// How many low bits of the address are not known; for hardware errors.
        lsb: i16,
    },
    /// A descriptor is ready.
    Poll {
        /// What is ready.
        band: i64,
        /// The descriptor.
        fd: i32,
    },
    /// A call was refused.
    Sys {
        /// Where it was made.
        addr: u64,
        /// Its number.
        call: i32,
        /// The CPU it was made for, as the audit subsystem numbers it.
        arch: u32,
    },
}

impl SigInfo {
    /// How many bytes it takes in memory.
    pub const LEN: usize = 128;

    /// A signal that `kill` sent.
    pub const fn kill(signal: Signal, pid: i32, uid: u32) -> SigInfo {
        SigInfo { signal, errno: 0, code: SI_USER, detail: Detail::Kill { pid, uid } }
    }

    /// A signal that `tkill` or `tgkill` sent.
    pub const fn tkill(signal: Signal, pid: i32, uid: u32) -> SigInfo {
        SigInfo { signal, errno: 0, code: SI_TKILL, detail: Detail::Kill { pid, uid } }
    }

    /// A signal of the kernel's own.
    pub const fn kernel(signal: Signal) -> SigInfo {
        SigInfo { signal, errno: 0, code: SI_KERNEL, detail: Detail::Kill { pid: 0, uid: 0 } }
    }

    /// A fault.
    pub const fn fault(signal: Signal, code: i32, addr: u64) -> SigInfo {
        SigInfo { signal, errno: 0, code, detail: Detail::Fault { addr, lsb: 0 } }
    }

    /// A timer's expiry.
    pub const fn timer(signal: Signal, id: i32, overrun: i32, value: u64) -> SigInfo {
        SigInfo { signal, errno: 0, code: SI_TIMER, detail: Detail::Timer { id, overrun, value } }
    }

    /// As it lies in memory.
    pub fn encode(&self) -> [u8; SigInfo::LEN] {
        let mut bytes = [0; SigInfo::LEN];
        let mut put = |at: usize, word: &dyn Fn(&mut [u8])| {
            if let Some(to) = bytes.get_mut(at..) {
                word(to);
            }
        };
        put(0, &|to| i32::from(self.signal.0).put(to));
        put(4, &|to| self.errno.put(to));
        put(8, &|to| self.code.put(to));
        match self.detail {
            Detail::Kill { pid, uid } => {
                put(16, &|to| pid.put(to));
                put(20, &|to| uid.put(to));
            }
            Detail::Queue { pid, uid, value } => {
                put(16, &|to| pid.put(to));
                put(20, &|to| uid.put(to));
                put(24, &|to| value.put(to));
            }
            Detail::Timer { id, overrun, value } => {
                put(16, &|to| id.put(to));
                put(20, &|to| overrun.put(to));
                put(24, &|to| value.put(to));
            }
            Detail::Child { pid, uid, status, utime, stime } => {
                put(16, &|to| pid.put(to));
                put(20, &|to| uid.put(to));
                put(24, &|to| status.put(to));
                put(32, &|to| utime.put(to));
                put(40, &|to| stime.put(to));
            }
            Detail::Fault { addr, lsb } => {
                put(16, &|to| addr.put(to));
                put(24, &|to| lsb.put(to));
            }
            Detail::Poll { band, fd } => {
                put(16, &|to| band.put(to));
                put(24, &|to| fd.put(to));
            }
            Detail::Sys { addr, call, arch } => {
                put(16, &|to| addr.put(to));
                put(24, &|to| call.put(to));
                put(28, &|to| arch.put(to));
            }
        }
        bytes
    }

    /// From how it lies in memory; `None` when that is no signal. Which detail it has follows from code and signal.
    pub fn decode(bytes: &[u8; SigInfo::LEN]) -> Option<SigInfo> {
        let signal = Signal::new(u64::try_from(at::<i32>(bytes, 0)).ok()?)?;
        let code = at::<i32>(bytes, 8);
        let (pid, uid, value) = (at(bytes, 16), at(bytes, 20), at(bytes, 24));
        let detail = match (code, signal) {
            (SI_TIMER, _) => Detail::Timer { id: pid, overrun: at(bytes, 20), value },
            (SI_SIGIO, _) => Detail::Poll { band: at(bytes, 16), fd: at(bytes, 24) },
            (..SI_USER, _) => Detail::Queue { pid, uid, value },
            (SI_USER | SI_KERNEL.., _) => Detail::Kill { pid, uid },
            (_, Signal::CHLD) => {
                Detail::Child { pid, uid, status: at(bytes, 24), utime: at(bytes, 32), stime: at(bytes, 40) }
            }
            (_, Signal::SYS) => Detail::Sys { addr: at(bytes, 16), call: at(bytes, 24), arch: at(bytes, 28) },
            (_, Signal::IO) => Detail::Poll { band: at(bytes, 16), fd: at(bytes, 24) },
            (_, signal) if signal.is_fault() => Detail::Fault { addr: at(bytes, 16), lsb: at(bytes, 24) },
            _ => Detail::Kill { pid, uid },
        };
        Some(SigInfo { signal, errno: at(bytes, 4), code, detail })
    }
}

fn at<T: Plain>(bytes: &[u8; SigInfo::LEN], offset: usize) -> T {
    T::get(bytes.get(offset..).unwrap_or_default())
}

constants! {
    /// Codes that any signal can have.
    CODES: i32 {
        SI_USER = 0,
        SI_KERNEL = 0x80,
        SI_QUEUE = -1,
        SI_TIMER = -2,
        SI_MESGQ = -3,
        SI_ASYNCIO = -4,
        SI_SIGIO = -5,
        SI_TKILL = -6,
    }
}

constants! {
    /// Codes of one signal each.
    CAUSES: i32 {
        ILL_ILLOPC = 1,
        ILL_ILLOPN = 2,
        ILL_ILLADR = 3,
        ILL_ILLTRP = 4,
        ILL_PRVOPC = 5,
        ILL_BADSTK = 8,
        FPE_INTDIV = 1,
        FPE_INTOVF = 2,
        FPE_FLTDIV = 3,
        FPE_FLTOVF = 4,
        FPE_FLTUND = 5,
        FPE_FLTRES = 6,
        FPE_FLTINV = 7,
        SEGV_MAPERR = 1,
        SEGV_ACCERR = 2,
        BUS_ADRALN = 1,
        BUS_ADRERR = 2,
        BUS_OBJERR = 3,
        TRAP_BRKPT = 1,
        TRAP_TRACE = 2,
        TRAP_HWBKPT = 4,
        CLD_EXITED = 1,
        CLD_KILLED = 2,
        CLD_DUMPED = 3,
        CLD_TRAPPED = 4,
        CLD_STOPPED = 5,
        CLD_CONTINUED = 6,
        SYS_SECCOMP = 1,
    }
}

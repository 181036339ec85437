//! Signals between a process and a personality, in Linux's numbering.

use ashore_base::Addr;
use ashore_pivot::layout::siginfo::{Detail, SigInfo};
use ashore_pivot::{SigSet, Signal};

/// What a process does with a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handler {
    /// What the system does by default.
    Default,
    /// Nothing.
    Ignore,
    /// Calls the guest's function.
    Guest(Addr),
}

/// Flags of an action, in Linux's bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SaFlags(pub u32);

#[allow(missing_docs)]
impl SaFlags {
    pub const NOCLDSTOP: u32 = 1;
    pub const NOCLDWAIT: u32 = 2;
    pub const SIGINFO: u32 = 4;
    pub const ONSTACK: u32 = 0x0800_0000;
    pub const RESTART: u32 = 0x1000_0000;
    pub const NODEFER: u32 = 0x4000_0000;
    pub const RESETHAND: u32 = 0x8000_0000;

    /// Whether all of `bits` are set.
    pub const fn has(self, bits: u32) -> bool {
        self.0 & bits == bits
    }
}

/// An action with what belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Action {
    /// What is done.
    pub handler: Handler,
    /// In Linux's bits.
    pub flags: SaFlags,
    /// Blocked while the handler runs.
    pub mask: SigSet,
    /// The code a handler returns into, where the system is given it with the action.
    pub trampoline: Addr,
    /// The trampoline's version, where the system has such (NetBSD).
    pub version: u32,
}

impl Action {
    /// What every signal does in a new process.
    pub const DEFAULT: Action = Action {
        handler: Handler::Default,
        flags: SaFlags(0),
        mask: SigSet::EMPTY,
        trampoline: Addr::NULL,
        version: 0,
    };
}

/// An alternate signal stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AltStack {
    /// Its lowest byte.
    pub base: Addr,
    /// Its size; 0 when there is none.
    pub len: u64,
}

impl AltStack {
    /// Whether `sp` lies on it.
    pub const fn holds(self, sp: Addr) -> bool {
        self.len != 0 && sp.0.wrapping_sub(self.base.0) <= self.len && sp.0 != self.base.0
    }

    /// Its top, where a frame starts.
    pub const fn top(self) -> Addr {
        self.base.plus(self.len)
    }
}

/// A signal on its way to a handler, with everything a frame may hold.
#[derive(Debug, Clone, Copy)]
pub struct Delivery {
    /// Which.
    pub signal: Signal,
    /// Linux's `si_code`.
    pub code: i32,
    /// Linux's `si_errno`.
    pub errno: i32,
    /// The sender's process, for sent signals and SIGCHLD.
    pub pid: i32,
    /// The sender's user.
    pub uid: u32,
    /// SIGCHLD's status, as Linux has it in `si_status`.
    pub status: i32,
    /// The faulting address, for faults.
    pub addr: Addr,
    /// The value sent along.
    pub value: u64,
    /// The CPU's trap number, for faults.
    pub trap: u32,
    /// The CPU's error code, for faults: on AArch64 the syndrome.
    pub trap_error: u32,
}

impl Delivery {
    /// A signal nobody sent, without details.
    pub const fn plain(signal: Signal) -> Delivery {
        Delivery {
            signal,
            code: 0,
            errno: 0,
            pid: 0,
            uid: 0,
            status: 0,
            addr: Addr::NULL,
            value: 0,
            trap: 0,
            trap_error: 0,
        }
    }
}

impl Delivery {
    /// Whether an instruction could not continue, so that there is an address.
    pub fn is_fault(&self) -> bool {
        self.code > 0 && self.signal.is_fault()
    }

    /// What Linux tells a handler of it.
    pub fn info(&self) -> SigInfo {
        let Delivery { signal, code, errno, pid, uid, status, value, .. } = *self;
        let detail = if self.is_fault() {
            Detail::Fault { addr: self.addr.0, lsb: 0 }
        } else if signal == Signal::CHLD {
            Detail::Child { pid, uid, status, utime: 0, stime: 0 }
        } else {
            Detail::Queue { pid, uid, value }
        };
        SigInfo { signal, errno, code, detail }
    }
}

/// What is known of one guest thread besides its registers.
#[derive(Debug, Clone)]
pub struct Thread {
    /// The id in the guest's numbering.
    pub id: u64,
    /// The host's id.
    pub host_tid: i32,
    /// Whether it is the first thread of its process.
    pub is_main: bool,
    /// The thread pointer; a call that changes it is obeyed when the call returns.
    pub tls: Addr,
    /// The second segment base, where the guest's system has a call to set it.
    pub gs_base: Addr,
    /// Blocked signals. Change it by [`crate::Kernel::set_mask`] only.
    pub mask: SigSet,
    /// The mask to restore after the next handler, when a call changed it for its own duration.
    pub saved_mask: Option<SigSet>,
    /// The alternate signal stack.
    pub alt_stack: AltStack,
    /// A 32-bit word zeroed and woken when the thread ends (Linux).
    pub clear_tid: Addr,
    /// The stack of the child of the current fork; null when it keeps its creator's.
    pub child_stack: Addr,
    /// The guest's stack pointer at the current call, for calls that read the stack (fork, alternate stack queries).
    pub sp: Addr,
}

//! One guest thread's registers and what ended its last stay in the guest.

use ashore_isa::x86_64::Regs;
use ashore_pivot::{SigSet, Signal};
use core::mem::offset_of;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Why the guest stopped running.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub enum ExitKind {
    /// It made a call; the registers are as at its end, before any result.
    Call = 1,
    /// A signal for it waits in the block, or one arrived while it ran.
    Interrupted = 2,
    /// An instruction faulted; [`Block::fault`] says how.
    Fault = 3,
}

/// A fault of a guest instruction, as the host's kernel told it.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct FaultInfo {
    /// The Linux signal.
    pub signal: u32,
    /// Linux's `si_code`.
    pub code: i32,
    /// The address, for memory faults.
    pub addr: u64,
    /// The CPU's trap number.
    pub trap: u64,
    /// The CPU's error code.
    pub error: u64,
}

/// An asynchronous signal that waits for the guest.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct SignalInfo {
    /// The Linux signal number.
    pub signal: u32,
    /// Linux's `si_code`.
    pub code: i32,
    /// Linux's `si_errno`.
    pub errno: i32,
    /// The sender's process.
    pub pid: i32,
    /// The sender's user.
    pub uid: u32,
    /// SIGCHLD's status.
    pub status: i32,
    /// The value sent along, or the address of a fault.
    pub value: u64,
}

/// How many of the guest's clocks can be told on the way out.
pub(crate) const CLOCKS_LEN: usize = 16;
/// No call's number.
pub(crate) const NO_CLOCK: u32 = u32::MAX;

/// The state of one guest thread. GS points at it while the thread lives.
///
/// The first fields are read and written by assembly at the offsets below.
#[repr(C, align(64))]
pub struct Block {
    /// The guest's registers while the host runs.
    pub regs: Regs,
    pub(crate) host_rsp: u64,
    pub(crate) host_fs: u64,
    pub(crate) exit: u64,
    pub(crate) pending: AtomicU32,
    pub(crate) no_fsgsbase: u32,
    /// The number of the call that is answered with a time on the way out ([`crate::ClockCall`]); [`NO_CLOCK`].
    pub(crate) clock_number: u32,
    /// Not 0 while that is done: FS is the guest's then.
    pub(crate) asks_clock: u32,
    /// All ones when the call keeps r8 to r10, 0 when it zeroes them.
    pub(crate) clock_keeps: u64,
    /// The host's clock for each of the guest's; negative for one that is no such clock.
    pub(crate) clocks: [i8; CLOCKS_LEN],
    /// The low halves of the vector registers while the host runs.
    pub(crate) xmm: [[u64; 2]; 16],
    pub(crate) fault: FaultInfo,
    pub(crate) queued: AtomicU64,
    pub(crate) infos: [SignalInfo; 65],
    /// Not 0 when somebody wants the thread to stop ([`crate::kick`]).
    pub(crate) kicked: AtomicU32,
}

pub(crate) const REGS: usize = offset_of!(Block, regs);
pub(crate) const HOST_RSP: usize = offset_of!(Block, host_rsp);
pub(crate) const HOST_FS: usize = offset_of!(Block, host_fs);
pub(crate) const EXIT: usize = offset_of!(Block, exit);
pub(crate) const PENDING: usize = offset_of!(Block, pending);
pub(crate) const NO_FSGSBASE: usize = offset_of!(Block, no_fsgsbase);
pub(crate) const CLOCK_NUMBER: usize = offset_of!(Block, clock_number);
pub(crate) const ASKS_CLOCK: usize = offset_of!(Block, asks_clock);
pub(crate) const CLOCK_KEEPS: usize = offset_of!(Block, clock_keeps);
pub(crate) const CLOCKS: usize = offset_of!(Block, clocks);
pub(crate) const XMM: usize = offset_of!(Block, xmm);

const _: () = assert!(REGS == 0 && XMM.is_multiple_of(16));

impl Default for Block {
    fn default() -> Self {
        Block {
            regs: Regs { rflags: 0x202, ..Regs::default() },
            host_rsp: 0,
            host_fs: 0,
            exit: 0,
            pending: AtomicU32::new(0),
            no_fsgsbase: 0,
            clock_number: NO_CLOCK,
            asks_clock: 0,
            clock_keeps: !0,
            clocks: [-1; CLOCKS_LEN],
            xmm: [[0; 2]; 16],
            fault: FaultInfo::default(),
            queued: AtomicU64::new(0),
            infos: [SignalInfo::default(); 65],
            kicked: AtomicU32::new(0),
        }
    }
}

impl Block {
    /// Why the guest stopped.
    #[inline]
    pub fn exit_kind(&self) -> ExitKind {
        match self.exit {
            1 => ExitKind::Call,
            3 => ExitKind::Fault,
            _ => ExitKind::Interrupted,
        }
    }

    /// The last fault, when [`Block::exit_kind`] says so.
    pub fn fault(&self) -> FaultInfo {
        self.fault
    }

    /// Whether a signal for the guest waits.
    #[inline]
    pub fn has_pending(&self) -> bool {
        self.pending.load(Ordering::Relaxed) != 0
    }

    /// The signals that wait.
    pub fn pending_set(&self) -> SigSet {
        SigSet(self.queued.load(Ordering::Acquire))
    }

    /// Takes the lowest waiting signal that `blocked` does not hold back. When only blocked ones are
    /// left the block no longer counts as interrupted; [`Block::recheck`] makes it so again.
    pub fn take_signal(&mut self, blocked: SigSet) -> Option<SignalInfo> {
        let ready = SigSet(self.queued.load(Ordering::Acquire) & !blocked.0);
        let Some(signal) = ready.iter().next() else {
            // The order matters: a handler between the two sets both again.
            self.pending.store(0, Ordering::Release);
            self.recheck(blocked);
            return None;
        };
        let info = self.infos[signal.0 as usize];
        self.queued.fetch_and(!SigSet::of(signal).0, Ordering::AcqRel);
        Some(info)
    }

    /// Makes the block count as interrupted when a waiting signal is no longer blocked.
    pub fn recheck(&self, blocked: SigSet) {
        if self.queued.load(Ordering::Acquire) & !blocked.0 != 0 || self.is_kicked() {
            self.pending.store(1, Ordering::Release);
        }
    }

    /// Whether somebody wants the thread to stop.
    pub fn is_kicked(&self) -> bool {
        self.kicked.load(Ordering::Relaxed) != 0
    }

    /// The same, once.
    pub fn take_kick(&mut self) -> bool {
        self.is_kicked() && self.kicked.swap(0, Ordering::AcqRel) != 0
    }

    /// Lets the guest run though a signal waits; [`Block::recheck`] ends that.
    pub fn hold(&self) {
        self.pending.store(0, Ordering::Release);
    }

    /// Queues a signal for the guest. Called by handlers with every signal blocked, or by the thread itself.
    pub fn queue(&mut self, info: SignalInfo) {
        if crate::kick::is_kick(&info) {
            // Not among the signals: one of the same number may wait there.
            self.kicked.store(1, Ordering::Release);
            self.pending.store(1, Ordering::Release);
            return;
        }
        let Some(signal) = Signal::new(u64::from(info.signal)) else { return };
        self.infos[signal.0 as usize] = info;
        self.queued.fetch_or(SigSet::of(signal).0, Ordering::AcqRel);
        self.pending.store(1, Ordering::Release);
    }
}

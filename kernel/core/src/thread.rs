//! A thread of a program.

use crate::call::Own;
use crate::lock::Lock;
use crate::machine::Nanos;
use crate::process::Process;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, Ordering};

/// What a thread must look at before it goes on in the program: bits of [`Thread::attention`].
pub mod attention {
    /// A signal may be there.
    pub const SIGNAL: u32 = 1;
    /// The thread is to end: its process does, or another thread of it runs `execve`.
    pub const END: u32 = 2;
    /// Another thread should run now.
    pub const YIELD: u32 = 4;
    /// The process is stopped.
    pub const STOP: u32 = 8;
}

/// What a thread and those it makes were told to be: bits of [`Thread::kept`].
pub mod kept {
    /// It keeps its capabilities when it becomes another user.
    pub const CAPABILITIES: u32 = 1;
    /// No program it runs gives it more than it has.
    pub const NO_NEW_PRIVILEGES: u32 = 2;
    /// No huge pages.
    pub const NO_HUGE_PAGES: u32 = 4;
}

/// A thread.
pub struct Thread {
    /// Its number.
    pub tid: u32,
    /// Its process.
    pub process: Arc<Process>,
    /// What only the CPU that runs it touches.
    pub(crate) own: Lock<Own>,
    /// What it must look at: bits of [`attention`].
    pub attention: AtomicU32,
    /// The number of its present wait.
    turn: AtomicU64,
    /// Whether it runs, and where.
    pub(crate) state: Lock<State>,
    /// How long it has run, for fairness and clocks.
    pub(crate) ran: AtomicU64,
    /// Its share of the CPU so far, weighed by its niceness; the least is next.
    pub(crate) share: AtomicU64,
    /// How willing it is to let others run: -20 to 19.
    pub nice: AtomicI32,
    /// The CPU it ran on last.
    pub(crate) last_cpu: AtomicU32,
    /// The CPUs it may run on, a bit each.
    pub affinity: AtomicU64,
    /// What it shares with others or not, by the flags of `clone`.
    pub parts: Lock<crate::process::Parts>,
    /// Its signals.
    pub signals: Lock<crate::signals::ThreadSignals>,
    /// Where to write 0 and wake a futex when it ends (`CLEAR_CHILD_TID`).
    pub clear_tid: AtomicU64,
    /// The list of robust futexes.
    pub robust: AtomicU64,
    /// Its name (`PR_SET_NAME`), zero-padded.
    pub name: Lock<[u8; 16]>,
    /// What `prctl` was told to keep: bits of [`kept`].
    pub kept: AtomicU32,
    /// Who waits until it has left the memory it was made in (`vfork`).
    pub released: crate::wait::WaitQueue,
    /// What it read and wrote.
    pub(crate) moved: MovedSoFar,
    /// How often it left a CPU to wait, and to make room.
    pub(crate) switches: [AtomicU64; 2],
    /// Where it waits for a futex.
    pub(crate) seat: crate::futex::Seat,
    is_released: AtomicBool,
    is_queued: AtomicBool,
}

/// What was read and written, by calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Moved {
    /// Bytes, read and written.
    pub bytes: [u64; 2],
    /// Calls.
    pub calls: [u64; 2],
}

impl Moved {
    /// Both.
    pub fn and(self, other: Moved) -> Moved {
        let sum = |one: [u64; 2], other: [u64; 2]| [one[0] + other[0], one[1] + other[1]];
        Moved { bytes: sum(self.bytes, other.bytes), calls: sum(self.calls, other.calls) }
    }
}

/// What a thread read and wrote so far. Only the thread itself counts.
#[derive(Debug, Default)]
pub(crate) struct MovedSoFar {
    read: Counters,
    written: Counters,
}

#[derive(Debug, Default)]
struct Counters {
    bytes: AtomicU64,
    calls: AtomicU64,
}

impl Counters {
    #[inline]
    fn count(&self, bytes: u64) {
        self.bytes.store(self.bytes.load(Ordering::Relaxed).wrapping_add(bytes), Ordering::Relaxed);
        self.calls.store(self.calls.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    }
}

impl MovedSoFar {
    /// A call read so much.
    #[inline]
    pub(crate) fn read(&self, bytes: u64) {
        self.read.count(bytes);
    }

    /// A call wrote so much.
    #[inline]
    pub(crate) fn written(&self, bytes: u64) {
        self.written.count(bytes);
    }

    /// All of it.
    pub(crate) fn get(&self) -> Moved {
        let of = |counter: fn(&Counters) -> &AtomicU64| {
            [&self.read, &self.written].map(|counters| counter(counters).load(Ordering::Relaxed))
        };
        Moved { bytes: of(|counters| &counters.bytes), calls: of(|counters| &counters.calls) }
    }
}

/// Where a thread stands with the scheduler.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    /// On a CPU.
    Running {
        /// Somebody woke it since its call was asked.
        woken: bool,
    },
    /// In a CPU's queue.
    Ready,
    /// Waits.
    Parked,
    /// Has ended.
    Gone,
}

impl Thread {
    /// A thread that waits to be started by [`crate::Kernel::start`].
    pub fn new(tid: u32, process: Arc<Process>, parts: crate::process::Parts, own: Own) -> Arc<Thread> {
        Arc::new(Thread {
            tid,
            process,
            own: Lock::new(own),
            attention: AtomicU32::new(0),
            turn: AtomicU64::new(0),
            state: Lock::new(State::Parked),
            ran: AtomicU64::new(0),
            share: AtomicU64::new(0),
            nice: AtomicI32::new(0),
            last_cpu: AtomicU32::new(0),
            affinity: AtomicU64::new(u64::MAX),
            parts: Lock::new(parts),
            signals: Lock::default(),
            clear_tid: AtomicU64::new(0),
            robust: AtomicU64::new(0),
            name: Lock::default(),
            kept: AtomicU32::new(0),
            released: crate::wait::WaitQueue::new(),
            moved: MovedSoFar::default(),
            switches: Default::default(),
            seat: crate::futex::Seat::default(),
            is_released: AtomicBool::new(false),
            is_queued: AtomicBool::new(false),
        })
    }

    /// The number of its present wait.
    pub fn turn(&self) -> u64 {
        self.turn.load(Ordering::Acquire)
    }

    /// Whether it is still in the wait with this number.
    pub fn is_turn(&self, turn: u64) -> bool {
        self.turn() == turn
    }

    /// Ends its wait: what was joined in it means nothing any more.
    pub(crate) fn next_turn(&self) {
        self.turn.fetch_add(1, Ordering::AcqRel);
    }

    /// It has joined a queue in its present wait.
    pub(crate) fn has_joined(&self) {
        self.is_queued.store(true, Ordering::Relaxed);
    }

    /// Its call is over: queues that it joined and did not wait in count it no more.
    #[inline]
    pub(crate) fn leave_queues(&self) {
        if self.is_queued.load(Ordering::Relaxed) {
            self.is_queued.store(false, Ordering::Relaxed);
            self.next_turn();
        }
    }

    /// Tells it to look at something before it goes on. The caller wakes or kicks it.
    pub fn set_attention(&self, bits: u32) {
        self.attention.fetch_or(bits, Ordering::AcqRel);
    }

    /// Takes a bit of attention away and says whether it was there.
    pub fn take_attention(&self, bit: u32) -> bool {
        self.attention.fetch_and(!bit, Ordering::AcqRel) & bit != 0
    }

    /// How long it has run on CPUs.
    pub fn ran(&self) -> Nanos {
        self.ran.load(Ordering::Relaxed)
    }

    /// How much of its share a time on a CPU takes: a quarter more for each step of niceness, roughly.
    pub(crate) fn weighed(&self, ran: Nanos) -> Nanos {
        match self.nice.load(Ordering::Relaxed) {
            0 => ran,
            nice @ 1.. => (0..nice).fold(ran, |share, _| share.saturating_add(share / 4)),
            nice => (nice..0).fold(ran, |share, _| share - share / 5),
        }
    }

    /// It leaves the memory it was made in: it ends or runs another program.
    pub fn release(&self, kernel: &crate::kernel::Kernel) {
        self.is_released.store(true, Ordering::Release);
        self.released.wake(kernel, crate::file::Events::ANY);
    }

    /// Whether it has left that memory.
    pub fn is_released(&self) -> bool {
        self.is_released.load(Ordering::Acquire)
    }

    /// Its open files.
    pub fn files(&self) -> Arc<crate::fd::Files> {
        self.parts.lock().files.clone()
    }

    /// Its address space.
    pub fn space(&self) -> Arc<crate::memory::Space> {
        self.parts.lock().space.clone()
    }
}

impl core::fmt::Debug for Thread {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "thread {}", self.tid)
    }
}

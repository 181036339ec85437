//! A process: what its threads have in common.

use crate::fd::Files;
use crate::files::Node;
use crate::lock::Lock;
use crate::memory::Space;
use crate::place::Place;
use crate::signals::{Actions, ProcessSignals};
use crate::thread::Thread;
use crate::wait::WaitQueue;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use ashore_base::{Addr, AddrRange};
use core::sync::atomic::AtomicU32;

/// What a thread may share with others, thing by thing, as the flags of `clone` say.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The address space (`CLONE_VM`).
    pub space: Arc<Space>,
    /// The open files (`CLONE_FILES`).
    pub files: Arc<Files>,
    /// The working directory, the root, the file mode mask (`CLONE_FS`).
    pub place: Arc<Place>,
    /// What to do about signals (`CLONE_SIGHAND`).
    pub actions: Arc<Actions>,
}

impl Parts {
    /// An address space, no files, the root, no handlers.
    pub fn new(space: Arc<Space>, root: &Arc<dyn Node>) -> Parts {
        Parts { space, files: Arc::default(), place: Arc::new(Place::new(root)), actions: Arc::default() }
    }
}

/// How a process ended, as `wait` tells it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// It returned this status.
    Exited(u8),
    /// A signal killed it; whether a core was wanted.
    Killed(u8, bool),
}

/// Whether a process was stopped or let go on, and whether its parent has been told by a wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Halt {
    /// Stopped by this signal.
    Stopped {
        /// The signal.
        signal: u8,
        /// Whether a wait told.
        is_told: bool,
    },
    /// Let go on.
    Continued {
        /// Whether a wait told.
        is_told: bool,
    },
}

/// A process.
#[derive(Debug)]
pub struct Process {
    /// Its number: its first thread's.
    pub pid: u32,
    /// What changes.
    pub inner: Lock<Inner>,
    /// Signals for whichever thread takes them.
    pub signals: Lock<ProcessSignals>,
    /// Those who wait for a child of it to change state.
    pub child_changed: WaitQueue,
    /// Those who wait for a change of itself: a pidfd's poll.
    pub changed: WaitQueue,
    /// The process group.
    pub group: AtomicU32,
    /// The session.
    pub session: AtomicU32,
}

impl Process {
    /// A process without threads.
    pub fn new(pid: u32, inner: Inner, group: u32, session: u32) -> Arc<Process> {
        Arc::new(Process {
            pid,
            inner: Lock::new(inner),
            signals: Lock::default(),
            child_changed: WaitQueue::new(),
            changed: WaitQueue::new(),
            group: AtomicU32::new(group),
            session: AtomicU32::new(session),
        })
    }

    /// Decides how it ends, unless that is decided; says whether it was this.
    pub(crate) fn decide(&self, end: End) -> bool {
        let mut inner = self.inner.lock();
        let is_first = inner.end.is_none();
        inner.end.get_or_insert(end);
        is_first
    }

    /// The CPU time of all its threads, those that have ended included.
    pub fn ran(&self) -> u64 {
        let inner = self.inner.lock();
        inner.ran + inner.threads.iter().map(|thread| thread.ran()).sum::<u64>()
    }
}

/// What a program finds on its stack, for those who look from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StartedWith {
    /// The arguments' strings.
    pub args: AddrRange,
    /// The environment's.
    pub env: AddrRange,
    /// The stack pointer.
    pub stack: Addr,
}

/// What changes of a process.
#[derive(Default)]
pub struct Inner {
    /// Who made it; `None` for the first, and when the maker is gone (then the first process is).
    pub parent: Option<Weak<Process>>,
    /// The processes it made that nobody waited for yet.
    pub children: Vec<Arc<Process>>,
    /// Its threads that have not ended, the first one first.
    pub threads: Vec<Arc<Thread>>,
    /// How it ends, once that is decided.
    pub end: Option<End>,
    /// Whether it was stopped.
    pub halt: Option<Halt>,
    /// Its timers: three of `setitimer`, any number of `timer_create`.
    pub timers: crate::alarms::Alarms,
    /// Its controlling terminal.
    pub terminal: Option<Arc<dyn crate::file::File>>,
    /// Supplementary groups.
    pub groups: Arc<Vec<u32>>,
    /// The thread that is about to replace its program, while others still run.
    pub replaced_by: Option<u32>,
    /// Whether it has run `execve`.
    pub has_executed: bool,
    /// Whether all its threads are gone and `wait` may tell.
    pub is_dead: bool,
    /// The signal its parent gets when it ends; 0 for none.
    pub exit_signal: u32,
    /// The program's path, for `/proc/self/exe`.
    pub program: Vec<u8>,
    /// Where its arguments and its environment are, zero-terminated one after the other, and where its stack began.
    pub started_with: StartedWith,
    /// The auxiliary vector it was started with.
    pub auxv: Vec<u8>,
    /// User and group: real, effective, saved, of each.
    pub ids: [u32; 6],
    /// What is kept of it for the host, while it dies.
    pub(crate) dying: Option<alloc::boxed::Box<crate::dump::Dying>>,
    /// Limits, soft and hard, by their numbers.
    pub limits: crate::limits::Limits,
    /// CPU time of its threads that have ended.
    pub ran: u64,
    /// CPU time of its children that were waited for.
    pub children_ran: u64,
    /// What its threads that have ended, and its children that were waited for, read and wrote.
    pub moved: crate::thread::Moved,
    /// When it was made.
    pub born: u64,
}

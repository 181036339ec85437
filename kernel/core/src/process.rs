//! A process: what its threads have in common.

use crate::fd::Files;
use crate::lock::Lock;
use crate::memory::Space;
use crate::place::Place;
use crate::signals::{Actions, ProcessSignals};
use crate::thread::Thread;
use crate::wait::WaitQueue;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
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

/// How a process ended, as `wait` tells it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// It returned this status.
    Exited(u8),
    /// A signal killed it; whether a core was wanted.
    Killed(u8, bool),
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

/// What changes of a process.
#[derive(Debug, Default)]
pub struct Inner {
    /// Who made it; `None` for the first, and when the maker is gone (then the first process is).
    pub parent: Option<Weak<Process>>,
    /// The processes it made that nobody waited for yet.
    pub children: Vec<Arc<Process>>,
    /// Its threads that have not ended, the first one first.
    pub threads: Vec<Arc<Thread>>,
    /// How it ends, once that is decided.
    pub end: Option<End>,
    /// Whether all its threads are gone and `wait` may tell.
    pub is_dead: bool,
    /// The signal its parent gets when it ends; 0 for none.
    pub exit_signal: u32,
    /// The program's path, for `/proc/self/exe`.
    pub program: Vec<u8>,
    /// The arguments it was started with, zero-terminated one after the other.
    pub command_line: Vec<u8>,
    /// The auxiliary vector it was started with.
    pub auxv: Vec<u8>,
    /// User and group: real, effective, saved, of each.
    pub ids: [u32; 6],
    /// Limits, soft and hard, by their numbers.
    pub limits: crate::limits::Limits,
    /// CPU time of its threads that have ended.
    pub ran: u64,
    /// CPU time of its children that were waited for.
    pub children_ran: u64,
    /// When it was made.
    pub born: u64,
}

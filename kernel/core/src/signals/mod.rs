//! Signals: who gets them, what they do.
//!
//! A signal waits in the queue of a thread or of a process. A thread looks at both before it goes on in its program
//! ([`attention::SIGNAL`]); whoever queues a signal sets that bit afterwards, the thread takes it away before it looks.
//!
//! [`attention::SIGNAL`]: crate::thread::attention::SIGNAL

mod actions;
mod deliver;
pub(crate) mod frame;
mod queue;
mod send;

pub use actions::{Actions, Effect};
pub use queue::{Queue, Room};

use ashore_pivot::layout::sigaction::{SS_DISABLE, SigStack};
use ashore_pivot::{SigSet, Signal};

/// A thread's signals.
#[derive(Debug)]
pub struct ThreadSignals {
    /// Those it holds back.
    pub mask: SigSet,
    /// The mask to come back to when a call that changed it for its own time is over and no handler ran.
    pub saved: Option<SigSet>,
    /// Those for it alone.
    pub queue: Queue,
    /// Where its handlers run that want to be elsewhere.
    pub stack: SigStack,
    /// Those it waits for in a call (`rt_sigtimedwait`), though they are blocked.
    pub awaited: SigSet,
}

/// No stack for handlers.
pub(crate) const NO_STACK: SigStack = SigStack { sp: 0, flags: SS_DISABLE, size: 0 };

impl Default for ThreadSignals {
    fn default() -> Self {
        ThreadSignals {
            mask: SigSet::EMPTY,
            saved: None,
            queue: Queue::default(),
            stack: NO_STACK,
            awaited: SigSet::EMPTY,
        }
    }
}

/// Signals for a process as a whole.
#[derive(Debug, Default)]
pub struct ProcessSignals {
    /// Those for whichever thread takes them.
    pub queue: Queue,
}

/// Signals that nobody can hold back.
pub const UNBLOCKABLE: SigSet = SigSet::EMPTY.with(Signal::KILL).with(Signal::STOP);
/// Signals that stop a process when nobody catches them.
pub const STOPS: SigSet = SigSet::EMPTY.with(Signal::STOP).with(Signal::TSTP).with(Signal::TTIN).with(Signal::TTOU);

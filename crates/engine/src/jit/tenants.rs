//! Which threads are in translated code, for whoever wants to use its memory again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// A thread, as others see it.
#[derive(Debug)]
pub(super) struct Tenant {
    host_tid: i32,
    /// The turn whose code it may be in, or know places of; zero if it is in no code.
    turn: AtomicU64,
}

impl Tenant {
    /// From now on the thread may be in code of a turn. Said while the code's lock is held, or before the turn is looked at
    /// again.
    #[inline]
    pub(super) fn enters(&self, turn: u64) {
        self.turn.store(turn, Ordering::SeqCst);
    }

    /// It is in no code any more, and looks at the turn before it enters a place that it knows.
    #[inline]
    pub(super) fn leaves(&self) {
        self.turn.store(0, Ordering::Release);
    }
}

/// All threads.
#[derive(Debug)]
pub(super) struct Tenants {
    all: Mutex<Vec<Weak<Tenant>>>,
    /// The code's turn, for those who do not hold its lock.
    turn: AtomicU64,
}

impl Tenants {
    pub(super) fn new(turn: u64) -> Tenants {
        Tenants { all: Mutex::default(), turn: AtomicU64::new(turn) }
    }

    /// A turn of the code begins.
    pub(super) fn begins(&self, turn: u64) {
        self.turn.store(turn, Ordering::SeqCst);
    }

    /// Whether a thread that knows a place of a turn may enter it, which is said to others then; without the code's lock.
    ///
    /// A turn begins long before anybody looks for threads in the turn before it: either that turn is seen here, or the thread
    /// is seen there.
    #[inline]
    pub(super) fn may_enter(&self, turn: u64, who: &Tenant) -> bool {
        who.enters(turn);
        let is_current = self.turn.load(Ordering::SeqCst) == turn;
        if !is_current {
            who.leaves();
        }
        is_current
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<Tenant>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The calling thread as one of them.
    pub(super) fn join(&self) -> Arc<Tenant> {
        let tenant = Arc::new(Tenant { host_tid: ashore_sys::current_tid(), turn: AtomicU64::new(0) });
        let mut all = self.lock();
        all.retain(|other| other.strong_count() != 0);
        all.push(Arc::downgrade(&tenant));
        tenant
    }

    /// Has every other thread that may be in code of this turn or one before stop soon; gives whether there was one.
    pub(super) fn expel(&self, turn: u64) -> bool {
        let (mut found, own) = (false, ashore_sys::current_tid());
        for tenant in self.lock().iter().filter_map(Weak::upgrade) {
            let its = tenant.turn.load(Ordering::SeqCst);
            if its != 0 && its <= turn && tenant.host_tid != own {
                found = true;
                let _ = ashore_sys::kick(tenant.host_tid);
            }
        }
        found
    }
}

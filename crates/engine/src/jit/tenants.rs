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
    /// From now on the thread may be in code of a turn. Said while the code's lock is held.
    pub(super) fn enters(&self, turn: u64) {
        self.turn.store(turn, Ordering::SeqCst);
    }

    /// It is in no code any more, and has forgotten every place.
    pub(super) fn leaves(&self) {
        self.turn.store(0, Ordering::SeqCst);
    }
}

/// All threads.
#[derive(Debug, Default)]
pub(super) struct Tenants(Mutex<Vec<Weak<Tenant>>>);

impl Tenants {
    fn lock(&self) -> MutexGuard<'_, Vec<Weak<Tenant>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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

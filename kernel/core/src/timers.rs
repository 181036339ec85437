//! What happens at a time.

use crate::kernel::Kernel;
use crate::lock::Lock;
use crate::machine::Nanos;
use crate::thread::Thread;
use alloc::collections::BTreeMap;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};

/// Somebody to tell when a time has come: a timer file, an interval timer.
pub trait Expire: Send + Sync {
    /// The time has come. Called under nobody's lock.
    fn expired(self: Arc<Self>, kernel: &Kernel, now: Nanos);
}

/// Names an entry, to take it out again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TimerId(Nanos, u64);

enum Entry {
    Thread(Arc<Thread>, u64),
    Other(Weak<dyn Expire>),
}

/// All that waits for a time.
pub struct Timers {
    entries: Lock<BTreeMap<TimerId, Entry>>,
    earliest: AtomicU64,
    next: AtomicU64,
}

impl Default for Timers {
    fn default() -> Self {
        Timers { entries: Lock::default(), earliest: AtomicU64::new(Nanos::MAX), next: AtomicU64::new(0) }
    }
}

impl Timers {
    /// The time of the first entry; `Nanos::MAX` when there is none.
    pub fn earliest(&self) -> Nanos {
        self.earliest.load(Ordering::Acquire)
    }

    /// Wakes a thread out of the wait it is in, with [`crate::call::Why::Time`].
    pub(crate) fn add_thread(&self, at: Nanos, thread: &Arc<Thread>) -> TimerId {
        self.add(at, Entry::Thread(thread.clone(), thread.turn()))
    }

    /// Tells somebody.
    pub fn add_other(&self, at: Nanos, who: Weak<dyn Expire>) -> TimerId {
        self.add(at, Entry::Other(who))
    }

    fn add(&self, at: Nanos, entry: Entry) -> TimerId {
        let id = TimerId(at, self.next.fetch_add(1, Ordering::Relaxed));
        let mut entries = self.entries.lock();
        entries.insert(id, entry);
        self.note(&entries);
        id
    }

    /// Takes an entry out, if it is still there.
    pub fn remove(&self, id: TimerId) {
        let mut entries = self.entries.lock();
        let entry = entries.remove(&id);
        self.note(&entries);
        drop(entries);
        drop(entry);
    }

    /// Tells all whose time has come.
    pub(crate) fn expire(&self, kernel: &Kernel, now: Nanos) {
        if now < self.earliest() {
            return;
        }
        let due: Vec<Entry> = {
            let mut entries = self.entries.lock();
            let later = entries.split_off(&TimerId(now.saturating_add(1), 0));
            let due = core::mem::replace(&mut *entries, later);
            self.note(&entries);
            due.into_values().collect()
        };
        for entry in due {
            match entry {
                Entry::Thread(thread, turn) => {
                    kernel.wake(&thread, turn);
                }
                Entry::Other(who) => {
                    if let Some(who) = who.upgrade() {
                        who.expired(kernel, now);
                    }
                }
            }
        }
    }

    fn note(&self, entries: &BTreeMap<TimerId, Entry>) {
        let earliest = entries.keys().next().map_or(Nanos::MAX, |id| id.0);
        self.earliest.store(earliest, Ordering::Release);
    }
}

impl core::fmt::Debug for Timers {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Timers")
    }
}

//! Who waits for what.

use crate::file::Events;
use crate::kernel::Kernel;
use crate::lock::Lock;
use crate::thread::Thread;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;

/// Somebody who wants to hear that something changed, and is no thread: an epoll instance.
pub trait Watcher: Send + Sync {
    /// Something changed that `token` stands for. Called under the lock of nobody.
    fn changed(&self, kernel: &Kernel, token: u64, events: Events);
}

/// Those who wait for one thing.
///
/// A thread joins while it holds the lock of what it waits for, or looks again after it joined; the one who changes
/// the thing wakes after the change. So no change is missed.
#[derive(Default)]
pub struct WaitQueue {
    list: Lock<Vec<Waiter>>,
}

enum Who {
    /// A thread in its wait with this number: in a later wait the entry means nothing.
    /// It is not held: a process waits for its children in a queue of its own, and would keep itself for ever.
    Thread(Weak<Thread>, u64),
    Watcher(Weak<dyn Watcher>, u64),
}

struct Waiter {
    who: Who,
    interest: Events,
}

impl WaitQueue {
    /// Nobody waits.
    pub const fn new() -> Self {
        WaitQueue { list: Lock::new(Vec::new()) }
    }

    /// The thread waits for any of `interest`, until it next runs.
    pub fn join(&self, thread: &Arc<Thread>, interest: Events) {
        thread.has_joined();
        let mut list = self.list.lock();
        list.retain(|waiter| match &waiter.who {
            Who::Thread(other, turn) => {
                !core::ptr::eq(other.as_ptr(), Arc::as_ptr(thread))
                    && other.upgrade().is_some_and(|other| other.is_turn(*turn))
            }
            Who::Watcher(..) => true,
        });
        list.push(Waiter { who: Who::Thread(Arc::downgrade(thread), thread.turn()), interest });
    }

    /// A watcher hears of any of `interest` until it leaves.
    pub fn watch(&self, watcher: Weak<dyn Watcher>, token: u64, interest: Events) {
        self.list.lock().push(Waiter { who: Who::Watcher(watcher, token), interest });
    }

    /// A watcher leaves.
    pub fn unwatch(&self, watcher: &Weak<dyn Watcher>, token: u64) {
        self.list.lock().retain(|waiter| match &waiter.who {
            Who::Watcher(other, its) => !(Weak::ptr_eq(other, watcher) && *its == token),
            Who::Thread(..) => true,
        });
    }

    /// Wakes all who wait for any of `events`.
    pub fn wake(&self, kernel: &Kernel, events: Events) {
        self.wake_some(kernel, events, usize::MAX);
    }

    /// Wakes at most `most` threads that wait for any of `events`, the longest waiting first, and tells every watcher.
    /// Returns how many threads were woken.
    pub fn wake_some(&self, kernel: &Kernel, events: Events, most: usize) -> usize {
        let mut list = self.list.lock();
        if list.is_empty() {
            return 0;
        }
        let mut woken = 0;
        let mut told = Vec::new();
        list.retain(|waiter| match &waiter.who {
            _ if !waiter.interest.intersects(events) => true,
            Who::Thread(thread, turn) => {
                let Some(thread) = thread.upgrade() else { return false };
                if woken < most && kernel.wake(&thread, *turn) {
                    woken += 1;
                    return false;
                }
                thread.is_turn(*turn)
            }
            Who::Watcher(watcher, token) => {
                told.push((watcher.clone(), *token));
                watcher.strong_count() > 0
            }
        });
        drop(list);
        for (watcher, token) in told {
            if let Some(watcher) = watcher.upgrade() {
                watcher.changed(kernel, token, events);
            }
        }
        woken
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.list.lock().is_empty()
    }
}

impl core::fmt::Debug for WaitQueue {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("WaitQueue")
    }
}

//! Locks on files: `flock` and the record locks of `fcntl`.

use super::node::Node;
use crate::file::{Events, Open};
use crate::kernel::Kernel;
use crate::lock::Lock;
use crate::thread::Thread;
use crate::wait::WaitQueue;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Who holds a lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owner {
    /// The owners of a table of descriptors (`F_SETLK`); given up at the first close.
    Files(u64),
    /// An open file (`F_OFD_SETLK`); given up at its last close.
    Record(u64),
    /// An open file as a whole (`flock`).
    Whole(u64),
}

/// Whether others may have such a lock at the same time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// They may.
    Shared,
    /// They may not.
    Exclusive,
}

/// A lock that is held or wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Held {
    /// Whose.
    pub owner: Owner,
    /// Which kind.
    pub mode: Mode,
    /// The first byte.
    pub start: u64,
    /// The last byte.
    pub last: u64,
    /// The process that `F_GETLK` names.
    pub pid: u32,
}

impl Held {
    fn overlaps(&self, other: &Held) -> bool {
        self.start <= other.last && other.start <= self.last
    }

    fn conflicts(&self, other: &Held) -> bool {
        let is_whole = |held: &Held| matches!(held.owner, Owner::Whole(_));
        self.owner != other.owner
            && is_whole(self) == is_whole(other)
            && (self.mode == Mode::Exclusive || other.mode == Mode::Exclusive)
            && self.overlaps(other)
    }
}

/// All locks on all files.
#[derive(Debug, Default)]
pub struct Locks {
    /// How many files have some, to look without the lock.
    count: AtomicUsize,
    next: AtomicU64,
    by_file: Lock<BTreeMap<usize, Vec<Held>>>,
    changed: WaitQueue,
}

fn key(node: &Arc<dyn Node>) -> usize {
    Arc::as_ptr(node).cast::<()>().addr()
}

impl Locks {
    /// What an open file is known by.
    pub fn id_of(&self, open: &Open) -> u64 {
        let known = open.lock_id.load(Ordering::Acquire);
        if known != 0 {
            return known;
        }
        let new = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        open.lock_id.compare_exchange(0, new, Ordering::AcqRel, Ordering::Acquire).map_or_else(|id| id, |_| new)
    }

    /// The first lock in the way of one that is wanted.
    pub fn conflict(&self, node: &Arc<dyn Node>, wanted: &Held) -> Option<Held> {
        self.by_file.lock().get(&key(node))?.iter().find(|held| held.conflicts(wanted)).copied()
    }

    /// Locks, unless another lock is in the way: that is returned, and `waiter` is told when any goes.
    pub fn set(
        &self,
        kernel: &Kernel,
        node: &Arc<dyn Node>,
        wanted: Held,
        waiter: Option<&Arc<Thread>>,
    ) -> Result<(), Held> {
        {
            let mut by_file = self.by_file.lock();
            let locks = by_file.entry(key(node)).or_default();
            if let Some(held) = locks.iter().find(|held| held.conflicts(&wanted)) {
                let held = *held;
                if let Some(waiter) = waiter {
                    self.changed.join(waiter, Events::ANY);
                }
                return Err(held);
            }
            cut(locks, wanted.owner, wanted.start, wanted.last);
            locks.push(wanted);
            self.count.store(by_file.len(), Ordering::Release);
        }
        // A lock may have become a lesser one.
        self.changed.wake(kernel, Events::ANY);
        Ok(())
    }

    /// Unlocks a part of a file.
    pub fn clear(&self, kernel: &Kernel, node: &Arc<dyn Node>, owner: Owner, (start, last): (u64, u64)) {
        {
            let mut by_file = self.by_file.lock();
            let Some(locks) = by_file.get_mut(&key(node)) else { return };
            cut(locks, owner, start, last);
            if locks.is_empty() {
                by_file.remove(&key(node));
            }
            self.count.store(by_file.len(), Ordering::Release);
        }
        self.changed.wake(kernel, Events::ANY);
    }

    /// The owners of a table of descriptors closed one of a file.
    #[inline]
    pub fn closed(&self, kernel: &Kernel, owner: u64, open: &Open) {
        if self.count.load(Ordering::Acquire) != 0
            && let Some(node) = open.node()
        {
            self.clear(kernel, node, Owner::Files(owner), (0, u64::MAX));
        }
    }

    /// An open file was closed for good.
    pub fn gone(&self, kernel: &Kernel, open: &Open) {
        let id = open.lock_id.load(Ordering::Acquire);
        if id != 0
            && let Some(node) = open.node()
        {
            self.clear(kernel, node, Owner::Record(id), (0, u64::MAX));
            self.clear(kernel, node, Owner::Whole(id), (0, u64::MAX));
        }
    }
}

/// Takes a part away from what an owner holds.
fn cut(locks: &mut Vec<Held>, owner: Owner, start: u64, last: u64) {
    let mut left = Vec::new();
    locks.retain(|held| {
        if held.owner != owner || held.start > last || held.last < start {
            return true;
        }
        if held.start < start {
            left.push(Held { last: start - 1, ..*held });
        }
        if held.last > last {
            left.push(Held { start: last + 1, ..*held });
        }
        false
    });
    locks.extend(left);
}

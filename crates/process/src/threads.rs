//! The threads of a process, found by the guest's ids, and parking.

use crate::process::lock;
use crate::recorder::Ring;
use ashore_guest::{ParkEnd, Timeout};
use ashore_isa::Registers;
use ashore_pivot::{Errno, Sys};
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

/// What other threads may know of a thread.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) id: AtomicU64,
    pub(crate) host_tid: AtomicI32,
    /// The host's id as the personality is told it, which in a replay is the recorded one.
    pub(crate) told_tid: AtomicI32,
    /// What it did last.
    pub(crate) ring: Ring,
    /// 1 when the next park may return at once.
    token: AtomicU32,
    /// Its registers, once it is frozen ([`crate::stop`]).
    pub(crate) frozen: Mutex<Option<Registers>>,
    /// Its vector and floating-point state then.
    pub(crate) frozen_fp: Mutex<Vec<u8>>,
}

#[derive(Debug, Default)]
struct Table {
    records: Vec<Arc<Record>>,
    started: u64,
}

/// The live threads.
#[derive(Debug, Default)]
pub(crate) struct Threads(Mutex<Table>);

pub(crate) struct Held<'a>(#[allow(dead_code)] MutexGuard<'a, Table>);

impl Threads {
    pub(crate) fn hold(&self) -> Held<'_> {
        Held(lock(&self.0))
    }

    /// Counts a new thread: 0 for the first.
    pub(crate) fn next(&self) -> u64 {
        let mut table = lock(&self.0);
        let nth = table.started;
        table.started += 1;
        nth
    }

    pub(crate) fn add(&self, record: Arc<Record>) {
        lock(&self.0).records.push(record);
    }

    /// Removes a thread and tells how many are left.
    pub(crate) fn remove(&self, record: &Arc<Record>) -> usize {
        let mut table = lock(&self.0);
        table.records.retain(|other| !Arc::ptr_eq(other, record));
        table.records.len()
    }

    /// Keeps only `record`, in the child of a fork.
    pub(crate) fn keep_only(&self, record: &Arc<Record>) {
        let mut table = lock(&self.0);
        table.records.retain(|other| Arc::ptr_eq(other, record));
        table.started = 1;
    }

    pub(crate) fn find(&self, id: u64) -> Option<Arc<Record>> {
        lock(&self.0).records.iter().find(|r| r.id.load(Ordering::Relaxed) == id).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Record>> {
        lock(&self.0).records.clone()
    }

    pub(crate) fn ids(&self) -> Vec<u64> {
        lock(&self.0).records.iter().map(|r| r.id.load(Ordering::Relaxed)).collect()
    }
}

const FUTEX_WAIT_BITSET_PRIVATE: u64 = 9 | 128;
const FUTEX_WAKE_PRIVATE: u64 = 1 | 128;
const FUTEX_CLOCK_REALTIME: u64 = 256;
const NANOS: u64 = 1_000_000_000;

impl Record {
    /// Lets the current or next park return.
    pub(crate) fn unpark(&self) {
        self.token.store(1, Ordering::Release);
        let at = self.token.as_ptr() as u64;
        let _ = ashore_sys::call(u64::from(Sys::FUTEX.0), [at, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0]);
    }

    /// Waits for the token.
    pub(crate) fn park(&self, timeout: Timeout) -> ParkEnd {
        let (clock, deadline) = match timeout {
            Timeout::Never => (0, None),
            Timeout::In(nanos) => (0, Some(now().saturating_add(nanos))),
            Timeout::At { clock: 0, nanos } => (FUTEX_CLOCK_REALTIME, Some(nanos)),
            Timeout::At { nanos, .. } => (0, Some(nanos)),
        };
        let limit = deadline.map(|nanos| [nanos / NANOS, nanos % NANOS]);
        let limit_at = limit.as_ref().map_or(0, |limit| limit.as_ptr() as u64);
        if self.token.swap(0, Ordering::Acquire) == 1 {
            return ParkEnd::Already;
        }
        loop {
            let at = self.token.as_ptr() as u64;
            let words = [at, FUTEX_WAIT_BITSET_PRIVATE | clock, 0, limit_at, 0, u64::from(u32::MAX)];
            match ashore_sys::wait(u64::from(Sys::FUTEX.0), words) {
                Err(Errno::ETIMEDOUT) => return ParkEnd::TimedOut,
                Err(Errno::RESTART) => return ParkEnd::Interrupted,
                _ if self.token.swap(0, Ordering::Acquire) == 1 => return ParkEnd::Unparked,
                _ => {}
            }
        }
    }
}

/// The monotonic clock in nanoseconds.
fn now() -> u64 {
    let mut time = [0u64; 2];
    let _ = ashore_sys::call(u64::from(Sys::CLOCK_GETTIME.0), [1, time.as_mut_ptr() as u64, 0, 0, 0, 0]);
    time[0] * NANOS + time[1]
}

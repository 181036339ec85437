//! Watched memory: the CPU's own watchpoints, which the kernel gives to whoever asks for its threads.
//!
//! Each is an event per thread that sends SIGTRAP when the thread touches the address, after the instruction that did;
//! threads that these make get it too. Nothing is paid until it happens.

use ashore_guest::Delivery;
use ashore_pivot::{Errno, Signal, Sys};
use gdbstub::target::ext::breakpoints::WatchKind;

const TYPE_BREAKPOINT: u32 = 5;
const ATTR_LEN: usize = 128;
/// Of `struct perf_event_attr`: where its fields are.
const AT_TYPE: usize = 0;
const AT_LEN: usize = 4;
const AT_PERIOD: usize = 16;
const AT_FLAGS: usize = 40;
const AT_KIND: usize = 52;
const AT_ADDRESS: usize = 56;
const AT_SPAN: usize = 64;
const AT_DATA: usize = 120;
/// Threads that are made get it too: inherit, inherit_thread. Only what the program itself touches: exclude_kernel,
/// exclude_hv. It ends at exec, and sends SIGTRAP: remove_on_exec, sigtrap.
const FLAGS: u64 = 1 << 1 | 1 << 35 | 1 << 5 | 1 << 6 | 1 << 36 | 1 << 37;
const KIND_WRITE: u32 = 2;
const KIND_ANY: u32 = 3;
const CLOEXEC: u64 = 8;
const NO_CPU: u64 = u64::MAX;
const NO_GROUP: u64 = u64::MAX;
/// Linux's `si_code` of such a signal.
const CODE_PERF: i32 = 6;

/// A watched place. Its descriptors are the server's.
#[derive(Debug)]
struct Watch {
    at: u64,
    len: u64,
    kind: WatchKind,
    events: Vec<Event>,
}

/// The watching of one place for one thread.
#[derive(Debug)]
struct Event {
    tid: i32,
    fd: u64,
    /// How often it was touched, as far as somebody was told.
    seen: u64,
}

/// All watched places.
#[derive(Debug, Default)]
pub(super) struct Watches(Vec<Watch>);

impl Watches {
    /// Watches for every one of these threads. The CPU watches 1, 2, 4 or 8 bytes at a multiple of that.
    pub(super) fn add(&mut self, at: u64, len: u64, kind: WatchKind, tids: &[i32]) -> Result<(), Errno> {
        if !matches!(len, 1 | 2 | 4 | 8) || !at.is_multiple_of(len) {
            return Err(Errno::EINVAL);
        }
        let mut watch = Watch { at, len, kind, events: Vec::new() };
        for tid in tids {
            match open(&watch, *tid) {
                Ok(fd) => watch.events.push(Event { tid: *tid, fd, seen: 0 }),
                // It ended just now.
                Err(Errno::ESRCH) => {}
                Err(errno) => {
                    watch.close();
                    return Err(errno);
                }
            }
        }
        self.0.push(watch);
        Ok(())
    }

    pub(super) fn remove(&mut self, at: u64, len: u64, kind: WatchKind) -> bool {
        let found = self.0.iter().position(|watch| (watch.at, watch.len, watch.kind) == (at, len, kind));
        found.map(|index| self.0.swap_remove(index).close()).is_some()
    }

    /// Ends all.
    pub(super) fn clear(&mut self) {
        self.0.drain(..).for_each(|watch| watch.close());
    }

    /// In the child of a fork, which has none: the descriptors there are none of ours.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a thread touched since this was asked last. A step and a touch in one instruction send one signal between
    /// them, which may be the step's; the count is right.
    pub(super) fn touched(&mut self, tid: i32) -> Option<(u64, WatchKind)> {
        let mut touched = None;
        for watch in &mut self.0 {
            for event in watch.events.iter_mut().filter(|event| event.tid == tid) {
                let count = event.count().unwrap_or(event.seen);
                if count > event.seen {
                    touched = Some((watch.at, watch.kind));
                }
                event.seen = count;
            }
        }
        touched
    }

    /// What was touched, when that is what a signal says.
    pub(super) fn hit(&self, delivery: &Delivery) -> Option<(u64, WatchKind)> {
        let watch = self.0.iter().find(|watch| watch.at == delivery.value)?;
        Some((watch.at, watch.kind))
    }
}

/// Whether a signal says that watched memory was touched.
pub(super) fn is_touch(delivery: &Delivery) -> bool {
    delivery.signal == Signal::TRAP && delivery.code == CODE_PERF
}

impl Event {
    fn count(&self) -> Option<u64> {
        let mut count = 0u64;
        let words = [self.fd, &raw mut count as u64, size_of::<u64>() as u64, 0, 0, 0];
        let read = ashore_sys::call(u64::from(Sys::READ.0), words);
        (read == Ok(size_of::<u64>() as u64)).then_some(count)
    }
}

impl Watch {
    fn close(self) {
        for event in self.events {
            let _ = ashore_sys::call(u64::from(Sys::CLOSE.0), [event.fd, 0, 0, 0, 0, 0]);
        }
    }
}

fn open(watch: &Watch, tid: i32) -> Result<u64, Errno> {
    // The CPU cannot tell a read alone.
    let kind = if watch.kind == WatchKind::Write { KIND_WRITE } else { KIND_ANY };
    let mut attr = [0u8; ATTR_LEN];
    let mut put = |at: usize, bytes: &[u8]| {
        for (place, byte) in attr.iter_mut().skip(at).zip(bytes) {
            *place = *byte;
        }
    };
    put(AT_TYPE, &TYPE_BREAKPOINT.to_le_bytes());
    put(AT_LEN, &(ATTR_LEN as u32).to_le_bytes());
    put(AT_PERIOD, &1u64.to_le_bytes());
    put(AT_FLAGS, &FLAGS.to_le_bytes());
    put(AT_KIND, &kind.to_le_bytes());
    put(AT_ADDRESS, &watch.at.to_le_bytes());
    put(AT_SPAN, &watch.len.to_le_bytes());
    put(AT_DATA, &watch.at.to_le_bytes());
    let words = [attr.as_ptr() as u64, tid as u64, NO_CPU, NO_GROUP, CLOEXEC, 0];
    ashore_sys::call(u64::from(Sys::PERF_EVENT_OPEN.0), words)
}

//! The heap of `brk`.

use super::Space;
use super::area::{Area, Flags, MAX_AREAS, Prot, TASK_END};
use super::map::whole_pages;
use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use core::sync::atomic::Ordering;

impl Space {
    /// Says where the heap begins; it is empty.
    pub fn set_heap(&self, at: Addr) {
        self.inner.lock().heap = AddrRange { start: at, end: at };
    }

    /// The heap: where it begins and ends now.
    pub fn heap(&self) -> AddrRange {
        self.inner.lock().heap
    }

    /// Moves the heap's end if that is possible; where it is then.
    pub fn brk(&self, wanted: Addr) -> Addr {
        let inner = &mut *self.inner.lock();
        let heap = inner.heap;
        let ends = (whole_pages(heap.end.0), whole_pages(wanted.0));
        let (Some(old), Some(new)) = ends else { return heap.end };
        if wanted < heap.start || new > TASK_END {
            return heap.end;
        }
        if new < old {
            let range = AddrRange { start: Addr(new), end: Addr(old) };
            if inner.unmap(self.physical, range).is_err() {
                return heap.end;
            }
        } else if new > old {
            let range = AddrRange { start: Addr(old), end: Addr(new + PAGE_SIZE) };
            let is_allowed = wanted.0 - heap.start.0 <= self.limits.data.load(Ordering::Relaxed)
                && inner.areas.count() < MAX_AREAS
                && inner.areas.is_free_with_guard(range)
                && new - old <= self.physical.total as u64 * PAGE_SIZE
                && self.limits.allow(&inner.areas, new - old, true).is_ok();
            if !is_allowed {
                return heap.end;
            }
            inner.areas.insert(Area {
                start: old,
                end: new,
                prot: Prot::READ | Prot::WRITE,
                may: Prot::ALL,
                flags: Flags::NONE,
                file: None,
                first: 0,
            });
        }
        inner.heap.end = wanted;
        wanted
    }
}

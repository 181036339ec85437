//! What a program sees of memory.
//!
//! An area says what a stretch of addresses is; the machine's table says which pages of it are there. A page comes when
//! it is first touched: reading plain memory gives everybody the same frame of zeros, writing a frame of one's own. A page
//! two spaces share after a fork is copied by the first that writes it. A frame is counted once for every entry of a
//! table that names it, and the count changes only with the lock of that entry's space held.

mod advise;
mod area;
mod fault;
mod fork;
mod heap;
mod map;
mod remap;
mod shared;
mod show;
#[cfg(test)]
mod tests;
mod user;

use area::allows;
pub use area::{Flags, GUARD, MAX_AREAS, MIN_ADDR, Prot, TASK_END};
pub use fault::FaultEnd;
pub use map::{MapRequest, Place};
pub use remap::{RemapRequest, Target};
pub use show::{AreaView, Present, Sizes};
pub use user::{Key, MAX_MOVED, Sharing};

use super::{Gone, Mapped, Pages, Physical};
use crate::limits::{INFINITE, Limits};
use crate::lock::Lock;
use crate::machine::{NoMemory, PageTable, Step};
use alloc::boxed::Box;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use area::{Area, Areas};
use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use ashore_pivot::Errno;
use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};

/// Everything a program can address.
pub(super) const EVERYTHING: AddrRange = AddrRange { start: Addr(0), end: Addr(TASK_END) };
/// How many frames are taken out of a table before the CPUs are told to forget them.
const BATCH: usize = 64;

/// Limits on memory, by their numbers.
const LIMIT_DATA: usize = 2;
const LIMIT_STACK: usize = 3;
const LIMIT_ADDRESSES: usize = 9;

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// An address space.
///
/// No CPU may be in it any more when its last holder lets go of it.
pub struct Space {
    physical: &'static Physical,
    id: u64,
    root: u64,
    me: Weak<Space>,
    limits: SpaceLimits,
    inner: Lock<Inner>,
}

/// The limits that the space itself must know.
#[derive(Debug)]
pub(super) struct SpaceLimits {
    addresses: AtomicU64,
    data: AtomicU64,
    stack: AtomicU64,
}

/// What the lock guards.
pub(super) struct Inner {
    pub(super) table: Box<dyn PageTable>,
    pub(super) areas: Areas,
    /// Entries that name frames, that of zeros left out; and the most there ever were.
    resident: u64,
    most: u64,
    /// Where the heap of `brk` begins and where it ends now.
    heap: AddrRange,
    /// An address of the main thread's stack.
    stack: Addr,
    /// Where handlers return to that bring no way back of their own.
    way_back: Addr,
}

impl Space {
    /// An empty one.
    pub fn new(physical: &'static Physical) -> Result<Arc<Space>, NoMemory> {
        let table = physical.machine.new_table(&physical.frames)?;
        let (heap, stack, way_back) = (AddrRange::default(), Addr::NULL, Addr::NULL);
        let areas = Areas::default();
        Ok(Space::with(physical, Inner { table, areas, resident: 0, most: 0, heap, stack, way_back }))
    }

    fn with(physical: &'static Physical, inner: Inner) -> Arc<Space> {
        let defaults = Limits::default();
        let limit = |number| AtomicU64::new(defaults.soft(number));
        Arc::new_cyclic(|me| Space {
            physical,
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            root: inner.table.root(),
            me: me.clone(),
            limits: SpaceLimits {
                addresses: limit(LIMIT_ADDRESSES),
                data: limit(LIMIT_DATA),
                stack: limit(LIMIT_STACK),
            },
            inner: Lock::new(inner),
        })
    }

    /// The machine's word for its table.
    #[inline]
    pub fn root(&self) -> u64 {
        self.root
    }

    /// The memory it is made of.
    pub fn physical(&self) -> &'static Physical {
        self.physical
    }

    /// Says what the limits of the process are now.
    pub fn set_limits(&self, limits: &Limits) {
        self.limits.addresses.store(limits.soft(LIMIT_ADDRESSES), Ordering::Relaxed);
        self.limits.data.store(limits.soft(LIMIT_DATA), Ordering::Relaxed);
        self.limits.stack.store(limits.soft(LIMIT_STACK), Ordering::Relaxed);
    }

    /// Takes pages of a file out.
    pub(super) fn forget(&self, pages: &dyn Pages, gone: Gone) {
        self.inner.lock().forget(self.physical, pages, gone);
    }
}

impl SpaceLimits {
    fn copy(&self, of: &SpaceLimits) {
        let pairs = [(&self.addresses, &of.addresses), (&self.data, &of.data), (&self.stack, &of.stack)];
        pairs.into_iter().for_each(|(to, from)| to.store(from.load(Ordering::Relaxed), Ordering::Relaxed));
    }

    fn stack(&self) -> u64 {
        self.stack.load(Ordering::Relaxed)
    }

    /// Whether there may be `more` bytes of addresses, and of the program's own data if they are that.
    #[inline]
    fn allow(&self, areas: &Areas, more: u64, is_data: bool) -> Result<(), Errno> {
        let limit = self.addresses.load(Ordering::Relaxed);
        if limit != INFINITE && areas.iter().map(Area::len).sum::<u64>().saturating_add(more) > limit {
            return Err(Errno::ENOMEM);
        }
        if is_data { self.allow_data(areas, more) } else { Ok(()) }
    }

    /// Whether there may be `more` bytes of the program's own data.
    #[inline]
    fn allow_data(&self, areas: &Areas, more: u64) -> Result<(), Errno> {
        let limit = self.data.load(Ordering::Relaxed);
        let used = || areas.iter().filter(|area| area.is_data()).map(Area::len).sum::<u64>();
        if limit != INFINITE && used().saturating_add(more) > limit { Err(Errno::ENOMEM) } else { Ok(()) }
    }
}

impl Inner {
    /// Takes every entry in a range out and lets go of the frames once no CPU remembers them.
    fn clear(&mut self, physical: &Physical, range: AddrRange) {
        let mut rest = range;
        loop {
            let mut gone = [physical.zero; BATCH];
            let mut room = gone.iter_mut();
            let stopped = self.table.walk(rest, &mut |_, frame, _| match room.next() {
                Some(place) => {
                    *place = frame;
                    Step::Remove
                }
                None => Step::Stop,
            });
            let count = BATCH - room.len();
            if count > 0 {
                self.table.flush(AddrRange { start: rest.start, end: stopped.unwrap_or(rest.end) });
                for frame in gone.into_iter().take(count).filter(|frame| *frame != physical.zero) {
                    self.resident = self.resident.saturating_sub(1);
                    physical.drop(frame);
                }
            }
            match stopped {
                Some(at) => rest.start = at,
                None => return,
            }
        }
    }

    fn forget(&mut self, physical: &Physical, pages: &dyn Pages, gone: Gone) {
        let wanted = core::ptr::from_ref(pages).cast::<()>();
        let is_it = |mapped: &Arc<Mapped>| Arc::as_ptr(&mapped.pages).cast::<()>() == wanted;
        let (index, old) = match gone {
            Gone::From(index) => (index, None),
            Gone::Exchanged(index, old) => (index, Some(old)),
        };
        let areas = self.areas.iter().filter(|area| area.file.as_ref().is_some_and(is_it));
        let ranges: Vec<AddrRange> = areas.filter_map(|area| area.since_page(index)).collect();
        for range in ranges {
            match old {
                None => self.clear(physical, range),
                Some(old) if self.table.look(range.start).is_some_and(|(frame, _)| frame == old) => {
                    self.clear(physical, AddrRange { end: range.start.plus(PAGE_SIZE), ..range });
                }
                Some(_) => {}
            }
        }
    }

    /// Counts a new entry that names a frame.
    #[inline]
    fn count(&mut self) {
        self.resident += 1;
        self.most = self.most.max(self.resident);
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        let inner = &mut *self.inner.lock();
        let physical = self.physical;
        for area in inner.areas.iter() {
            let range = AddrRange { start: Addr(area.start), end: Addr(area.end) };
            inner.table.each(range, &mut |_, frame, _| physical.drop(frame));
        }
        inner.table.release(&physical.frames);
    }
}

impl fmt::Debug for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "space {}", self.id)
    }
}

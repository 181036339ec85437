//! Mapping, unmapping, other rights.

use super::area::{Area, Flags, GUARD, MAX_AREAS, MIN_ADDR, Prot, TASK_END};
use super::shared::SharedMemory;
use super::{Inner, Space};
use crate::machine::{Access, Step};
use crate::memory::{Mapped, Physical};
use alloc::sync::Arc;
use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use ashore_pivot::Errno;

/// The least room left for the main thread's stack, whatever its limit is.
const STACK_ROOM: u64 = 128 << 20;
/// What the stack's start may be moved down by on Linux; kept free too.
const STACK_MOVE: u64 = 16 << 30;

/// Where to map.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Anywhere.
    Any,
    /// There if it is free, else anywhere.
    Wish(Addr),
    /// There, in the place of whatever is there.
    Fixed(Addr),
    /// There if it is free, else nowhere.
    FixedIfFree(Addr),
}

/// What to map.
#[derive(Clone, Debug)]
pub struct MapRequest {
    /// Where.
    pub place: Place,
    /// How many bytes; rounded up to pages.
    pub len: u64,
    /// What may be done with it.
    pub prot: Prot,
    /// What may become of `prot` later.
    pub may: Prot,
    /// How.
    pub flags: Flags,
    /// The file and its first page; `None` for zeros.
    pub file: Option<(Arc<Mapped>, u64)>,
}

impl MapRequest {
    /// Plain memory, readable and writable, anywhere.
    pub fn plain(len: u64) -> MapRequest {
        MapRequest {
            place: Place::Any,
            len,
            prot: Prot::READ | Prot::WRITE,
            may: Prot::ALL,
            flags: Flags::NONE,
            file: None,
        }
    }
}

/// A length in whole pages.
pub(super) fn whole_pages(len: u64) -> Option<u64> {
    Some(len.checked_add(PAGE_SIZE - 1)? & !(PAGE_SIZE - 1))
}

/// The range a call names: `at` a page's start, `len` rounded up, all of it a program's.
pub(super) fn pages_of(at: Addr, len: u64) -> Option<AddrRange> {
    let range = AddrRange::new(at, whole_pages(len)?)?;
    (at.0.is_multiple_of(PAGE_SIZE) && range.end.0 <= TASK_END).then_some(range)
}

impl Space {
    /// Maps.
    pub fn map(&self, request: &MapRequest) -> Result<Addr, Errno> {
        if request.len == 0 {
            return Err(Errno::EINVAL);
        }
        let len = whole_pages(request.len).filter(|len| *len <= TASK_END).ok_or(Errno::ENOMEM)?;
        if let Some((_, first)) = &request.file {
            first.checked_add(len / PAGE_SIZE).filter(|end| *end <= u64::MAX / PAGE_SIZE).ok_or(Errno::EOVERFLOW)?;
        }
        let at = self.map_locked(request, len)?;
        if let Some(mappers) = request.file.as_ref().and_then(|(mapped, _)| mapped.pages.mappers()) {
            mappers.add(&self.me);
        }
        if request.flags.has(Flags::LOCKED) {
            self.populate(AddrRange { start: at, end: at.plus(len) });
        }
        Ok(at)
    }

    fn map_locked(&self, request: &MapRequest, len: u64) -> Result<Addr, Errno> {
        let inner = &mut *self.inner.lock();
        let stack_limit = self.limits.stack();
        let range = inner.place(request.place, len, stack_limit)?;
        let is_own = !request.flags.has(Flags::SHARED);
        let is_data = request.prot.has(Prot::WRITE) && is_own && !request.flags.has(Flags::GROWS_DOWN);
        self.limits.allow(&inner.areas, len, is_data)?;
        let is_accounted = is_own && request.prot.has(Prot::WRITE) && !request.flags.has(Flags::NO_RESERVE);
        if is_accounted && len / PAGE_SIZE > self.physical.total as u64 {
            return Err(Errno::ENOMEM);
        }
        if let Place::Fixed(_) = request.place {
            inner.unmap(self.physical, range)?;
        }
        if inner.areas.count() >= MAX_AREAS {
            return Err(Errno::ENOMEM);
        }
        let (file, first) = match &request.file {
            Some((mapped, first)) => (Some(mapped.clone()), *first),
            None if is_own => (None, 0),
            None => (Some(self.shared_memory(len)), 0),
        };
        let may = request.may | request.prot;
        let (start, end, prot, flags) = (range.start.0, range.end.0, request.prot, request.flags);
        inner.areas.insert(Area { start, end, prot, may, flags, file, first });
        Ok(range.start)
    }

    fn shared_memory(&self, len: u64) -> Arc<Mapped> {
        let pages = Arc::new(SharedMemory::new(self.physical, len));
        let inode = core::ptr::from_ref(&*pages).addr() as u64 >> 4;
        Arc::new(Mapped { pages, device: 1, inode, path: b"/dev/zero (deleted)".to_vec(), spot: None })
    }

    /// Unmaps.
    pub fn unmap(&self, at: Addr, len: u64) -> Result<(), Errno> {
        let range = pages_of(at, len).filter(|range| !range.is_empty()).ok_or(Errno::EINVAL)?;
        self.inner.lock().unmap(self.physical, range)
    }

    /// Gives pages other rights. What comes before the first page that cannot have them has them then.
    pub fn protect(&self, at: Addr, len: u64, prot: Prot) -> Result<(), Errno> {
        if !at.0.is_multiple_of(PAGE_SIZE) {
            return Err(Errno::EINVAL);
        }
        if len == 0 {
            return Ok(());
        }
        let range = pages_of(at, len).filter(|range| !range.is_empty()).ok_or(Errno::ENOMEM)?;
        let inner = &mut *self.inner.lock();
        let mut end = range.start.0;
        let mut problem = None;
        let mut more_data = 0;
        for area in inner.areas.overlapping(range) {
            problem = match area {
                _ if area.start > end => Some(Errno::ENOMEM),
                _ if (prot & !area.may) != Prot::NONE => Some(Errno::EACCES),
                _ => None,
            };
            if problem.is_some() {
                break;
            }
            let is_new_data = prot.has(Prot::WRITE) && !area.prot.has(Prot::WRITE) && !area.is_shared();
            more_data += if is_new_data { area.within(range).len() } else { 0 };
            end = area.end.min(range.end.0);
        }
        if problem.is_none() && end < range.end.0 {
            problem = Some(Errno::ENOMEM);
        }
        let range = AddrRange { end: Addr(end), ..range };
        if inner.areas.count() + inner.areas.splits(range) > MAX_AREAS {
            return Err(Errno::ENOMEM);
        }
        if more_data > 0 {
            self.limits.allow_data(&inner.areas, more_data)?;
        }
        inner.areas.change(range, &mut |area| area.prot = prot);
        inner.protect_pages(self.physical, range, prot);
        problem.map_or(Ok(()), Err)
    }

    /// Touches every page of a range that can be touched, the way its area allows most.
    pub(super) fn populate(&self, range: AddrRange) {
        let mut at = range.start;
        while at < range.end {
            let inner = &mut *self.inner.lock();
            let Some(area) = inner.areas.find(at.0).filter(|area| area.start < range.end.0) else { return };
            at = at.max(Addr(area.start));
            let access = if area.prot.has(Prot::WRITE) && !area.is_shared() { Access::Write } else { Access::Read };
            let fails = inner.fault(self.physical, &self.limits, at, access).is_err();
            if fails {
                return;
            }
            at = at.plus(PAGE_SIZE);
        }
    }
}

impl Inner {
    pub(super) fn place(&mut self, place: Place, len: u64, stack_limit: u64) -> Result<AddrRange, Errno> {
        let at = match place {
            Place::Fixed(at) | Place::FixedIfFree(at) => {
                if at.0 > TASK_END - len {
                    return Err(Errno::ENOMEM);
                }
                if !at.0.is_multiple_of(PAGE_SIZE) {
                    return Err(Errno::EINVAL);
                }
                if at.0 < MIN_ADDR {
                    return Err(Errno::EPERM);
                }
                at.0
            }
            Place::Wish(at) if !at.is_null() => match self.areas.wished(at.0, len) {
                Some(at) => at,
                None => self.hole(len, stack_limit)?,
            },
            Place::Wish(_) | Place::Any => self.hole(len, stack_limit)?,
        };
        let range = AddrRange { start: Addr(at), end: Addr(at + len) };
        if matches!(place, Place::FixedIfFree(_)) && !self.areas.is_free(range) {
            return Err(Errno::EEXIST);
        }
        Ok(range)
    }

    /// A free place under the stack.
    pub(super) fn hole(&mut self, len: u64, stack_limit: u64) -> Result<u64, Errno> {
        let room = stack_limit.clamp(STACK_ROOM, TASK_END / 6 * 5);
        let top = TASK_END - (room + STACK_MOVE + GUARD).min(TASK_END / 6 * 5);
        self.areas.hole(len, top & !(PAGE_SIZE - 1)).ok_or(Errno::ENOMEM)
    }

    /// Unmaps whole pages.
    pub(super) fn unmap(&mut self, physical: &Physical, range: AddrRange) -> Result<(), Errno> {
        if self.areas.is_free(range) {
            return Ok(());
        }
        if self.areas.count() >= MAX_AREAS && self.areas.splits(range) == 2 {
            return Err(Errno::ENOMEM);
        }
        self.areas.remove(range, &mut drop);
        self.clear(physical, range);
        Ok(())
    }

    /// Gives the entries that are there other rights. Those that may be shared stay unwritable until somebody writes.
    fn protect_pages(&mut self, physical: &Physical, range: AddrRange, prot: Prot) {
        let mut is_changed = false;
        self.table.walk(range, &mut |_, frame, rights| {
            let is_own = rights.write || (frame != physical.zero && physical.frames.holders(frame) == 1);
            if prot.has(Prot::EXECUTE) && !rights.execute {
                physical.machine.sync_code(frame);
            }
            is_changed = true;
            Step::Protect(if is_own { prot.rights() } else { prot.borrowed() })
        });
        if is_changed {
            self.table.flush(range);
        }
    }
}

//! Mappings that grow, shrink and move (`mremap`).

use super::area::{Area, Flags, MAX_AREAS, TASK_END};
use super::map::{pages_of, whole_pages};
use super::{Inner, Place, Space};
use crate::machine::{Frame, NoMemory, Rights, Step};
use crate::memory::Physical;
use ashore_base::{Addr, AddrRange};
use ashore_pivot::Errno;

/// How many entries are copied at a time.
const BATCH: usize = 32;

/// Where a mapping may go when it changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// It stays.
    Here,
    /// Anywhere if it must.
    Anywhere,
    /// There, in the place of whatever is there (`MREMAP_FIXED`).
    There(Addr),
    /// Its pages go there or anywhere, and leave the old place mapped and empty (`MREMAP_DONTUNMAP`).
    LeaveOld(Option<Addr>),
}

/// What to change.
#[derive(Clone, Copy, Debug)]
pub struct RemapRequest {
    /// Where the mapping is.
    pub old: Addr,
    /// How long it is; 0 for another view of shared memory.
    pub old_len: u64,
    /// How long it shall be.
    pub new_len: u64,
    /// Where it may go.
    pub target: Target,
}

impl Space {
    /// Changes a mapping; where it is then.
    pub fn remap(&self, request: &RemapRequest) -> Result<Addr, Errno> {
        let old_range = pages_of(request.old, request.old_len).ok_or(Errno::EINVAL)?;
        let new_len = whole_pages(request.new_len).filter(|len| *len != 0).ok_or(Errno::EINVAL)?;
        let inner = &mut *self.inner.lock();
        let area = inner.areas.at(request.old.0).ok_or(Errno::EFAULT)?.clone();
        if old_range.is_empty() && !area.is_shared() {
            return Err(Errno::EINVAL);
        }
        let wanted = match request.target {
            Target::There(at) | Target::LeaveOld(Some(at)) => Some(at),
            Target::Here | Target::Anywhere | Target::LeaveOld(None) => None,
        };
        let leaves_old = matches!(request.target, Target::LeaveOld(_));
        if leaves_old && (old_range.len() != new_len || area.is_shared() || area.file.is_some()) {
            return Err(Errno::EINVAL);
        }
        if let Some(at) = wanted {
            let new = pages_of(at, new_len).ok_or(Errno::EINVAL)?;
            if new.overlaps(old_range) {
                return Err(Errno::EINVAL);
            }
        }
        if new_len <= old_range.len() && !leaves_old {
            let tail = AddrRange { start: old_range.start.plus(new_len), end: old_range.end };
            if !tail.is_empty() {
                inner.unmap(self.physical, tail)?;
            }
            if wanted.is_none() {
                return Ok(request.old);
            }
        }
        let old = AddrRange { end: request.old.plus(old_range.len().min(new_len)), ..old_range };
        if old.end.0 > area.end {
            return Err(Errno::EFAULT);
        }
        if !leaves_old {
            self.limits.allow(&inner.areas, new_len - old.len(), area.is_data())?;
        }
        if wanted.is_none() && !leaves_old && inner.grow_in_place(&area, old, new_len) {
            return Ok(request.old);
        }
        let place = match request.target {
            Target::Here => return Err(Errno::ENOMEM),
            Target::Anywhere | Target::LeaveOld(None) => Place::Any,
            Target::There(at) | Target::LeaveOld(Some(at)) => Place::Fixed(at),
        };
        if inner.areas.count() + inner.areas.splits(old) >= MAX_AREAS {
            return Err(Errno::ENOMEM);
        }
        let new = inner.place(place, new_len, self.limits.stack())?;
        inner.unmap(self.physical, new)?;
        inner.relocate(self.physical, old, new).map_err(|NoMemory| Errno::ENOMEM)?;
        if !leaves_old {
            inner.areas.remove(old, &mut drop);
        }
        let first = area.index(old.start.0);
        let flags = area.flags & !Flags::GROWS_DOWN;
        inner.areas.insert(Area { start: new.start.0, end: new.end.0, first, flags, ..area });
        Ok(new.start)
    }
}

impl Inner {
    fn grow_in_place(&mut self, area: &Area, old: AddrRange, new_len: u64) -> bool {
        let end = old.start.0.saturating_add(new_len);
        let more = AddrRange { start: old.end, end: Addr(end) };
        if old.end.0 != area.end || end > TASK_END || !self.areas.is_free_with_guard(more) {
            return false;
        }
        if self.areas.count() < MAX_AREAS {
            self.areas.insert(Area { start: area.end, end, first: area.index(area.end), ..area.clone() });
            return true;
        }
        false
    }

    /// Moves entries to another place, or leaves all as it was.
    fn relocate(&mut self, physical: &Physical, old: AddrRange, new: AddrRange) -> Result<(), NoMemory> {
        let mut rest = old;
        loop {
            let mut batch: [Option<(Addr, Frame, Rights)>; BATCH] = [None; BATCH];
            let mut room = batch.iter_mut();
            let stopped = self.table.walk(rest, &mut |at, frame, rights| match room.next() {
                Some(place) => {
                    *place = Some((at, frame, rights));
                    Step::Keep
                }
                None => Step::Stop,
            });
            for (at, frame, rights) in batch.into_iter().flatten() {
                let to = new.start.plus(at.0 - old.start.0);
                if let Err(NoMemory) = self.table.map(to, frame, rights, &physical.frames) {
                    self.table.walk(new, &mut |_, _, _| Step::Remove);
                    self.table.flush(new);
                    return Err(NoMemory);
                }
            }
            match stopped {
                Some(at) => rest.start = at,
                None => break,
            }
        }
        let mut is_changed = false;
        self.table.walk(old, &mut |_, _, _| {
            is_changed = true;
            Step::Remove
        });
        if is_changed {
            self.table.flush(old);
        }
        Ok(())
    }
}

//! What a program tells about its memory, and what it asks about it.

use super::area::{Area, Flags};
use super::map::{pages_of, whole_pages};
use super::{MAX_AREAS, Space};
use crate::machine::Access;
use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use ashore_pivot::Errno;

/// What an advice comes to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Advice {
    /// Nothing here.
    Nothing,
    /// The pages are dropped.
    Drop,
    /// The pages are dropped, of plain memory only.
    DropPlain,
    /// The areas get a flag.
    Set(Flags),
    /// The areas lose a flag.
    Clear(Flags),
    /// The pages are brought.
    Bring(Access),
    /// A hole in a file.
    Hole,
}

/// The advice of a number, as far as this kernel was built with it.
fn advice(number: u32) -> Option<Advice> {
    Some(match number {
        // NORMAL, RANDOM, SEQUENTIAL, WILLNEED, HUGEPAGE, NOHUGEPAGE, COLD, PAGEOUT.
        0..=3 | 14 | 15 | 20 | 21 => Advice::Nothing,
        4 => Advice::Drop,
        8 => Advice::DropPlain,
        9 => Advice::Hole,
        10 => Advice::Set(Flags::NOT_FORKED),
        11 => Advice::Clear(Flags::NOT_FORKED),
        16 => Advice::Set(Flags::NOT_DUMPED),
        17 => Advice::Clear(Flags::NOT_DUMPED),
        18 => Advice::Set(Flags::WIPED),
        19 => Advice::Clear(Flags::WIPED),
        22 => Advice::Bring(Access::Read),
        23 => Advice::Bring(Access::Write),
        _ => return None,
    })
}

impl Advice {
    /// Why an area cannot take it.
    fn refusal(self, area: &Area) -> Option<Errno> {
        let is_plain = area.file.is_none();
        match self {
            Advice::Drop if area.flags.has(Flags::LOCKED) => Some(Errno::EINVAL),
            Advice::DropPlain | Advice::Set(Flags::WIPED) if !is_plain => Some(Errno::EINVAL),
            Advice::Bring(access) if !area.prot.allows(access) => Some(Errno::EFAULT),
            Advice::Hole if area.flags.has(Flags::LOCKED) || !area.is_shared() => Some(Errno::EINVAL),
            Advice::Hole => Some(Errno::EOPNOTSUPP),
            _ => None,
        }
    }
}

impl Space {
    /// `madvise`. Gaps are passed over and told at the end.
    pub fn advise(&self, at: Addr, len: u64, number: u32) -> Result<(), Errno> {
        let advice = advice(number).ok_or(Errno::EINVAL)?;
        let rounded = whole_pages(len).filter(|_| at.0.is_multiple_of(PAGE_SIZE)).ok_or(Errno::EINVAL)?;
        let range = AddrRange::new(at, rounded).ok_or(Errno::EINVAL)?;
        if range.is_empty() {
            return Ok(());
        }
        if let Advice::Bring(access) = advice {
            return self.bring(range, access);
        }
        let inner = &mut *self.inner.lock();
        let refused = inner.areas.overlapping(range).find_map(|area| Some((area.start, advice.refusal(area)?)));
        let end = refused.map_or(range.end, |(at, _)| Addr(at.max(range.start.0)));
        let taken = AddrRange { end, ..range };
        let has_gap = inner.areas.gap(taken).is_some();
        match advice {
            Advice::Nothing | Advice::Bring(_) | Advice::Hole => {}
            Advice::Drop | Advice::DropPlain if taken.is_empty() => {}
            Advice::Drop | Advice::DropPlain => inner.clear(self.physical, taken),
            Advice::Set(_) | Advice::Clear(_) if inner.areas.count() + inner.areas.splits(taken) > MAX_AREAS => {
                return Err(Errno::ENOMEM);
            }
            Advice::Set(flags) => inner.areas.change(taken, &mut |area| area.flags = area.flags | flags),
            Advice::Clear(flags) => inner.areas.change(taken, &mut |area| area.flags = area.flags & !flags),
        }
        match refused {
            Some((_, errno)) => Err(errno),
            None if has_gap => Err(Errno::ENOMEM),
            None => Ok(()),
        }
    }

    fn bring(&self, range: AddrRange, access: Access) -> Result<(), Errno> {
        let mut at = range.start;
        while at < range.end {
            let fault = self.inner.lock().fault(self.physical, &self.limits, at, access);
            fault.map_err(|end| match end {
                super::FaultEnd::NoArea | super::FaultEnd::NoMemory => Errno::ENOMEM,
                super::FaultEnd::NoRights | super::FaultEnd::BeyondFile => Errno::EFAULT,
            })?;
            at = at.plus(PAGE_SIZE);
        }
        Ok(())
    }

    /// `msync`: files are memory, so all that can be told is whether the range is mapped.
    pub fn sync(&self, at: Addr, len: u64, flags: u32) -> Result<(), Errno> {
        const ASYNC: u32 = 1;
        const INVALIDATE: u32 = 2;
        const SYNC: u32 = 4;
        if flags & !(ASYNC | INVALIDATE | SYNC) != 0
            || !at.0.is_multiple_of(PAGE_SIZE)
            || flags & (ASYNC | SYNC) == ASYNC | SYNC
        {
            return Err(Errno::EINVAL);
        }
        let rounded = whole_pages(len).ok_or(Errno::ENOMEM)?;
        let range = AddrRange::new(at, rounded).ok_or(Errno::ENOMEM)?;
        let inner = self.inner.lock();
        let is_locked = inner.areas.overlapping(range).any(|area| area.flags.has(Flags::LOCKED));
        if flags & INVALIDATE != 0 && is_locked {
            return Err(Errno::EBUSY);
        }
        if inner.areas.gap(range).is_some() { Err(Errno::ENOMEM) } else { Ok(()) }
    }

    /// `mincore`: a byte for every page of a range, 1 for those in memory. Fills as much as there is room for; all of it
    /// must be mapped.
    pub fn resident(&self, range: AddrRange, into: &mut [u8]) -> Result<(), Errno> {
        let inner = self.inner.lock();
        if inner.areas.gap(range).is_some() {
            return Err(Errno::ENOMEM);
        }
        into.fill(0);
        let nth = |at: u64| ((at - range.start.0) / PAGE_SIZE) as usize;
        for area in inner.areas.overlapping(range).filter(|area| area.file.is_some()) {
            let part = area.within(range);
            let (from, to) = (nth(part.start.0).min(into.len()), nth(part.end.0).min(into.len()));
            into.get_mut(from..to).unwrap_or_default().fill(1);
        }
        inner.table.each(range, &mut |at, _, _| {
            if let Some(byte) = into.get_mut(nth(at.0)) {
                *byte = 1;
            }
        });
        Ok(())
    }

    /// `mlock`: the pages are brought, and stay as all pages do.
    pub fn lock(&self, at: Addr, len: u64) -> Result<(), Errno> {
        let range = self.set_locked(at, len, Flags::LOCKED)?;
        self.populate(range);
        Ok(())
    }

    /// `munlock`.
    pub fn unlock(&self, at: Addr, len: u64) -> Result<(), Errno> {
        self.set_locked(at, len, Flags::NONE).map(|_| ())
    }

    /// `mlockall` and `munlockall`, for what is mapped now.
    pub fn lock_all(&self, locked: Flags) {
        let inner = &mut *self.inner.lock();
        inner.areas.change(super::EVERYTHING, &mut |area| area.flags = area.flags & !Flags::LOCKED | locked);
    }

    fn set_locked(&self, at: Addr, len: u64, locked: Flags) -> Result<AddrRange, Errno> {
        let start = at.align_down(PAGE_SIZE);
        let range = pages_of(start, len.saturating_add(at.0 - start.0)).ok_or(Errno::ENOMEM)?;
        let inner = &mut *self.inner.lock();
        if inner.areas.gap(range).is_some() || inner.areas.count() + inner.areas.splits(range) > MAX_AREAS {
            return Err(Errno::ENOMEM);
        }
        inner.areas.change(range, &mut |area| area.flags = area.flags & !Flags::LOCKED | locked);
        Ok(range)
    }
}

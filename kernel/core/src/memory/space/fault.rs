//! Pages come when they are touched.
//!
//! This is a hot path: the case of plain memory that is written for the first time comes first and does no more than it
//! must.

use super::area::{Area, Flags, GUARD, MIN_ADDR, Prot, Recent, allows};
use super::{Inner, Space, SpaceLimits};
use crate::machine::{Access, Frame, NoMemory, Rights};
use crate::memory::{Mapped, PageFail, Physical};
use alloc::sync::Arc;
use ashore_base::{Addr, AddrRange, PAGE_SIZE};

/// Why a program cannot have a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FaultEnd {
    /// Nothing is mapped there: `SIGSEGV` with `SEGV_MAPERR`.
    NoArea,
    /// It is not mapped for that: `SIGSEGV` with `SEGV_ACCERR`.
    NoRights,
    /// The file ends before it: `SIGBUS` with `BUS_ADRERR`.
    BeyondFile,
    /// No memory is left: the program must end.
    NoMemory,
}

impl From<NoMemory> for FaultEnd {
    fn from(_: NoMemory) -> FaultEnd {
        FaultEnd::NoMemory
    }
}

impl From<PageFail> for FaultEnd {
    fn from(fail: PageFail) -> FaultEnd {
        match fail {
            PageFail::BeyondEnd => FaultEnd::BeyondFile,
            PageFail::NoMemory => FaultEnd::NoMemory,
        }
    }
}

/// A page's place in a file that is mapped.
struct Source {
    file: Arc<Mapped>,
    index: u64,
    is_shared: bool,
}

impl Space {
    /// Answers a fault: brings the page, or says why not.
    #[inline]
    pub fn fault(&self, at: Addr, access: Access) -> Result<(), FaultEnd> {
        self.inner.lock().fault(self.physical, &self.limits, at, access).map(|_| ())
    }
}

impl Inner {
    /// Makes a page accessible; its frame.
    #[inline]
    pub(in crate::memory) fn fault(
        &mut self,
        physical: &Physical,
        limits: &SpaceLimits,
        at: Addr,
        access: Access,
    ) -> Result<Frame, FaultEnd> {
        let page = at.0 & !(PAGE_SIZE - 1);
        let mut source = None;
        let recent = self.areas.recent;
        let prot = if recent.start <= page && page < recent.end {
            recent.prot
        } else {
            let (prot, from) = self.area_for_fault(limits, page)?;
            source = from;
            prot
        };
        if !prot.allows(access) {
            return Err(FaultEnd::NoRights);
        }
        match (self.table.look(Addr(page)), source) {
            (None, None) => self.new_page(physical, page, prot, access),
            (None, Some(source)) => self.file_page(physical, page, prot, (source, access)),
            (Some((frame, rights)), _) if allows(rights, access) => Ok(frame),
            (Some((frame, rights)), source) => {
                self.upgrade(physical, page, (frame, rights), prot, source.filter(|_| access == Access::Write))
            }
        }
    }

    /// The area that holds a page, a stack grown to it if need be: what it allows and where its pages come from.
    fn area_for_fault(&mut self, limits: &SpaceLimits, page: u64) -> Result<(Prot, Option<Source>), FaultEnd> {
        let mut area = self.areas.find(page).ok_or(FaultEnd::NoArea)?;
        if page < area.start {
            let end = area.end;
            if !self.can_grow(limits, area, page) {
                return Err(FaultEnd::NoArea);
            }
            self.areas.grow(end, page);
            area = self.areas.find(page).ok_or(FaultEnd::NoArea)?;
        }
        let prot = area.prot;
        let source =
            area.file.clone().map(|file| Source { file, index: area.index(page), is_shared: area.is_shared() });
        if source.is_none() {
            self.areas.recent = Recent { start: area.start, end: area.end, prot };
        }
        Ok((prot, source))
    }

    /// Whether a stack may begin at a page.
    fn can_grow(&self, limits: &SpaceLimits, area: &Area, page: u64) -> bool {
        if !area.flags.has(Flags::GROWS_DOWN) || page < MIN_ADDR || area.end - page > limits.stack() {
            return false;
        }
        let guard = AddrRange { start: Addr(page.saturating_sub(GUARD)), end: Addr(area.start) };
        let is_clear = self.areas.overlapping(guard).all(|below| {
            below.start >= area.start
                || (below.end <= page && (below.prot == Prot::NONE || below.flags.has(Flags::GROWS_DOWN)))
        });
        is_clear && limits.allow(&self.areas, area.start - page, false).is_ok()
    }

    /// The first page of plain memory at a place.
    #[inline]
    fn new_page(&mut self, physical: &Physical, page: u64, prot: Prot, access: Access) -> Result<Frame, FaultEnd> {
        if access != Access::Write {
            self.table.map(Addr(page), physical.zero, prot.borrowed(), &physical.frames)?;
            return Ok(physical.zero);
        }
        let frame = physical.take_zeroed()?;
        self.enter(physical, page, frame, prot.rights())
    }

    /// A file's page, or a copy of it.
    fn file_page(
        &mut self,
        physical: &Physical,
        page: u64,
        prot: Prot,
        (source, access): (Source, Access),
    ) -> Result<Frame, FaultEnd> {
        let pages = &source.file.pages;
        if access != Access::Write {
            let frame = pages.page(source.index)?;
            if prot.has(Prot::EXECUTE) {
                physical.machine.sync_code(frame);
            }
            return self.enter(physical, page, frame, prot.borrowed());
        }
        if source.is_shared {
            let frame = pages.page_to_write(source.index)?;
            return self.enter(physical, page, frame, prot.rights());
        }
        let of = pages.page(source.index)?;
        let copy = physical.take_copy(of);
        physical.drop(of);
        self.enter(physical, page, copy?, prot.rights())
    }

    /// Enters a page whose frame the caller holds.
    #[inline]
    fn enter(&mut self, physical: &Physical, page: u64, frame: Frame, rights: Rights) -> Result<Frame, FaultEnd> {
        if let Err(NoMemory) = self.table.map(Addr(page), frame, rights, &physical.frames) {
            physical.drop(frame);
            return Err(FaultEnd::NoMemory);
        }
        if frame != physical.zero {
            self.count();
        }
        Ok(frame)
    }

    /// Gives an entry the rights its area has. `shared` is the file of a shared page that is to be written.
    fn upgrade(
        &mut self,
        physical: &Physical,
        page: u64,
        (frame, rights): (Frame, Rights),
        prot: Prot,
        source: Option<Source>,
    ) -> Result<Frame, FaultEnd> {
        let (at, range) = (Addr(page), AddrRange { start: Addr(page), end: Addr(page + PAGE_SIZE) });
        let own = match source.filter(|source| source.is_shared) {
            Some(source) => source.file.pages.page_to_write(source.index)?,
            None if !prot.has(Prot::WRITE) || rights.write => {
                self.table.protect(at, prot.borrowed());
                self.table.flush(range);
                return Ok(frame);
            }
            None if frame == physical.zero => {
                self.count();
                physical.take_zeroed().inspect_err(|_| self.resident -= 1)?
            }
            None if physical.frames.holders(frame) == 1 => {
                self.table.protect(at, prot.rights());
                self.table.flush(range);
                return Ok(frame);
            }
            None => physical.take_copy(frame)?,
        };
        if prot.has(Prot::EXECUTE) {
            physical.machine.sync_code(own);
        }
        self.table.replace(at, own, prot.rights());
        self.table.flush(range);
        physical.drop(frame);
        Ok(own)
    }
}

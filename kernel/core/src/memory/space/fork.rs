//! A child's copy of a space.

use super::area::Flags;
use super::{EVERYTHING, Inner, Space};
use crate::machine::{NoMemory, Rights, Step};
use alloc::sync::Arc;
use ashore_base::{Addr, AddrRange};
use ashore_pivot::Errno;

impl Space {
    /// A copy. Both share the frames of private memory until one writes.
    pub fn fork(&self) -> Result<Arc<Space>, Errno> {
        let inner = &mut *self.inner.lock();
        let frames = &self.physical.frames;
        let mut table = self.physical.machine.new_table(frames).map_err(|NoMemory| Errno::ENOMEM)?;
        let mut resident = 0;
        let mut is_changed = false;
        let mut has_failed = false;
        for area in inner.areas.iter().filter(|area| !area.flags.has(Flags::NOT_FORKED | Flags::WIPED)) {
            let range = AddrRange { start: Addr(area.start), end: Addr(area.end) };
            let is_shared = area.is_shared();
            inner.table.walk(range, &mut |at, frame, rights| {
                let borrowed = Rights { write: is_shared && rights.write, ..rights };
                if table.map(at, frame, borrowed, frames).is_err() {
                    has_failed = true;
                    return Step::Stop;
                }
                if frame != self.physical.zero {
                    frames.share(frame);
                    resident += 1;
                }
                if borrowed == rights {
                    return Step::Keep;
                }
                is_changed = true;
                Step::Protect(borrowed)
            });
            if has_failed {
                break;
            }
        }
        if is_changed {
            inner.table.flush(EVERYTHING);
        }
        if has_failed {
            table.each(EVERYTHING, &mut |_, frame, _| self.physical.drop(frame));
            table.release(frames);
            return Err(Errno::ENOMEM);
        }
        let areas = inner.areas.forked();
        let most = resident;
        let (heap, stack, way_back) = (inner.heap, inner.stack, inner.way_back);
        let child = Space::with(self.physical, Inner { table, areas, resident, most, heap, stack, way_back });
        child.limits.copy(&self.limits);
        for mapped in inner.areas.iter().filter_map(|area| area.file.as_ref()) {
            if let Some(mappers) = mapped.pages.mappers() {
                mappers.add(&child.me);
            }
        }
        Ok(child)
    }
}

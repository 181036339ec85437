//! What others are told of a space: `/proc/PID/maps`, `status`, `statm`, core files.

#[cfg(test)]
use super::EVERYTHING;
use super::area::{Area, Flags, Prot};
use super::{Inner, Space};
use crate::memory::Mapped;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_base::{Addr, AddrRange, PAGE_SIZE};

/// One area: a line of `/proc/PID/maps`.
#[derive(Clone, Debug)]
pub struct AreaView {
    /// Where.
    pub range: AddrRange,
    /// What may be done with it.
    pub prot: Prot,
    /// Whether writes reach others.
    pub is_shared: bool,
    /// How.
    pub flags: Flags,
    /// The offset in its file.
    pub offset: u64,
    /// Its file.
    pub file: Option<Arc<Mapped>>,
    /// What it is when it has no file.
    pub name: &'static str,
}

/// The sizes of a space, in pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sizes {
    /// All of it.
    pub total: u64,
    /// The most that ever was.
    pub most_total: u64,
    /// What is there.
    pub resident: u64,
    /// The most that ever was.
    pub most_resident: u64,
    /// What is there of files and shared memory.
    pub resident_of_files: u64,
    /// Memory of its own that it can write, its stack left out.
    pub data: u64,
    /// Its stack.
    pub stack: u64,
    /// Code of files.
    pub text: u64,
    /// Memory that must stay.
    pub locked: u64,
}

/// What of an area is there, in pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Present {
    /// Nobody else has them, and they are as in the file.
    pub private_clean: u64,
    /// Nobody else has them, and they were written.
    pub private_dirty: u64,
    /// Others have them too, and they are as in the file.
    pub shared_clean: u64,
    /// Others have them too, and they were written.
    pub shared_dirty: u64,
}

impl Space {
    /// What of a range is there that is all of one area; `is_file` says of what kind.
    ///
    /// The table does not note who wrote: what has no file was written when it came. A page of a file has the file as one
    /// holder more, so a copy that a fork shared is taken for the file's own.
    pub fn present(&self, range: AddrRange, is_file: bool) -> Present {
        let mut present = Present::default();
        let physical = self.physical;
        self.inner.lock().table.each(range, &mut |_, frame, _| {
            let place = match (is_file, physical.frames.holders(frame)) {
                _ if frame == physical.zero => &mut present.shared_clean,
                (_, ..=1) => &mut present.private_dirty,
                (true, 2) => &mut present.private_clean,
                (true, _) => &mut present.shared_clean,
                (false, _) => &mut present.shared_dirty,
            };
            *place += 1;
        });
        present
    }

    /// Says where the main thread's stack is.
    pub fn set_stack(&self, at: Addr) {
        self.inner.lock().stack = at;
    }

    /// Says where handlers return to that bring no way back of their own.
    pub fn set_way_back(&self, at: Addr) {
        self.inner.lock().way_back = at;
    }

    /// Where they return to.
    pub fn way_back(&self) -> Addr {
        self.inner.lock().way_back
    }

    /// Every area, ascending.
    pub fn areas(&self) -> Vec<AreaView> {
        let mut all = Vec::new();
        self.inner.lock().each_area(&mut |area| all.push(area.clone()));
        all
    }

    /// Shows every area, ascending, unless somebody holds the space.
    pub(crate) fn try_each_area(&self, seen: &mut dyn FnMut(&AreaView)) {
        if let Some(inner) = self.inner.try_lock() {
            inner.each_area(seen);
        }
    }

    /// Its sizes.
    pub fn sizes(&self) -> Sizes {
        let inner = self.inner.lock();
        let most_total = inner.areas.most_bytes() / PAGE_SIZE;
        let (resident, most_resident) = (inner.resident, inner.most);
        let mut sizes = Sizes { resident, most_resident, most_total, ..Sizes::default() };
        for area in inner.areas.iter() {
            let pages = area.len() / PAGE_SIZE;
            let when = |is_so: bool| if is_so { pages } else { 0 };
            sizes.total += pages;
            sizes.data += when(area.is_data());
            sizes.stack += when(area.flags.has(Flags::GROWS_DOWN));
            sizes.text += when(area.prot.has(Prot::EXECUTE) && area.file.is_some());
            sizes.locked += when(area.flags.has(Flags::LOCKED));
            if area.file.is_some() {
                let range = AddrRange { start: Addr(area.start), end: Addr(area.end) };
                inner.table.each(range, &mut |_, _, _| sizes.resident_of_files += 1);
            }
        }
        sizes
    }

    /// How many entries name frames now, counted anew.
    #[cfg(test)]
    pub(crate) fn counted(&self) -> (u64, u64) {
        let inner = self.inner.lock();
        let mut entries = 0;
        inner.table.each(EVERYTHING, &mut |_, frame, _| entries += u64::from(frame != self.physical.zero));
        (entries, inner.resident)
    }
}

impl Inner {
    fn each_area(&self, seen: &mut dyn FnMut(&AreaView)) {
        let name = |area: &Area| {
            let is_heap = self.heap.start.0 < area.end && self.heap.end.0 > area.start;
            match &area.file {
                Some(_) => "",
                None if is_heap => "[heap]",
                None if area.start <= self.stack.0 && self.stack.0 < area.end => "[stack]",
                None => "",
            }
        };
        let view = |area: &Area| AreaView {
            range: AddrRange { start: Addr(area.start), end: Addr(area.end) },
            prot: area.prot,
            is_shared: area.is_shared(),
            flags: area.flags,
            offset: area.first * PAGE_SIZE,
            file: area.file.clone(),
            name: name(area),
        };
        self.areas.iter().for_each(|area| seen(&view(area)));
    }
}

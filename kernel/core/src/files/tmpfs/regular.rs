//! Regular files.

use super::Tmpfs;
use super::store::{Found, Origin, Store};
use crate::call::{Call, Stop};
use crate::file::{At, Bytes, File, O_APPEND, Open, Status};
use crate::files::node::{Attributes, Kind, New, Node};
use crate::kernel::Kernel;
use crate::lock::Lock;
use crate::machine::{Frame, NoMemory};
use crate::memory::{Gone, Mappers, PageFail, Pages, Physical};
use alloc::sync::{Arc, Weak};
use ashore_base::PAGE_SIZE;
use ashore_pivot::Errno;
use ashore_pivot::layout::fcntl::{
    F_SEAL_FUTURE_WRITE, F_SEAL_GROW, F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_WRITE, SEEK_CUR, SEEK_DATA, SEEK_END,
    SEEK_HOLE, SEEK_SET,
};
use ashore_pivot::layout::statfs::TMPFS_MAGIC;
use core::any::Any;
use core::sync::atomic::{AtomicU32, Ordering};

/// The longest file.
const MOST: u64 = i64::MAX as u64;

/// A regular file in memory.
pub struct Regular {
    device: u64,
    inode: u64,
    physical: &'static Physical,
    pub(super) attributes: Attributes,
    me: Weak<Regular>,
    /// Held while it is written or cut, before any other lock: writes are whole.
    writing: Lock<()>,
    store: Lock<Store>,
    mappers: Mappers,
    /// What must not be done to it any more (`F_ADD_SEALS`).
    seals: AtomicU32,
}

impl From<NoMemory> for PageFail {
    fn from(_: NoMemory) -> PageFail {
        PageFail::NoMemory
    }
}

impl Regular {
    /// An empty file.
    pub(super) fn new(fs: &Tmpfs, new: &New, now: u64) -> Arc<Regular> {
        Arc::new_cyclic(|me| Regular {
            device: fs.device,
            inode: fs.new_inode(),
            physical: fs.physical,
            attributes: Attributes::new(new, now),
            me: me.clone(),
            writing: Lock::new(()),
            store: Lock::new(Store::new(Origin { offset: 0, len: 0 })),
            mappers: Mappers::new(),
            seals: AtomicU32::new(F_SEAL_SEAL),
        })
    }

    /// Makes an empty file a part of the files that came with the machine.
    pub(crate) fn begin_as(&self, origin: Origin) {
        *self.store.lock() = Store::new(origin);
    }

    /// What must not be done to it any more.
    pub fn seals(&self) -> u32 {
        self.seals.load(Ordering::Acquire)
    }

    /// Says so in the first place (`memfd_create`).
    pub fn set_seals(&self, seals: u32) {
        self.seals.store(seals, Ordering::Release);
    }

    /// Adds to it.
    pub fn add_seals(&self, seals: u32) -> Result<(), Errno> {
        let _writing = self.writing.lock();
        if self.seals() & F_SEAL_SEAL != 0 {
            return Err(Errno::EPERM);
        }
        self.seals.fetch_or(seals, Ordering::AcqRel);
        Ok(())
    }

    /// Reads from a place on; the bytes may lie in memory that must be made first, so no lock is held meanwhile.
    fn read_at(&self, bytes: &mut dyn Bytes, place: u64) -> Result<u64, Errno> {
        let mut at = place;
        loop {
            let (found, count) = {
                let mut store = self.store.lock();
                let offset = at % PAGE_SIZE;
                let count = (bytes.left() as u64).min(PAGE_SIZE - offset).min(store.size.saturating_sub(at));
                if count == 0 {
                    return Ok(at - place);
                }
                let found = store.find(self.physical, at / PAGE_SIZE).map_err(|NoMemory| Errno::ENOMEM)?;
                if let Found::Own(frame) | Found::Origin(frame) = found {
                    self.physical.frames.share(frame);
                }
                (found, count as usize)
            };
            let put = match found {
                Found::Own(frame) | Found::Origin(frame) => {
                    let put = bytes.put_frame(self.physical, frame, (at % PAGE_SIZE) as usize, count);
                    self.physical.frames.drop(frame);
                    put
                }
                Found::Hole => bytes.put_zeros(count),
            };
            match put {
                Err(_) if at > place => return Ok(at - place),
                put => at += put? as u64,
            }
            if !at.is_multiple_of(PAGE_SIZE) {
                return Ok(at - place);
            }
        }
    }

    /// Writes from a place on. `writing` is held.
    fn write_at(&self, bytes: &mut dyn Bytes, place: u64) -> Result<u64, Errno> {
        if self.seals() & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE) != 0 {
            return Err(Errno::EPERM);
        }
        let mut end = place.saturating_add(bytes.left() as u64).min(MOST);
        if self.seals() & F_SEAL_GROW != 0 {
            end = end.min(self.store.lock().size);
            if end <= place && bytes.left() > 0 {
                return Err(Errno::EPERM);
            }
        }
        if place >= MOST && bytes.left() > 0 {
            return Err(Errno::EFBIG);
        }
        let mut at = place;
        let result = loop {
            let count = end.saturating_sub(at).min(PAGE_SIZE - at % PAGE_SIZE);
            if count == 0 {
                break Ok(());
            }
            match self.write_part(bytes, at, count as usize) {
                Ok(taken) => {
                    at += taken as u64;
                    if (taken as u64) < count {
                        break Ok(());
                    }
                }
                Err(errno) => break Err(errno),
            }
        };
        if at > place {
            let mut store = self.store.lock();
            store.size = store.size.max(at);
        }
        match result {
            Err(errno) if at == place => Err(errno),
            _ => Ok(at - place),
        }
    }

    /// Writes within one page.
    fn write_part(&self, bytes: &mut dyn Bytes, at: u64, count: usize) -> Result<usize, Errno> {
        let index = at / PAGE_SIZE;
        let (frame, before) = self.store.lock().own_shared(self.physical, index).map_err(|NoMemory| Errno::ENOSPC)?;
        let taken = bytes.take_frame(self.physical, frame, (at % PAGE_SIZE) as usize, count);
        self.physical.frames.drop(frame);
        if let Some(before) = before {
            self.mappers.forget(self, Gone::Exchanged(index, before));
        }
        taken
    }

    /// Makes room or takes it back: `fallocate`.
    pub fn allocate(&self, kernel: &Kernel, from: u64, len: u64, what: Allocation) -> Result<(), Errno> {
        let to = from.checked_add(len).filter(|to| *to <= MOST).ok_or(Errno::EFBIG)?;
        let _writing = self.writing.lock();
        let size = self.store.lock().size;
        match what {
            Allocation::Grow | Allocation::Keep => {
                let grows = what == Allocation::Grow && to > size;
                if grows && self.seals() & F_SEAL_GROW != 0 {
                    return Err(Errno::EPERM);
                }
                if (to - from) / PAGE_SIZE > self.physical.frames.free() as u64 {
                    return Err(Errno::ENOSPC);
                }
                for index in from / PAGE_SIZE..to.div_ceil(PAGE_SIZE) {
                    let mut store = self.store.lock();
                    if store.find(self.physical, index).map_err(|NoMemory| Errno::ENOSPC)? == Found::Hole {
                        store.own(self.physical, index).map_err(|NoMemory| Errno::ENOSPC)?;
                    }
                }
                if grows {
                    self.store.lock().size = to;
                }
            }
            Allocation::Punch | Allocation::Zero => {
                if self.seals() & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE) != 0 {
                    return Err(Errno::EPERM);
                }
                let before = self.store.lock().clear(self.physical, from, to).map_err(|NoMemory| Errno::ENOSPC)?;
                self.exchanged(&before);
                if what == Allocation::Zero && to > size {
                    self.store.lock().size = to;
                }
            }
        }
        self.attributes.modified(kernel.wall());
        Ok(())
    }

    /// Whoever has a page mapped by a frame it had before asks for it again.
    fn exchanged(&self, before: &[(u64, Frame)]) {
        before.iter().for_each(|(index, frame)| self.mappers.forget(self, Gone::Exchanged(*index, *frame)));
    }

    fn seek_end(&self, offset: u64, is_data: bool) -> Result<u64, Errno> {
        let store = self.store.lock();
        if offset >= store.size {
            return Err(Errno::ENXIO);
        }
        let index = offset / PAGE_SIZE;
        let found = store.next(index, is_data);
        if found == u64::MAX {
            return Err(Errno::ENXIO);
        }
        let at = if found == index { offset } else { found * PAGE_SIZE };
        match is_data {
            true if at >= store.size => Err(Errno::ENXIO),
            true => Ok(at),
            false => Ok(at.min(store.size)),
        }
    }
}

/// What `fallocate` does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Allocation {
    /// Make room, and the file longer if need be.
    Grow,
    /// Make room.
    Keep,
    /// Make a hole.
    Punch,
    /// Zeros, and the file longer if need be.
    Zero,
}

impl Node for Regular {
    fn status(&self) -> Status {
        let (size, pages) = {
            let store = self.store.lock();
            (store.size, store.pages())
        };
        Status {
            device: self.device,
            inode: self.inode,
            size,
            blocks: pages * (PAGE_SIZE / 512),
            ..self.attributes.status(Kind::Regular)
        }
    }

    fn kind(&self) -> Kind {
        Kind::Regular
    }

    fn attributes(&self) -> Option<&Attributes> {
        Some(&self.attributes)
    }

    fn open(self: Arc<Self>, _call: &mut Call<'_>, _flags: u32) -> Result<Arc<dyn File>, Stop> {
        Ok(self)
    }

    fn set_len(&self, kernel: &Kernel, len: u64) -> Result<(), Errno> {
        if len > MOST {
            return Err(Errno::EFBIG);
        }
        let _writing = self.writing.lock();
        let (is_shorter, before) = {
            let mut store = self.store.lock();
            let seal = if len < store.size { F_SEAL_SHRINK } else { F_SEAL_GROW };
            if len != store.size && self.seals() & seal != 0 {
                return Err(Errno::EPERM);
            }
            let is_shorter = len < store.size;
            let before = store.set_len(self.physical, len).map_err(|NoMemory| Errno::ENOSPC)?;
            (is_shorter, before)
        };
        if is_shorter {
            self.mappers.forget(self, Gone::From(len.div_ceil(PAGE_SIZE)));
            self.exchanged(&before);
        }
        self.attributes.modified(kernel.wall());
        Ok(())
    }

    fn pages(&self) -> Result<Arc<dyn Pages>, Errno> {
        Ok(self.me.upgrade().ok_or(Errno::EACCES)?)
    }

    fn filesystem(&self) -> i64 {
        TMPFS_MAGIC
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl File for Regular {
    fn read(&self, call: &mut Call<'_>, open: &Open, bytes: &mut dyn Bytes, at: At) -> Result<u64, Stop> {
        self.attributes.accessed(|| call.kernel.wall());
        match at {
            At::Place(place) => Ok(self.read_at(bytes, place)?),
            At::Here => {
                let mut offset = open.offset.lock();
                let count = self.read_at(bytes, *offset)?;
                *offset += count;
                Ok(count)
            }
        }
    }

    fn write(&self, call: &mut Call<'_>, open: &Open, bytes: &mut dyn Bytes, at: At) -> Result<u64, Stop> {
        let count = match at {
            At::Place(place) => {
                let _writing = self.writing.lock();
                let appends = open.flags() & O_APPEND != 0;
                self.write_at(bytes, if appends { self.store.lock().size } else { place })?
            }
            At::Here => {
                let mut offset = open.offset.lock();
                let _writing = self.writing.lock();
                if open.flags() & O_APPEND != 0 {
                    *offset = self.store.lock().size;
                }
                let count = self.write_at(bytes, *offset)?;
                *offset += count;
                count
            }
        };
        if count > 0 {
            self.attributes.modified(call.kernel.wall());
        }
        Ok(count)
    }

    fn has_places(&self) -> bool {
        true
    }

    fn stat(&self, _call: &Call<'_>) -> Result<Status, Errno> {
        Ok(self.status())
    }

    fn seek(&self, open: &Open, offset: i64, whence: u32) -> Result<u64, Errno> {
        let mut here = open.offset.lock();
        let start = match whence {
            SEEK_SET => 0,
            SEEK_CUR => *here,
            SEEK_END => self.store.lock().size,
            SEEK_DATA | SEEK_HOLE => {
                let from = u64::try_from(offset).map_err(|_| Errno::ENXIO)?;
                *here = self.seek_end(from, whence == SEEK_DATA)?;
                return Ok(*here);
            }
            _ => return Err(Errno::EINVAL),
        };
        let to = start.checked_add_signed(offset).filter(|to| *to <= MOST).ok_or(Errno::EINVAL)?;
        *here = to;
        Ok(to)
    }

    fn pages(&self) -> Result<Arc<dyn Pages>, Errno> {
        Node::pages(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Pages for Regular {
    fn page(&self, index: u64) -> Result<Frame, PageFail> {
        let mut store = self.store.lock();
        if index >= store.size.div_ceil(PAGE_SIZE) {
            return Err(PageFail::BeyondEnd);
        }
        let frame = match store.find(self.physical, index)? {
            Found::Own(frame) | Found::Origin(frame) => frame,
            Found::Hole => store.own(self.physical, index)?.0,
        };
        self.physical.frames.share(frame);
        Ok(frame)
    }

    fn page_to_write(&self, index: u64) -> Result<Frame, PageFail> {
        let mut store = self.store.lock();
        if index >= store.size.div_ceil(PAGE_SIZE) {
            return Err(PageFail::BeyondEnd);
        }
        // Others that have the archive's frame mapped keep it until they write or look again; the caller is one of
        // those and is given the new one.
        let (frame, _) = store.own_shared(self.physical, index)?;
        Ok(frame)
    }

    fn len(&self) -> u64 {
        self.store.lock().size
    }

    fn mappers(&self) -> Option<&Mappers> {
        Some(&self.mappers)
    }
}

impl Drop for Regular {
    fn drop(&mut self) {
        self.store.lock().release(self.physical);
    }
}

impl Store {
    /// As [`Store::own`], with one more holder counted.
    fn own_shared(&mut self, physical: &Physical, index: u64) -> Result<(Frame, Option<Frame>), NoMemory> {
        let (frame, before) = self.own(physical, index)?;
        physical.frames.share(frame);
        Ok((frame, before))
    }
}

//! Descriptors: small numbers for open files.

use crate::file::Open;
use crate::kernel::Kernel;
use crate::lock::Lock;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_pivot::Errno;
use core::sync::atomic::{AtomicU32, Ordering};

/// The descriptors of one or more threads.
#[derive(Debug, Default)]
pub struct Files {
    slots: Lock<Vec<Option<Slot>>>,
    /// How many threads use them.
    users: AtomicU32,
}

/// What a descriptor stands for.
#[derive(Clone, Debug)]
pub struct Slot {
    /// The open file.
    pub open: Arc<Open>,
    /// Whether `execve` closes it.
    pub closes_on_exec: bool,
}

impl Files {
    /// The open file of a descriptor.
    pub fn get(&self, fd: u64) -> Result<Arc<Open>, Errno> {
        self.slot(fd).map(|slot| slot.open)
    }

    /// A descriptor's slot.
    pub fn slot(&self, fd: u64) -> Result<Slot, Errno> {
        self.slots.lock().get(fd as u32 as usize).cloned().flatten().ok_or(Errno::EBADF)
    }

    /// Enters an open file at the least free number from `least` on, below `limit`.
    pub fn add(&self, open: Arc<Open>, closes_on_exec: bool, least: usize, limit: u64) -> Result<u64, Errno> {
        let mut slots = self.slots.lock();
        let free = slots.iter().enumerate().skip(least).find(|(_, slot)| slot.is_none()).map(|(at, _)| at);
        let at = free.unwrap_or(slots.len().max(least));
        if at as u64 >= limit {
            return Err(Errno::EMFILE);
        }
        if at >= slots.len() {
            slots.resize(at + 1, None);
        }
        if let Some(slot) = slots.get_mut(at) {
            *slot = Some(Slot { open, closes_on_exec });
        }
        Ok(at as u64)
    }

    /// Enters an open file at a number; what was there is returned, for the caller to [`Kernel::close`].
    pub fn put(&self, fd: u64, slot: Slot, limit: u64) -> Result<Option<Slot>, Errno> {
        if fd >= limit {
            return Err(Errno::EBADF);
        }
        let mut slots = self.slots.lock();
        let at = fd as usize;
        if at >= slots.len() {
            slots.resize(at + 1, None);
        }
        Ok(slots.get_mut(at).and_then(|old| old.replace(slot)))
    }

    /// Takes a descriptor away.
    pub fn take(&self, fd: u64) -> Result<Slot, Errno> {
        self.slots.lock().get_mut(fd as u32 as usize).and_then(Option::take).ok_or(Errno::EBADF)
    }

    /// Says whether `execve` closes a descriptor.
    pub fn set_closes_on_exec(&self, fd: u64, closes: bool) -> Result<(), Errno> {
        let mut slots = self.slots.lock();
        let slot = slots.get_mut(fd as u32 as usize).and_then(Option::as_mut).ok_or(Errno::EBADF)?;
        slot.closes_on_exec = closes;
        Ok(())
    }

    /// A copy for another process.
    pub fn copy(&self) -> Files {
        Files { slots: Lock::new(self.slots.lock().clone()), users: AtomicU32::new(0) }
    }

    /// Every descriptor with its slot.
    pub fn all(&self) -> Vec<(u64, Slot)> {
        let slots = self.slots.lock();
        slots.iter().enumerate().filter_map(|(at, slot)| Some((at as u64, slot.clone()?))).collect()
    }

    /// One more thread uses them.
    pub fn enter(&self) {
        self.users.fetch_add(1, Ordering::AcqRel);
    }

    /// A thread uses them no more; the last one closes them all.
    pub fn leave(&self, kernel: &Kernel) {
        if self.users.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.close_where(kernel, |_| true);
        }
    }

    /// Closes those that `execve` closes, or all at the end of their last owner.
    pub fn close_where(&self, kernel: &Kernel, which: impl Fn(&Slot) -> bool) {
        let mut gone = Vec::new();
        for slot in self.slots.lock().iter_mut() {
            if slot.as_ref().is_some_and(&which) {
                gone.extend(slot.take());
            }
        }
        gone.into_iter().for_each(|slot| kernel.close(slot.open));
    }
}

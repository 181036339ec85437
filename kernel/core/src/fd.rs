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
    table: Lock<Table>,
    /// How many threads use them.
    users: AtomicU32,
}

#[derive(Clone, Debug, Default)]
struct Table {
    slots: Vec<Option<Slot>>,
    /// No number below this one is free.
    least: usize,
}

/// What a descriptor stands for.
#[derive(Clone, Debug)]
pub struct Slot {
    /// The open file.
    pub open: Arc<Open>,
    /// Whether `execve` closes it.
    pub closes_on_exec: bool,
}

impl Table {
    fn get_mut(&mut self, fd: u64) -> Option<&mut Option<Slot>> {
        self.slots.get_mut(fd as u32 as usize)
    }

    fn grow(&mut self, at: usize) {
        if at >= self.slots.len() {
            self.slots.resize(at + 1, None);
        }
    }

    fn freed(&mut self, at: usize) {
        self.least = self.least.min(at);
    }
}

impl Files {
    /// The open file of a descriptor. Who may be its last holder gives it back by [`Kernel::close`].
    #[inline]
    pub fn get(&self, fd: u64) -> Result<Arc<Open>, Errno> {
        let table = self.table.lock();
        match table.slots.get(fd as u32 as usize) {
            Some(Some(slot)) => Ok(slot.open.clone()),
            _ => Err(Errno::EBADF),
        }
    }

    /// A descriptor's slot.
    pub fn slot(&self, fd: u64) -> Result<Slot, Errno> {
        self.table.lock().slots.get(fd as u32 as usize).cloned().flatten().ok_or(Errno::EBADF)
    }

    /// Enters an open file at the least free number from `least` on, below `limit`. On failure it is given back.
    pub fn add(&self, kernel: &Kernel, slot: Slot, least: usize, limit: u64) -> Result<u64, Errno> {
        let mut table = self.table.lock();
        let from = least.max(table.least);
        let free = table.slots.iter().enumerate().skip(from).find(|(_, slot)| slot.is_none()).map(|(at, _)| at);
        let at = free.unwrap_or(table.slots.len().max(from));
        if at as u64 >= limit {
            drop(table);
            kernel.close(slot.open);
            return Err(Errno::EMFILE);
        }
        if from == table.least {
            table.least = at + 1;
        }
        table.grow(at);
        if let Some(free) = table.slots.get_mut(at) {
            *free = Some(slot);
        }
        Ok(at as u64)
    }

    /// Enters an open file at a number; what was there is returned, for the caller to [`Kernel::close`].
    pub fn put(&self, fd: u64, slot: Slot) -> Option<Slot> {
        let mut table = self.table.lock();
        table.grow(fd as u32 as usize);
        table.get_mut(fd).and_then(|old| old.replace(slot))
    }

    /// Takes a descriptor away.
    pub fn take(&self, fd: u64) -> Result<Slot, Errno> {
        let mut table = self.table.lock();
        let slot = table.get_mut(fd).and_then(Option::take).ok_or(Errno::EBADF)?;
        table.freed(fd as u32 as usize);
        Ok(slot)
    }

    /// Says whether `execve` closes a descriptor.
    pub fn set_closes_on_exec(&self, fd: u64, closes: bool) -> Result<(), Errno> {
        let mut table = self.table.lock();
        let slot = table.get_mut(fd).and_then(Option::as_mut).ok_or(Errno::EBADF)?;
        slot.closes_on_exec = closes;
        Ok(())
    }

    /// A copy for another process.
    pub fn copy(&self) -> Files {
        Files { table: Lock::new(self.table.lock().clone()), users: AtomicU32::new(0) }
    }

    /// Every descriptor with its slot. Who may be the last holder of one gives it back by [`Kernel::close`].
    pub fn all(&self) -> Vec<(u64, Slot)> {
        let table = self.table.lock();
        table.slots.iter().enumerate().filter_map(|(at, slot)| Some((at as u64, slot.clone()?))).collect()
    }

    /// One past the greatest number in use.
    pub fn end(&self) -> u64 {
        let table = self.table.lock();
        table.slots.iter().rposition(Option::is_some).map_or(0, |at| at as u64 + 1)
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
        {
            let mut table = self.table.lock();
            let mut least = table.least;
            for (at, slot) in table.slots.iter_mut().enumerate() {
                if slot.as_ref().is_some_and(&which) {
                    gone.extend(slot.take());
                    least = least.min(at);
                }
            }
            table.least = least;
        }
        gone.into_iter().for_each(|slot| self.closed(kernel, slot));
    }

    /// A descriptor of this table was taken away: its record locks go, and the file if that was its last.
    pub fn closed(&self, kernel: &Kernel, slot: Slot) {
        kernel.tree.locks.closed(kernel, self.owner(), &slot.open);
        kernel.close(slot.open);
    }

    /// What record locks of the descriptors' owners are known by.
    pub fn owner(&self) -> u64 {
        core::ptr::from_ref(self).addr() as u64
    }
}

//! What a program sees of memory. (The areas are yet to come: nothing is mapped.)

use super::{Gone, Pages, Physical};
use crate::machine::{Access, NoMemory};
use alloc::sync::Arc;
use ashore_base::Addr;
use ashore_pivot::{Errno, Memory};

/// An address space.
#[derive(Debug)]
pub struct Space {
    /// The machine's word for its table.
    pub root: u64,
}

/// What a word of memory is known by, wherever it is mapped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key(u64, u64);

impl Key {
    /// A number that spreads keys.
    pub fn hash(&self) -> u64 {
        self.0 ^ self.1
    }
}

/// Whether a word may be shared with other processes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sharing {
    /// It is not.
    Private,
    /// It may be.
    Shared,
}

/// Why an access cannot be granted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FaultEnd {
    /// Nothing is mapped there.
    NoArea,
    /// It is not mapped for that.
    NoRights,
    /// The file ends before it.
    BeyondFile,
    /// No memory is left.
    NoMemory,
}

impl Space {
    /// A space with nothing in it.
    pub fn new(_physical: &'static Physical) -> Result<Arc<Space>, NoMemory> {
        Ok(Arc::new(Space { root: 0 }))
    }

    /// The machine's word for its table.
    pub fn root(&self) -> u64 {
        self.root
    }

    /// A copy for another process.
    pub fn fork(&self) -> Result<Arc<Space>, Errno> {
        Ok(Arc::new(Space { root: 0 }))
    }

    /// Grants an access, if it can be.
    pub fn fault(&self, _at: Addr, _access: Access) -> Result<(), FaultEnd> {
        Err(FaultEnd::NoArea)
    }

    /// What a word is known by.
    pub fn futex_key(&self, at: Addr, _sharing: Sharing) -> Result<Key, Errno> {
        Ok(Key(self.root, at.0))
    }

    /// Takes pages of a file out.
    pub(super) fn forget(&self, _pages: &dyn Pages, _gone: Gone) {}
}

impl Memory for Space {
    fn read(&self, _from: Addr, _into: &mut [u8]) -> Result<(), Errno> {
        Err(Errno::EFAULT)
    }

    fn write(&self, _to: Addr, _bytes: &[u8]) -> Result<(), Errno> {
        Err(Errno::EFAULT)
    }

    fn cstr_len(&self, _from: Addr, _max: usize) -> Result<usize, Errno> {
        Err(Errno::EFAULT)
    }

    fn load_u32(&self, _at: Addr) -> Result<u32, Errno> {
        Err(Errno::EFAULT)
    }

    fn compare_exchange_u32(&self, _at: Addr, _old: u32, _new: u32) -> Result<u32, Errno> {
        Err(Errno::EFAULT)
    }
}

//! Files in memory.

mod directory;
mod names;
mod plain;
mod regular;
pub(crate) mod store;

pub use directory::Directory;
pub use regular::{Allocation, Regular};

use super::node::{Kind, New, Node};
use crate::memory::Physical;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicU64, Ordering};

/// A file system in memory.
#[derive(Debug)]
pub struct Tmpfs {
    /// Its number.
    device: u64,
    physical: &'static Physical,
    next_inode: AtomicU64,
    /// Held while names move between directories, or directories come and go: nobody else then holds two of them.
    structure: crate::lock::Lock<()>,
}

/// The number of the next file system.
static NEXT_DEVICE: AtomicU64 = AtomicU64::new(0x14);

impl Tmpfs {
    fn new(physical: &'static Physical) -> Tmpfs {
        Tmpfs {
            device: NEXT_DEVICE.fetch_add(1, Ordering::Relaxed),
            physical,
            next_inode: AtomicU64::new(1),
            structure: crate::lock::Lock::new(()),
        }
    }

    /// The root of a new one.
    pub fn root(physical: &'static Physical, now: u64) -> Arc<dyn Node> {
        Tmpfs::root_with(physical, now, 0o755)
    }

    /// The root of a new one with permissions.
    pub fn root_with(physical: &'static Physical, now: u64, mode: u32) -> Arc<dyn Node> {
        let fs = Arc::new(Tmpfs::new(physical));
        let new = New { kind: Kind::Directory, mode, user: 0, group: 0, device: 0, target: alloc::vec::Vec::new() };
        Directory::make_node(&fs, &new, now, None)
    }

    /// A regular file without a name (`memfd_create`, `O_TMPFILE`).
    pub fn nameless(physical: &'static Physical, new: &New, now: u64) -> Arc<Regular> {
        let fs = Arc::new(Tmpfs {
            device: 1,
            physical,
            next_inode: AtomicU64::new(NAMELESS.fetch_add(1, Ordering::Relaxed)),
            structure: crate::lock::Lock::new(()),
        });
        let file = Regular::new(&fs, new, now);
        file.attributes.links.store(0, Ordering::Relaxed);
        file
    }

    fn new_inode(&self) -> u64 {
        self.next_inode.fetch_add(1, Ordering::Relaxed)
    }
}

/// The number of the next file without a name.
static NAMELESS: AtomicU64 = AtomicU64::new(1);

//! The tree of files: what is in it, how a path is followed, who may do what.
//!
//! A [`Node`] is a file with a place in the tree; what `open` makes of it is a [`crate::file::File`]. Directories know
//! their parent and name, so that the working directory is a node and its path is derived. A link of the kernel's
//! (`/proc/self/fd/3`) jumps to a [`Spot`].

mod access;
mod archive;
pub mod console;
pub mod devices;
pub mod directory;
pub mod epoll;
pub mod eventfd;
pub mod inotify;
pub mod locks;
pub mod made;
pub mod mounts;
pub mod node;
pub mod pipe;
pub mod proc;
pub mod signalfd;
pub mod spot;
pub mod sys;
#[cfg(test)]
mod tests;
pub mod timerfd;
pub mod tmpfs;
pub mod tty;
pub mod walk;

pub use access::{EXECUTE, READ, Visitor, WRITE};
pub use node::{Kind, Node};
pub use spot::Spot;

use crate::memory::Physical;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicU64, Ordering};
use mounts::Mount;

/// The tree, and what is common to all files.
pub struct Tree {
    /// The root.
    root: Arc<dyn Node>,
    /// The next number of a file that has no directory: a pipe, a socket.
    next_inode: AtomicU64,
    /// Locks on files.
    pub locks: locks::Locks,
    /// Who wants to hear of what happens to files.
    pub notices: inotify::Notices,
    /// What is mounted.
    pub mounts: mounts::Mounts,
    /// Pseudo-terminals.
    pub pairs: tty::pair::Pairs,
    /// What `/proc/sys/kernel/random/boot_id` says.
    pub(crate) boot_id: spin::Once<[u8; 16]>,
    /// The terminal at the console, when there is one.
    pub(crate) console: crate::lock::Lock<Option<Arc<tty::Tty>>>,
}

impl Tree {
    /// A tree with an empty root.
    pub fn new(physical: &'static Physical, now: u64) -> Tree {
        let root = tmpfs::Tmpfs::root(physical, now);
        let mounts = mounts::Mounts::default();
        mounts.add(Mount { root: root.clone(), source: b"rootfs".to_vec(), kind: "tmpfs", options: "" });
        Tree {
            root,
            mounts,
            next_inode: AtomicU64::new(1),
            locks: locks::Locks::default(),
            notices: inotify::Notices::default(),
            pairs: tty::pair::Pairs::default(),
            boot_id: spin::Once::new(),
            console: crate::lock::Lock::new(None),
        }
    }

    /// The root of everything.
    pub fn root(&self) -> &Arc<dyn Node> {
        &self.root
    }

    /// A number for a file without a directory.
    pub fn new_inode(&self) -> u64 {
        self.next_inode.fetch_add(1, Ordering::Relaxed)
    }
}

impl core::fmt::Debug for Tree {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Tree")
    }
}

//! Where a program is in the tree of files.

use crate::lock::Lock;
use alloc::vec::Vec;

/// The working directory, the root and the file mode mask of one or more threads.
#[derive(Debug)]
pub struct Place {
    /// What changes.
    pub inner: Lock<Where>,
}

/// See [`Place`].
#[derive(Clone, Debug)]
pub struct Where {
    /// The working directory, as a path for the moment.
    pub cwd: Vec<u8>,
    /// The file mode mask.
    pub mask: u32,
}

impl Place {
    /// At the root.
    pub fn new() -> Place {
        Place { inner: Lock::new(Where { cwd: alloc::vec![b'/'], mask: 0o22 }) }
    }

    /// A copy for another thread or process.
    pub fn copy(&self) -> Place {
        Place { inner: Lock::new(self.inner.lock().clone()) }
    }
}

impl Default for Place {
    fn default() -> Self {
        Place::new()
    }
}

//! Where a program is in the tree of files.

use crate::files::Node;
use crate::lock::Lock;
use alloc::sync::Arc;

/// The working directory, the root and the file mode mask of one or more threads.
#[derive(Debug)]
pub struct Place {
    /// What changes.
    pub inner: Lock<Where>,
}

/// See [`Place`].
#[derive(Clone, Debug)]
pub struct Where {
    /// What `/` means.
    pub root: Arc<dyn Node>,
    /// The working directory.
    pub cwd: Arc<dyn Node>,
    /// The file mode mask.
    pub mask: u32,
}

impl Place {
    /// At the root.
    pub fn new(root: &Arc<dyn Node>) -> Place {
        Place { inner: Lock::new(Where { root: root.clone(), cwd: root.clone(), mask: 0o22 }) }
    }

    /// A copy for another thread or process.
    pub fn copy(&self) -> Place {
        Place { inner: Lock::new(self.inner.lock().clone()) }
    }
}

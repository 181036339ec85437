//! What a program sees of memory.

use super::{Gone, Pages};

/// An address space. (Its areas are yet to come.)
#[derive(Debug)]
pub struct Space {
    /// The machine's word for its table.
    pub root: u64,
}

impl Space {
    /// The machine's word for its table.
    pub fn root(&self) -> u64 {
        self.root
    }

    /// Takes pages of a file out.
    pub(super) fn forget(&self, _pages: &dyn Pages, _gone: Gone) {}
}

//! Memory: what the machine has, what a program sees of it, and how the kernel reads and writes that.

mod physical;

use crate::machine::Frame;
pub use physical::Physical;

/// Why a file has no page at an index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PageFail {
    /// The file ends before it.
    BeyondEnd,
    /// No memory is left for it.
    NoMemory,
}

/// The pages of a file that can be mapped.
pub trait Pages: Send + Sync {
    /// The frame that holds a page; the file goes on holding it.
    fn page(&self, index: u64) -> Result<Frame, PageFail>;
    /// The length of the file in bytes.
    fn len(&self) -> u64;
    /// Whether it holds nothing.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Somebody writes a page through a shared map.
    fn written(&self, _index: u64) {}
}

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
}

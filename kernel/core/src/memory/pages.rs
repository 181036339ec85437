//! Files as memory: the pages that can be mapped.

use crate::lock::Lock;
use crate::machine::Frame;
use crate::memory::Space;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::fmt;

/// Why a file has no page at an index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PageFail {
    /// The file ends before it.
    BeyondEnd,
    /// No memory is left for it.
    NoMemory,
}

/// The pages of a file that can be mapped.
///
/// The methods are called with a lock of an address space held. So an implementation must not touch a program's memory
/// (a call's bytes, say) while it holds a lock that these methods take.
pub trait Pages: Send + Sync {
    /// The frame that holds a page, to read. The page goes on holding it, and one more holder is counted for the caller
    /// ([`crate::frames::Frames::share`]) before the implementation lets go of its lock.
    fn page(&self, index: u64) -> Result<Frame, PageFail>;

    /// The same for a page that a shared map is going to write: here a file makes its own copy of a page that others
    /// hold too, and notes the time.
    fn page_to_write(&self, index: u64) -> Result<Frame, PageFail> {
        self.page(index)
    }

    /// The length of the file in bytes.
    fn len(&self) -> u64;

    /// Whether it holds nothing.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Who has it mapped, for a file that can lose or exchange pages. When it does, it calls [`Mappers::forget`] after
    /// it has let go of its own locks.
    fn mappers(&self) -> Option<&Mappers> {
        None
    }
}

/// What of a file is mapped and what a person calls it: the right side of a line in `/proc/self/maps`.
pub struct Mapped {
    /// The pages.
    pub pages: Arc<dyn Pages>,
    /// The device the file is on.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
    /// The path it was opened by.
    pub path: Vec<u8>,
    /// Where it is, if it has a place: it may get another name later.
    pub spot: Option<crate::files::Spot>,
}

impl fmt::Debug for Mapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapped").field("inode", &self.inode).finish_non_exhaustive()
    }
}

/// Which pages of a file are gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gone {
    /// All from this index on, private copies included: the file was cut off.
    From(u64),
    /// The page at this index, which had this frame, has another one now. Private copies stay as they are.
    Exchanged(u64, Frame),
}

/// The address spaces that have a file mapped.
#[derive(Default)]
pub struct Mappers {
    spaces: Lock<Vec<Weak<Space>>>,
}

impl Mappers {
    /// Nobody.
    pub const fn new() -> Mappers {
        Mappers { spaces: Lock::new(Vec::new()) }
    }

    /// An address space maps the file.
    pub(crate) fn add(&self, space: &Weak<Space>) {
        let mut spaces = self.spaces.lock();
        if !spaces.iter().any(|other| other.ptr_eq(space)) {
            if spaces.len() == spaces.capacity() {
                spaces.retain(|other| other.strong_count() > 0);
            }
            spaces.push(space.clone());
        }
    }

    /// Takes pages out of every address space that maps them; whoever touches them next asks the file again.
    pub fn forget(&self, pages: &dyn Pages, gone: Gone) {
        let spaces: Vec<Arc<Space>> = self.spaces.lock().iter().filter_map(Weak::upgrade).collect();
        for space in spaces {
            space.forget(pages, gone);
        }
    }
}

impl fmt::Debug for Mappers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mappers")
    }
}

//! What can be watched, one file for each.

pub mod descriptor;
pub mod process;
pub mod signal;
pub mod steady;
pub mod timer;
pub mod user;
pub mod vnode;

/// A filter, whatever its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Filter {
    /// A descriptor that can be read.
    Read,
    /// A descriptor that can be written.
    Write,
    /// Urgent data of a descriptor (DragonFly).
    Except,
    /// A file that changes.
    Vnode,
    /// A process that ends.
    Proc,
    /// A signal that is delivered.
    Signal,
    /// Time that passes.
    Timer,
    /// What the program triggers.
    User,
}

impl Filter {
    /// Whether the ident is a descriptor, so that closing it ends the note.
    pub fn is_of_descriptor(self) -> bool {
        matches!(self, Filter::Read | Filter::Write | Filter::Except | Filter::Vnode)
    }

    /// The filters whose ident is a descriptor.
    pub const OF_DESCRIPTORS: [Filter; 4] = [Filter::Read, Filter::Write, Filter::Except, Filter::Vnode];
}

//! The file of a recording.
//!
//! It begins with [`MAGIC`] and the version of the format, 32 bits. Frames follow: one byte says what a frame holds
//! ([`Tag`]), 32 bits say how long it is. Words inside have the lowest byte first; numbers, in the head, are in groups of
//! seven bits, the lowest first, the eighth bit says that another follows. The first frame is the [`Head`], the second the program's file, or nothing when it was too large.
//! A frame whose end is missing is where a recording was cut off; it is as if the frame were not there.

mod read;
mod write;

pub use read::{Damage, Head, Outputs, Reader, Record, Signalled};
pub use write::{Buffer, Frame, begin, head};

/// How a recording begins.
pub const MAGIC: &[u8; 16] = b"ashore recording";
/// The version of the format.
pub const VERSION: u32 = 1;

/// What a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Tag {
    /// What was run.
    Head = 1,
    /// The program's file.
    Program = 2,
    /// Something the outside decided by one word.
    Choice = 3,
    /// A call of the guest.
    Call = 4,
    /// The answer of a Linux call, and what it wrote.
    Linux = 5,
    /// A mapping, and what the file held.
    Map = 6,
    /// A signal that was delivered.
    Signal = 7,
    /// A fault of the guest.
    Fault = 8,
    /// The end of the process.
    End = 9,
    /// Why the recording stops.
    Stop = 10,
}

impl Tag {
    const ALL: [Tag; 10] = [
        Tag::Head,
        Tag::Program,
        Tag::Choice,
        Tag::Call,
        Tag::Linux,
        Tag::Map,
        Tag::Signal,
        Tag::Fault,
        Tag::End,
        Tag::Stop,
    ];

    fn of(byte: u8) -> Option<Tag> {
        Tag::ALL.into_iter().find(|tag| *tag as u8 == byte)
    }
}

/// Where an output of a Linux call goes, in the format's numbers: 0 is the guest's memory, 1 to 6 the place of an argument
/// that is ours, and these the parts of a message, and what went to a standard descriptor from no memory.
pub mod place {
    #![allow(missing_docs)] // The names say it.
    pub const MEMORY: u8 = 0;
    pub const NAME: u8 = 7;
    pub const CONTROL: u8 = 8;
    pub const LENGTHS: u8 = 9;
    pub const SHOWN: u8 = 10;
}

/// How a process ended, in the format's numbers.
pub mod ending {
    #![allow(missing_docs)] // The names say it.
    pub const STATUS: u8 = 1;
    pub const SIGNAL: u8 = 2;
    pub const EXEC: u8 = 3;
}

#[cfg(test)]
mod tests;

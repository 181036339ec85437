//! The ring by which a machine's host hands its kernel bytes: faster than any serial line, and nothing is lost.
//!
//! Words of eight bytes, little-endian, at the place the mailbox names: how many bytes the host has put in so far, how many the
//! kernel has taken out, then the bytes, number n at place n modulo [`Inbox::LEN`]. The host writes bytes before it says so, and
//! rings by sending one byte, any byte, over the serial line.

/// The ring's layout.
#[derive(Clone, Copy, Debug)]
pub struct Inbox;

impl Inbox {
    /// The word of bytes put in.
    pub const PUT: usize = 0;
    /// The word of bytes taken out.
    pub const TAKEN: usize = 1;
    /// The first word of the bytes.
    pub const BYTES: usize = 2;
    /// How many bytes it holds.
    pub const LEN: usize = 64 << 10;
    /// All its words.
    pub const WORDS: usize = Inbox::BYTES + Inbox::LEN / 8;
}

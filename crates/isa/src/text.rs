//! Instructions as people read them.

use alloc::string::String;
use ashore_base::Addr;

/// An instruction's text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// How many bytes it has.
    pub len: usize,
    /// What it says; none when the bytes are no instruction that is known.
    pub text: Option<String>,
}

/// Says what the instructions of a CPU are. One implementation per CPU.
pub trait Texts: Send + Sync {
    /// The instruction at the start of `bytes`, which lie at an address; none when there are too few.
    fn line(&self, at: Addr, bytes: &[u8]) -> Option<Line>;
}

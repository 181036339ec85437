//! Code that grows.

use alloc::vec::Vec;
use ashore_base::Addr;
use core::marker::PhantomData;

/// A general register, by number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Register(pub(crate) u32);

/// Instructions of the CPU `C`, one behind the other. What each CPU can write it says in an `impl` of its own.
#[derive(Debug)]
pub(crate) struct Block<C> {
    start: Addr,
    bytes: Vec<u8>,
    cpu: PhantomData<C>,
}

impl<C> Block<C> {
    /// Nothing yet; will run at `start`.
    pub(crate) fn new(start: Addr) -> Block<C> {
        Block { start, bytes: Vec::new(), cpu: PhantomData }
    }

    /// Where the next instruction will be.
    pub(crate) fn here(&self) -> Addr {
        self.start.plus(self.bytes.len() as u64)
    }

    /// What was written.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// One instruction of four bytes.
    pub(crate) fn word(&mut self, word: u32) {
        self.bytes.extend(word.to_le_bytes());
    }

    /// Several.
    pub(crate) fn words(&mut self, words: &[u32]) {
        words.iter().for_each(|&word| self.word(word));
    }

    /// One instruction of two bytes.
    pub(crate) fn short(&mut self, word: u16) {
        self.bytes.extend(word.to_le_bytes());
    }
}

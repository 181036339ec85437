//! The one trait that answers a Linux call.
//!
//! The host kernel answers it (`host`), so will our own kernel on bare metal and a recording.

use crate::{Errno, Sys};
use ashore_base::Addr;

/// An argument of a call that is not only words of the guest.
#[derive(Debug)]
pub enum Arg<'a> {
    /// A number, or an address in the guest's memory.
    Word(u64),
    /// Bytes of ours that the call reads.
    In(&'a [u8]),
    /// Bytes of ours that the call writes, and reads before where it is a call that does (`ppoll`, `F_GETLK`).
    Out(&'a mut [u8]),
}

impl From<u64> for Arg<'_> {
    fn from(word: u64) -> Self {
        Arg::Word(word)
    }
}

impl From<Addr> for Arg<'_> {
    fn from(at: Addr) -> Self {
        Arg::Word(at.0)
    }
}

impl From<i32> for Arg<'_> {
    fn from(number: i32) -> Self {
        Arg::Word(number as i64 as u64)
    }
}

/// A piece of the guest's memory, in the layout of `struct iovec`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
pub struct IoVec {
    /// Where it starts.
    pub base: u64,
    /// How many bytes it holds.
    pub len: u64,
}

/// A message of `sendmsg` and `recvmsg` whose name and control bytes are ours and whose data is the guest's.
#[derive(Debug)]
pub struct Message<'a> {
    /// The address bytes in Linux's layout: read by a send, written by a receive.
    pub name: &'a mut [u8],
    /// How many of them count; a receive sets it.
    pub name_len: usize,
    /// The guest's data.
    pub iov: &'a [IoVec],
    /// Control messages in Linux's layout.
    pub control: &'a mut [u8],
    /// How many control bytes count; a receive sets it.
    pub control_len: usize,
    /// The flags a receive sets.
    pub flags: u32,
}

/// Answers Linux calls.
///
/// Words that are addresses mean the guest's memory; memory of ours goes in as slices, so that a call
/// cannot write where nobody gave it leave to. `wait` is `call` for calls that may block: a signal
/// for the guest that comes before or during it ends it with [`Errno::RESTART`].
pub trait Linux {
    /// Answers a call whose words are all the guest's and that does not block.
    fn call(&self, sys: Sys, words: [u64; 6]) -> Result<u64, Errno>;

    /// The same for a call that may block.
    fn wait(&self, sys: Sys, words: [u64; 6]) -> Result<u64, Errno>;

    /// Answers a call some of whose arguments are bytes of ours. At most six arguments.
    fn call_with(&self, sys: Sys, args: &mut [Arg<'_>]) -> Result<u64, Errno>;

    /// The same for a call that may block.
    fn wait_with(&self, sys: Sys, args: &mut [Arg<'_>]) -> Result<u64, Errno>;

    /// `sendmsg`, which may block.
    fn sendmsg(&self, fd: i32, message: &Message<'_>, flags: u32) -> Result<u64, Errno>;

    /// `recvmsg`, which may block.
    fn recvmsg(&self, fd: i32, message: &mut Message<'_>, flags: u32) -> Result<u64, Errno>;
}

/// The guest's memory, byte by byte. A bad address is `EFAULT`, never a crash.
pub trait Memory {
    /// Fills `into` from the memory at `from`.
    fn read(&self, from: Addr, into: &mut [u8]) -> Result<(), Errno>;

    /// Copies `bytes` to the memory at `to`.
    fn write(&self, to: Addr, bytes: &[u8]) -> Result<(), Errno>;

    /// How many bytes stand before the first zero byte at `from`; `ENAMETOOLONG` when `max` bytes hold none.
    fn cstr_len(&self, from: Addr, max: usize) -> Result<usize, Errno>;

    /// The 32-bit word at `at`, loaded atomically.
    fn load_u32(&self, at: Addr) -> Result<u32, Errno>;

    /// Compares and exchanges the 32-bit word at `at`; returns what stood there.
    fn compare_exchange_u32(&self, at: Addr, old: u32, new: u32) -> Result<u32, Errno>;
}

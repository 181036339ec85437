//! The ring of calls that a kernel on a machine to itself leaves in its memory for the host.
//!
//! Words of eight bytes, little-endian: a [`Header`], then records of [`RECORD`] words each. Record number n stands at
//! place n modulo the ring's length; its word [`at::NUMBER`] is n + 1 when it is whole.

/// The words before the records.
#[derive(Clone, Copy, Debug)]
pub struct Header;

impl Header {
    /// "ASHORE-T" in memory: the first word.
    pub const MAGIC: u64 = u64::from_le_bytes(*b"ASHORE-T");
    /// Where the magic is.
    pub const MAGIC_AT: usize = 0;
    /// How many records the ring holds.
    pub const RECORDS: usize = 1;
    /// How many records were written so far.
    pub const TOTAL: usize = 2;
    /// How many words the header has.
    pub const LEN: usize = 8;
}

/// The words of a record.
pub const RECORD: usize = 48;

/// Pieces of the program's memory that come with a record.
#[derive(Clone, Copy, Debug)]
pub struct Chunks {
    /// How many there are.
    pub count: usize,
    /// The words each takes: its address, its length in bytes (0 for none), its bytes.
    pub words: usize,
    /// The most bytes each holds.
    pub len: usize,
}

/// The pieces in a record.
pub const CHUNKS: Chunks = Chunks { count: 2, words: 16, len: 112 };

/// Where the words of a record are.
pub mod at {
    /// The record's number plus one, once it is whole.
    pub const NUMBER: usize = 0;
    /// When the call began, in nanoseconds since the start.
    pub const BEGAN: usize = 1;
    /// When it was over.
    pub const ENDED: usize = 2;
    /// The process's number in the upper half, the thread's in the lower.
    pub const IDS: usize = 3;
    /// The call's number.
    pub const CALL: usize = 4;
    /// Its six arguments.
    pub const ARGS: usize = 5;
    /// What became of it: one of [`super::Outcome`].
    pub const OUTCOME: usize = 11;
    /// Its result.
    pub const RESULT: usize = 12;
    /// The record's number, to check the first word by.
    pub const PLACE: usize = 13;
    /// The pieces of memory.
    pub const CHUNKS: usize = 16;
}

/// What became of a call.
#[derive(Clone, Copy, Debug)]
pub struct Outcome;

impl Outcome {
    /// It gave its result.
    pub const DONE: u64 = 1;
    /// It waits; another record tells when it is over.
    pub const WAITS: u64 = 2;
    /// It has none: the thread ended, or its registers were replaced.
    pub const NO_RESULT: u64 = 3;
}

const _: () = assert!(at::CHUNKS + CHUNKS.count * CHUNKS.words == RECORD && CHUNKS.len == (CHUNKS.words - 2) * 8);

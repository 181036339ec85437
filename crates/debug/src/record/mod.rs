//! Recording what a program of one thread gets from outside, and running it again from that alone.
//!
//! [`Recorder`] lets the host answer and keeps each answer; [`Replayer`] answers from what was kept. Both stand where
//! [`ashore_process::Outside`] says, so a personality runs the same way under either, and what it asks is compared.
//! [`log`] is the file: reading and writing bytes, nothing else.
//!
//! What is not here: threads beside the first, memory shared with other processes, and what a program reads of its CPU
//! by instructions other than those for the counter.

mod arena;
mod ask;
mod emit;
mod file;
mod hash;
pub mod log;
mod pieces;
mod recorder;
mod replayer;
mod sent;
mod sink;
mod streams;

pub use file::memory_file;
pub use hash::hash;
pub use recorder::Recorder;
pub use replayer::{Output, Replayer};
pub use sink::Sink;

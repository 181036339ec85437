//! A half as bytes, for keeping it from run to run.
//!
//! Everything in the code is relative to the arena or the thread's frame, or is a guest address, so that the same bytes at the
//! same places mean the same as long as the guest's code is the same. What was made of other code than the program's own text
//! is left out.
//!
//! A file is clusters of units with a directory ([`directory`]). Little is read at a start: a cluster is, with its digest, when
//! an address of it is looked for first ([`thaw`]), and it is used if every page that it was made of is what it was then
//! ([`sources`]): who changes a program's file gets new code for what he changed, whatever the file's times say. What is made in
//! a run is written behind what is there ([`draft`]).
//!
//! The readers trust nothing: what is not well formed is as if it were not there.

mod digest;
mod directory;
mod draft;
mod frozen;
mod maps;
mod record;
mod sources;
mod thaw;
mod words;

pub(in crate::jit) use directory::KEY;
pub use directory::seal;
pub use draft::Pieces;
pub use frozen::Bytes;
pub(in crate::jit) use frozen::Frozen;
pub(in crate::jit) use sources::{Seen, Sources};
pub(in crate::jit) use words::{Reader, Writer};

//! What `ashore boot` and the kernel it boots say to each other: [`Start`] tells the kernel what to run, the [`wire`]
//! carries the bytes of several streams over one serial line, [`tasks`] are the processes it leaves in its memory.

mod start;
pub mod tasks;
pub mod wire;

pub use start::{START_PATH, Start, Stream};

//! What `ashore boot` and the kernel it boots say to each other: [`Start`] tells the kernel what to run, the [`wire`]
//! carries the bytes of several streams over one serial line.

mod start;
pub mod wire;

pub use start::{START_PATH, Start, Stream};

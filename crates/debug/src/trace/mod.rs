//! The tracer: one line per call, signal and thread event, in the words of the guest's system.
//!
//! Formats derive from the rows' signatures ([`signature`]); values and records from the system's words
//! ([`format`]). Input is decoded when a call begins, output when it ends; the line is written at the end.

mod calls;
mod fds;
mod filter;
mod format;
mod json;
mod line;
mod output;
pub(crate) mod signature;
mod summary;
mod text;
mod tracer;

pub use filter::Filter;
pub use line::Decoder;
pub(crate) use line::Lines;
pub use output::Sink;
pub use tracer::{Settings, Tracer};

//! Words every other crate uses: addresses, ranges, and reading bytes without panics.
//!
//! Nothing here knows how a file format, a CPU or an operating system works; only their ids are here.
#![no_std]
#![forbid(unsafe_code)]

mod addr;
mod inbox;
mod mailbox;
mod platform;
mod read;
pub mod trace;
mod tree;

pub use addr::{Addr, AddrRange, PAGE_SIZE};
pub use inbox::Inbox;
pub use mailbox::Mailbox;
pub use platform::{Cpu, Os};
pub use read::Bytes;
pub use tree::{BadTree, Tree, TreeEvent, TreeEvents};

//! Words every other crate uses: addresses, ranges, and reading bytes without panics.
//!
//! Nothing here knows a file format, a CPU or an operating system.
#![no_std]
#![forbid(unsafe_code)]

mod addr;
mod read;

pub use addr::{Addr, AddrRange, PAGE_SIZE};
pub use read::Bytes;

//! The Linux system-call ABI as words: calls, error numbers, signals, and the one trait that answers a call.
//!
//! Linux is the pivot of the whole design: every guest personality ends in these words and every host
//! answers them. There is no behaviour here.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod effect;
mod errno;
pub mod layout;
mod linux;
mod signal;
mod sys;

pub use errno::{ERRNOS, Errno};
pub use linux::{Arg, IoVec, Linux, Memory, Message};
pub use signal::{SIGNALS, SigSet, Signal};
pub use sys::{ROWS, Sys, SysRow};

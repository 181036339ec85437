//! Linux itself, for programs of the host's own system.

mod amd64;
pub mod arm64;
mod frame;
mod memory;
mod process;
mod signals;
mod sockets;
pub mod start;
mod table;
mod words;

pub use amd64::AMD64;
pub use arm64::ARM64;

use crate::{Os, State};
use alloc::boxed::Box;
use alloc::vec::Vec;
use ashore_pivot::{Errno, Signal};
use core::sync::atomic::AtomicU64;

/// What Linux remembers for one process: the break.
pub(crate) struct Memory {
    /// The current break; 0 before the first call.
    pub(crate) brk: AtomicU64,
}

/// The system on x86-64.
pub static OS: Os = BASE;

/// The system, with what is x86-64's: another CPU has other numbers and records.
const BASE: Os = Os {
    name: "linux",
    title: "Linux",
    calls: table::CALLS,
    errno: |errno| errno.0,
    errno_name: |number| Errno(number).name(),
    signal: |signal| u32::from(signal.0),
    signal_from: Signal::new,
    signal_name: |number| Signal::new(u64::from(number)).and_then(Signal::name),
    unknown_raises: false,
    thread_id: |_, host_tid, _| host_tid as u64,
    new_state,
    around_fork: |_, fork| fork(),
    signal_came: |_, _, _| {},
    trampoline: &[],
    magic_path,
    words: &words::WORDS,
};

fn new_state() -> State {
    Box::new(Memory { brk: AtomicU64::new(0) })
}

/// The host's own name for the running program is Ashore's.
fn magic_path(path: &[u8], program: &[u8]) -> Option<Vec<u8>> {
    (path == b"/proc/self/exe").then(|| program.to_vec())
}

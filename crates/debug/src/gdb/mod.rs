//! The other end of gdb's `target remote`: threads, registers, memory, breakpoints and steps of any guest.
//!
//! [`start`] listens and gives back the [`ashore_process::Supervisor`] to run the guest under. The server runs in a
//! thread of its own, which is no guest's and has its own table of files: the guest's descriptors are the guest's. All
//! threads stop together and, unless gdb says otherwise, go on together ([`world`]).

mod brand;
mod files;
mod listen;
mod memory;
mod monitor;
mod registers;
mod serve;
mod signals;
mod target;
mod watch;
mod wire;
mod world;

pub use listen::Listen;
pub use serve::{Settings, start};

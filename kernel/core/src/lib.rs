//! The kernel of `ashore boot` without its machine: it answers Linux calls itself.
//!
//! Everything here is safe code that also runs on the PC, where it is tested. The machine under it is one trait,
//! [`Machine`]; the Linux ABI above it comes from the crates the hosted side uses.
//!
//! **The kernel is one loop per CPU** ([`Kernel::work`]): pick a thread, let the machine run it until it stops, answer why
//! it stopped, again. Nothing interrupts the kernel itself; interrupts are taken while a program runs or a CPU idles.
//!
//! **A call never sleeps inside the kernel.** It is done, or it says what it waits for and is asked again when that may
//! have come ([`call::Call`]). There is one kernel stack per CPU, and no lock is held while anything waits.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod alarms;
mod attend;
pub mod call;
mod calls;
mod dump;
pub mod exec;
pub mod fd;
pub mod file;
pub mod files;
pub mod frames;
mod futex;
#[cfg(test)]
mod hostile;
mod kernel;
pub mod limits;
mod lock;
#[cfg(test)]
mod loop_tests;
mod machine;
pub mod memory;
mod net;
pub mod place;
pub mod process;
pub mod quick;
mod sched;
pub mod signals;
pub mod task;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
pub(crate) mod testing_calls;
pub mod thread;
pub mod timers;
pub mod trace;
pub mod wait;

pub use kernel::{Device, Kernel};
pub use lock::{Held, Lock};
pub use machine::{
    Access, Context, Ending, Fault, Frame, FrameRange, Machine, Nanos, Network, NoMemory, PageTable, Rights, Step, Trap,
};

//! Guest personalities: what each operating system's calls, start-up, structs and signals mean in Linux words.
//!
//! A personality never touches the host. It gets a [`Ctx`]: the pivot (a [`Linux`]), the guest's memory
//! and the process's own services ([`Kernel`]), and answers one call at a time. Calls are rows
//! ([`Row`]) of the folder's `table.rs`; names, trace and documents derive from them.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod bsd;
mod ctx;
pub mod dragonfly;
pub mod freebsd;
mod kernel;
pub mod linux;
pub mod netbsd;
mod os;
mod row;
mod signal;
mod socket_path;
mod table;
#[cfg(test)]
mod testing;
pub mod words;

pub use ctx::{Answer, Args, Ctx, Fail, Quick, Value};
pub use kernel::{ExecRequest, ForkKind, Kernel, MapRequest, ParkEnd, Prot, SpawnRequest, ThreadStart, Timeout};
pub use os::{Abi, About, AroundFork, CallFrame, ClockCall, Frame, Os, Resumed, StartRequest, State};
pub use row::{Does, Row, Support, row_of};
pub use signal::{Action, AltStack, Delivery, Handler, SaFlags, Thread};
pub use table::{GUESTS, Guest, by_name};

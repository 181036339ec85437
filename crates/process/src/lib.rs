//! An image, an engine, a personality and a pivot joined: a process.
//!
//! [`start`] maps a program and runs its first thread. Each guest thread is a host thread in one loop
//! ([`task`]): run until the guest stops, answer what it stopped for, run again. Everything a personality
//! asks of the process is [`services`]. Nothing here names a guest system, and nothing opens a file by
//! its own policy: what exec means for a file is the caller's ([`Launcher`]).
#![forbid(unsafe_code)]

mod exec;
mod follow;
mod last_words;
mod loader;
mod machine;
mod mapping;
mod observe;
mod outside;
mod paths;
mod process;
mod recorder;
mod root;
mod scene;
mod services;
mod shelf;
mod signals;
mod space;
mod stack;
mod start;
mod stop;
mod supervise;
mod task;
mod threads;

pub use exec::{By, Launcher, Plan, become_program};
pub use follow::follow_thread;
pub use observe::{Asked, Observer, Place};
pub use outside::{Choice, End, Maps, Outside};
pub use process::{Options, Process};
pub use recorder::{ARGS_KEPT, Ended, Event, What};
pub use root::{Link, Root};
pub use scene::{Ending, Interest, Scene, ThreadScene, Witness};
pub use stack::Names;
pub use start::{Interpreter, Program, start};
pub use stop::FrozenThread;
pub use supervise::{Pace, Resume, Stop, Supervisor, Why};

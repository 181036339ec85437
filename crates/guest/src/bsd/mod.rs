//! What DragonFly, FreeBSD and NetBSD share: one function for one call, told by [`Family`] where they differ.
//!
//! Each topic file has its own `Words`: the flag values and layouts a system must supply. A system's
//! values stand in its own folder in the file of the same name.

pub mod amd64;
pub mod arm64;
pub mod errno;
pub mod events;
pub mod files;
pub mod process;
pub mod record;
pub mod route;
pub mod signals;
pub mod sockets;
pub mod start;
pub mod state;
pub mod sysctl;
pub mod threads;
pub mod words;

/// What the shared code must know of one system.
pub struct Family {
    /// Files, directories, descriptors.
    pub files: &'static files::Words,
    /// Sockets.
    pub sockets: &'static sockets::Words,
    /// kqueue.
    pub events: &'static events::Words,
    /// Signals.
    pub signals: &'static signals::Words,
    /// The sysctl tree.
    pub sysctl: &'static sysctl::Words,
    /// Processes, threads, limits, memory, time.
    pub process: &'static process::Words,
    /// The CPU.
    pub machine: Machine,
}

/// What the shared code must know of the CPU that a system runs on.
#[derive(Debug, Clone, Copy)]
pub struct Machine {
    /// What `uname -m` prints.
    pub name: &'static str,
    /// What `uname -p` prints.
    pub arch: &'static str,
    /// Where a context has the thread pointer, on systems that start threads with contexts.
    pub context_tls: u64,
}

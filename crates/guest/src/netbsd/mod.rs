//! NetBSD.

mod amd64;
mod arm64;
mod errno;
mod events;
mod files;
mod process;
mod route;
mod signals;
mod sockets;
mod start;
mod sysctl;
mod table;
mod words;

pub use amd64::AMD64;
pub use arm64::ARM64;

use crate::Os;
use crate::bsd::{self, Family, Machine};

/// What the shared BSD code must know of this system on x86-64.
pub static FAMILY: Family = FAMILY_BASE;

/// The same with what is x86-64's.
const FAMILY_BASE: Family = Family {
    files: &files::WORDS,
    sockets: &sockets::WORDS,
    events: &events::WORDS,
    signals: &signals::WORDS,
    sysctl: &sysctl::WORDS,
    process: &process::WORDS,
    machine: Machine { name: "amd64", arch: "x86_64", context_tls: 264 },
};

/// The system on x86-64.
pub static OS: Os = BASE;

/// The system, with what is x86-64's.
const BASE: Os = Os {
    name: "netbsd",
    title: "NetBSD",
    calls: table::CALLS,
    errno: errno::from_linux,
    errno_name: errno::name,
    signal: signals::from_linux,
    signal_from: signals::to_linux,
    signal_name: signals::name,
    unknown_raises: true,
    thread_id: process::thread_id,
    new_state: || bsd::state::new(&FAMILY),
    around_fork: bsd::state::around_fork,
    signal_came: bsd::state::signal_came,
    trampoline: amd64::TRAMPOLINE,
    magic_path: process::magic_path,
    words: &words::WORDS,
};

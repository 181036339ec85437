//! DragonFly BSD.

mod amd64;
mod errno;
mod events;
mod files;
mod process;
mod route;
mod signals;
mod sockets;
mod sysctl;
mod table;
mod words;

pub use amd64::AMD64;

use crate::Os;
use crate::bsd::{self, Family, Machine};

/// What the shared BSD code must know of this system.
pub static FAMILY: Family = Family {
    files: &files::WORDS,
    sockets: &sockets::WORDS,
    events: &events::WORDS,
    signals: &signals::WORDS,
    sysctl: &sysctl::WORDS,
    process: &process::WORDS,
    // Threads start at an entry here.
    machine: Machine { name: "x86_64", arch: "x86_64", context_tls: 0 },
};

/// The system.
pub static OS: Os = Os {
    name: "dragonfly",
    title: "DragonFly BSD",
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

//! The records and constants of the Linux ABI: what a kernel reads from a program and writes to it.
//!
//! A record is a struct with public fields, `encode`, `decode` and `LEN`; nothing here panics, whatever the bytes are. Where
//! CPUs differ there are two records, or two modules of constants, each named after its CPU; the others are the same on every
//! 64-bit Linux. Each list of constants is also a table of names and values, for whoever prints them.
//!
//! Records that end in a name or a list ([`dirent::Dirent`], [`sockaddr::SockAddr`]) have functions of their own.
//!
//! Second source: the kernel's own headers, printed for two CPUs by the C program beside the tests.

mod record;

pub mod auxv;
pub mod dirent;
pub mod elfcore;
pub mod event;
pub mod fcntl;
pub mod futex;
pub mod ioctl;
pub mod memory;
pub mod netlink;
pub mod open;
pub mod prctl;
pub mod process;
pub mod sched;
pub mod sigaction;
pub mod siginfo;
pub mod sockaddr;
pub mod socket;
pub mod stat;
pub mod statfs;
pub mod statx;
pub mod system;
pub mod termios;
pub mod time;

pub use record::{FieldAt, Plain};

#[cfg(test)]
mod tests;

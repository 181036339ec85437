//! Sockets: the calls, in terms of [`address`], [`options`], [`message`] and [`control`].
//!
//! A guest's address begins with a length byte, Linux's with a 16-bit family; IPv6 has another family number on each
//! system; options and flags have other numbers and, for some, other records. What Linux lacks (a socket that never
//! raises SIGPIPE, which of two kinds of packet information was asked for) is remembered in [`marks`].
//! Not here: readiness (`events`), `read` and `write` (`files`), the routing tables (`route`).

pub mod address;
mod calls;
pub mod control;
mod credentials;
pub mod host;
pub mod marks;
pub mod message;
mod multi;
pub mod options;
mod sendfile;
pub mod table;
#[cfg(test)]
mod tests;

pub use calls::{
    accept, accept4, bind, bindat, connect, connectat, getpeername, getsockname, listen, paccept, shutdown, socket,
    socketpair,
};
pub use message::{recvfrom, recvmsg, sendmsg, sendto};
pub use multi::{recvmmsg, sendmmsg};
pub use options::{getsockopt, setsockopt};
pub use sendfile::sendfile;

use ashore_pivot::Errno;

/// What a system must supply.
pub struct Words {
    /// The number of `AF_INET6`.
    pub inet6: u8,
    /// What the address of a Unix socket without a name looks like.
    pub unnamed: &'static [u8],
    /// Whether `getsockname` of a Unix socket without a name writes nothing at all (DragonFly).
    pub nameless_is_empty: bool,
    /// What a known family answers for a type it does not have.
    pub no_such_type: Errno,
    /// The bit of a socket's type that silences SIGPIPE (NetBSD); 0 where there is none.
    pub sock_nosigpipe: u32,
    /// `MSG_*` pairs: the guest's bit and Linux's.
    pub msg: &'static [(u32, u32)],
    /// The bit of a send that shuts the socket down for writing afterwards; 0 where there is none.
    pub msg_eof: u32,
    /// The bit of `recvmmsg` that waits for the first message only.
    pub msg_waitforone: u32,
    /// The options: the system's own rows, then those it shares. The first that fits counts.
    pub options: &'static [&'static [options::Opt]],
    /// Whether a set flag of `SOL_SOCKET` reads back as its own bit rather than as 1.
    pub flags_read_as_bits: bool,
    /// Control messages.
    pub control: &'static control::Words,
    /// Routing messages.
    pub route: &'static super::route::Words,
}

/// `SOCK_CLOEXEC` of the three systems.
pub const SOCK_CLOEXEC: u32 = 0x1000_0000;
/// `SOCK_NONBLOCK` of the three systems.
pub const SOCK_NONBLOCK: u32 = 0x2000_0000;
/// All bits of a type word that are not the type.
pub const SOCK_FLAGS: u32 = 0xf000_0000;

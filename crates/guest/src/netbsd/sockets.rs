//! Sockets: families, options and flags.

use crate::bsd::sockets::{Words, control, table};
use ashore_pivot::Errno;

/// The values of this system.
pub static WORDS: Words = Words {
    inet6: 24,
    unnamed: &[2, 1],
    nameless_is_empty: false,
    no_such_type: Errno::EPROTOTYPE,
    sock_nosigpipe: 0x4000_0000,
    msg: &[
        (0x1, 0x1),           // MSG_OOB
        (0x2, 0x2),           // MSG_PEEK
        (0x4, 0x4),           // MSG_DONTROUTE
        (0x8, 0x80),          // MSG_EOR
        (0x40, 0x100),        // MSG_WAITALL
        (0x80, 0x40),         // MSG_DONTWAIT
        (0x400, 0x4000),      // MSG_NOSIGNAL
        (0x800, 0x4000_0000), // MSG_CMSG_CLOEXEC
        (0x1000, 0x40),       // MSG_NBIO
    ],
    msg_eof: 0,
    msg_waitforone: 0x2000,
    options: &[table::NETBSD, table::COMMON],
    flags_read_as_bits: false,
    control: &control::Words {
        timestamp: 8,
        creds: 16,
        creds_with_pid: true,
        ttl: 23,
        tos: 0,
        pktinfo: 25,
        link_len: 20,
    },
    route: &super::route::WORDS,
};

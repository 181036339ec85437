//! Sockets: families, options and flags.

use crate::bsd::sockets::{Words, control, table};
use ashore_pivot::Errno;

/// The values of this system.
pub static WORDS: Words = Words {
    inet6: 28,
    unnamed: &[16, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    nameless_is_empty: false,
    no_such_type: Errno::EPROTOTYPE,
    sock_nosigpipe: 0,
    msg: &[
        (0x1, 0x1),              // MSG_OOB
        (0x2, 0x2),              // MSG_PEEK
        (0x4, 0x4),              // MSG_DONTROUTE
        (0x8, 0x80),             // MSG_EOR
        (0x40, 0x100),           // MSG_WAITALL
        (0x80, 0x40),            // MSG_DONTWAIT
        (0x4000, 0x40),          // MSG_NBIO
        (0x2_0000, 0x4000),      // MSG_NOSIGNAL
        (0x4_0000, 0x4000_0000), // MSG_CMSG_CLOEXEC
    ],
    msg_eof: 0x100,
    msg_waitforone: 0x8_0000,
    options: &[table::FREEBSD, table::FREEBSD_LIKE, table::COMMON],
    flags_read_as_bits: true,
    control: &control::Words {
        timestamp: 2,
        creds: 3,
        creds_with_pid: false,
        ttl: 65,
        tos: 68,
        pktinfo: 0,
        link_len: 54,
    },
    route: &super::route::WORDS,
};

//! The names a trace prints for values that all of the family share.
//!
//! Second source: Go's `syscall` package for each of them, and the systems' headers.

use crate::words::{List, Name};

/// The lists, by the word a signature uses.
#[rustfmt::skip]
pub static LISTS: &[List] = &[
    List { word: "sigmask", names: &[Name("SIG_BLOCK", 0x1), Name("SIG_UNBLOCK", 0x2), Name("SIG_SETMASK", 0x3)] },
    List { word: "sol", names: &[Name("IPPROTO_IP", 0x0), Name("IPPROTO_TCP", 0x6), Name("IPPROTO_UDP", 0x11), Name("IPPROTO_IPV6", 0x29), Name("SOL_SOCKET", 0xffff)] },
    List { word: "ipopt", names: &[Name("IP_OPTIONS", 0x1), Name("IP_HDRINCL", 0x2), Name("IP_TOS", 0x3), Name("IP_TTL", 0x4), Name("IP_MULTICAST_IF", 0x9), Name("IP_MULTICAST_TTL", 0xa), Name("IP_MULTICAST_LOOP", 0xb), Name("IP_ADD_MEMBERSHIP", 0xc), Name("IP_DROP_MEMBERSHIP", 0xd)] },
    List { word: "ip6opt", names: &[Name("IPV6_UNICAST_HOPS", 0x4), Name("IPV6_MULTICAST_IF", 0x9), Name("IPV6_MULTICAST_HOPS", 0xa), Name("IPV6_MULTICAST_LOOP", 0xb), Name("IPV6_JOIN_GROUP", 0xc), Name("IPV6_LEAVE_GROUP", 0xd), Name("IPV6_CHECKSUM", 0x1a), Name("IPV6_V6ONLY", 0x1b), Name("IPV6_RECVPKTINFO", 0x24), Name("IPV6_RECVHOPLIMIT", 0x25), Name("IPV6_PKTINFO", 0x2e), Name("IPV6_RECVTCLASS", 0x39), Name("IPV6_TCLASS", 0x3d)] },
    List { word: "tcpopt", names: &[Name("TCP_NODELAY", 0x1), Name("TCP_MAXSEG", 0x2), Name("TCP_KEEPIDLE", 0x100), Name("TCP_KEEPINTVL", 0x200), Name("TCP_KEEPCNT", 0x400)] },
    List { word: "rusage", names: &[Name("RUSAGE_SELF", 0x0), Name("RUSAGE_CHILDREN", 0xffffffff), Name("RUSAGE_THREAD", 0x1)] },
    List { word: "mlockall", names: &[Name("MCL_CURRENT", 0x1), Name("MCL_FUTURE", 0x2)] },
    List { word: "minherit", names: &[Name("INHERIT_SHARE", 0x0), Name("INHERIT_COPY", 0x1), Name("INHERIT_NONE", 0x2), Name("INHERIT_ZERO", 0x3)] },
    List { word: "ioctl", names: &[Name("FIONREAD", 0x4004667f), Name("FIONBIO", 0x8004667e), Name("FIOASYNC", 0x8004667d), Name("FIOCLEX", 0x20006601), Name("FIONCLEX", 0x20006602), Name("TIOCGWINSZ", 0x40087468), Name("TIOCSWINSZ", 0x80087467), Name("TIOCGETA", 0x402c7413), Name("TIOCSETA", 0x802c7414), Name("TIOCSETAW", 0x802c7415), Name("TIOCSETAF", 0x802c7416), Name("TIOCGPGRP", 0x40047477), Name("TIOCSPGRP", 0x80047476), Name("TIOCSCTTY", 0x20007461), Name("TIOCNOTTY", 0x20007471)] },
];

//! The options that the three systems share, and rows that several of them have.

use super::options::{Kind, Opt, SOL_LOCAL, own};
use super::{credentials, host, marks::Mark};
use ashore_pivot::Errno;

const SOL_SOCKET: u32 = 0xffff;
const IP: u32 = host::IPPROTO_IP;
const IPV6: u32 = host::IPPROTO_IPV6;
const TCP: u32 = host::IPPROTO_TCP;

/// A row of `SOL_SOCKET`.
pub const fn sol(name: u32, linux: u32, kind: Kind) -> Opt {
    Opt { level: SOL_SOCKET, name, to: (host::SOL_SOCKET, linux), kind }
}

/// A row of `IPPROTO_IP`.
pub const fn ip(name: u32, linux: u32, kind: Kind) -> Opt {
    Opt { level: IP, name, to: (IP, linux), kind }
}

/// A row of `IPPROTO_IPV6`.
pub const fn ip6(name: u32, linux: u32, kind: Kind) -> Opt {
    Opt { level: IPV6, name, to: (IPV6, linux), kind }
}

/// A row of `IPPROTO_TCP`.
pub const fn tcp(name: u32, linux: u32, kind: Kind) -> Opt {
    Opt { level: TCP, name, to: (TCP, linux), kind }
}

/// A row of a Unix socket's own options.
pub const fn local(name: u32, kind: Kind) -> Opt {
    Opt { level: SOL_LOCAL, name, to: (0, 0), kind }
}

/// An option that only functions know.
pub const fn own(level: u32, name: u32, set: super::options::Set, get: super::options::Get) -> Opt {
    Opt { level, name, to: (0, 0), kind: Kind::Own(set, get) }
}

/// What every one of the three systems has under the same number.
pub static COMMON: &[Opt] = &[
    sol(0x0001, 0, Kind::Ignored(0)), // SO_DEBUG: a trace in the kernel that nobody reads
    sol(0x0002, host::SO_ACCEPTCONN, Kind::Flag),
    sol(0x0004, host::SO_REUSEADDR, Kind::Flag),
    sol(0x0008, host::SO_KEEPALIVE, Kind::Flag),
    sol(0x0010, host::SO_DONTROUTE, Kind::Flag),
    sol(0x0020, host::SO_BROADCAST, Kind::Flag),
    sol(0x0040, 0, Kind::Ignored(0)), // SO_USELOOPBACK: for routing sockets
    sol(0x0080, host::SO_LINGER, Kind::Linger),
    sol(0x0100, host::SO_OOBINLINE, Kind::Flag),
    own(SOL_SOCKET, 0x0200, own::set_reuseport, own::get_reuseport), // SO_REUSEPORT
    sol(0x0800, 0, Kind::Marked(Mark::NO_SIGPIPE)),
    own(SOL_SOCKET, 0x1000, own::set_acceptfilter, own::write_only), // SO_ACCEPTFILTER
    sol(0x1001, host::SO_SNDBUF, Kind::Buffer),
    sol(0x1002, host::SO_RCVBUF, Kind::Buffer),
    sol(0x1003, 0, Kind::Ignored(2048)), // SO_SNDLOWAT: Linux's is always 1
    sol(0x1004, host::SO_RCVLOWAT, Kind::Int),
    sol(0x1007, host::SO_ERROR, Kind::Error),
    sol(0x1008, host::SO_TYPE, Kind::Int),
    // IP.
    ip(1, 4, Kind::Raw), // IP_OPTIONS
    ip(2, 3, Kind::Int), // IP_HDRINCL
    ip(3, host::IP_TOS, Kind::Raw),
    ip(4, host::IP_TTL, Kind::Raw),
    ip(5, 6, Kind::Int),                                   // IP_RECVOPTS
    ip(6, 7, Kind::Int),                                   // IP_RECVRETOPTS
    ip(7, host::IP_RECVORIGDSTADDR, Kind::Int),            // IP_RECVDSTADDR
    ip(9, 32, Kind::Raw),                                  // IP_MULTICAST_IF
    ip(10, 33, Kind::Raw),                                 // IP_MULTICAST_TTL
    ip(11, 34, Kind::Raw),                                 // IP_MULTICAST_LOOP
    ip(12, 35, Kind::Raw),                                 // IP_ADD_MEMBERSHIP
    ip(13, 36, Kind::Raw),                                 // IP_DROP_MEMBERSHIP
    ip(19, 0, Kind::Ignored(0)),                           // IP_PORTRANGE: the host's range of ports is used
    own(IP, 20, own::set_receive_if, own::get_receive_if), // IP_RECVIF
    // IPv6.
    ip6(4, 16, Kind::Int),        // IPV6_UNICAST_HOPS
    ip6(9, 17, Kind::Int),        // IPV6_MULTICAST_IF
    ip6(10, 18, Kind::Int),       // IPV6_MULTICAST_HOPS
    ip6(11, 19, Kind::Int),       // IPV6_MULTICAST_LOOP
    ip6(12, 20, Kind::Raw),       // IPV6_JOIN_GROUP
    ip6(13, 21, Kind::Raw),       // IPV6_LEAVE_GROUP
    ip6(14, 0, Kind::Ignored(0)), // IPV6_PORTRANGE
    ip6(26, 7, Kind::Int),        // IPV6_CHECKSUM
    ip6(27, host::IPV6_V6ONLY, Kind::Int),
    ip6(35, 55, Kind::Raw),        // IPV6_RTHDRDSTOPTS
    ip6(36, 49, Kind::Int),        // IPV6_RECVPKTINFO
    ip6(37, 51, Kind::Int),        // IPV6_RECVHOPLIMIT
    ip6(38, 56, Kind::Int),        // IPV6_RECVRTHDR
    ip6(39, 53, Kind::Int),        // IPV6_RECVHOPOPTS
    ip6(40, 58, Kind::Int),        // IPV6_RECVDSTOPTS
    ip6(42, 0, Kind::Ignored(-1)), // IPV6_USE_MIN_MTU: the default, which Linux has no other of
    ip6(43, 60, Kind::Int),        // IPV6_RECVPATHMTU
    ip6(46, host::IPV6_PKTINFO, Kind::Raw),
    ip6(48, 9, Kind::Raw),  // IPV6_NEXTHOP
    ip6(49, 54, Kind::Raw), // IPV6_HOPOPTS
    ip6(50, 59, Kind::Raw), // IPV6_DSTOPTS
    ip6(51, 57, Kind::Raw), // IPV6_RTHDR
    ip6(57, 66, Kind::Int), // IPV6_RECVTCLASS
    ip6(61, host::IPV6_TCLASS, Kind::Int),
    ip6(62, 62, Kind::Int),                                                      // IPV6_DONTFRAG
    own(host::IPPROTO_ICMPV6, 18, own::set_icmp6_filter, own::get_icmp6_filter), // ICMP6_FILTER
    // TCP. A set TCP_NODELAY reads back as the protocol's own bit.
    tcp(1, 1, Kind::Truth(4)),                     // TCP_NODELAY
    tcp(2, 2, Kind::Int),                          // TCP_MAXSEG
    tcp(4, 3, Kind::Truth(1)),                     // TCP_NOPUSH is TCP_CORK
    tcp(8, 0, Kind::Ignored(0)),                   // TCP_NOOPT
    tcp(16, 0, Kind::Refused(Errno::ENOPROTOOPT)), // TCP_MD5SIG
];

/// What FreeBSD and DragonFly have under the same number.
pub static FREEBSD_LIKE: &[Opt] = &[
    sol(0x0400, host::SO_TIMESTAMP, Kind::Flag),
    sol(0x1005, host::SO_SNDTIMEO, Kind::Time),
    sol(0x1006, host::SO_RCVTIMEO, Kind::Time),
    ip(65, host::IP_RECVTTL, Kind::Int),
    ip(66, 21, Kind::Int),   // IP_MINTTL
    tcp(256, 4, Kind::Int),  // TCP_KEEPIDLE
    tcp(512, 5, Kind::Int),  // TCP_KEEPINTVL
    tcp(1024, 6, Kind::Int), // TCP_KEEPCNT
];

/// What only FreeBSD has.
pub static FREEBSD: &[Opt] = &[
    sol(0x1_0000, host::SO_REUSEPORT, Kind::Flag), // SO_REUSEPORT_LB: what Linux calls SO_REUSEPORT
    sol(0x1014, 0, Kind::Ignored(0)),              // SO_SETFIB
    sol(0x1015, 0, Kind::Ignored(0)),              // SO_USER_COOKIE
    sol(0x1016, host::SO_PROTOCOL, Kind::Int),
    sol(0x1018, host::SO_MAX_PACING_RATE, Kind::Int),
    sol(0x1019, host::SO_DOMAIN, Kind::Domain),
    ip(24, 15, Kind::Int), // IP_BINDANY is IP_FREEBIND
    own(IP, 67, own::set_dontfrag, own::get_dontfrag),
    ip(68, host::IP_RECVTOS, Kind::Int),
    own(IP, 70, own::add_source, own::write_only),
    own(IP, 71, own::drop_source, own::write_only),
    own(IP, 72, own::block_source, own::write_only),
    own(IP, 73, own::unblock_source, own::write_only),
    own(IP, 80, own::join_group, own::write_only),
    own(IP, 81, own::leave_group, own::write_only),
    own(IP, 82, own::join_source_group, own::write_only),
    own(IP, 83, own::leave_source_group, own::write_only),
    own(IP, 84, own::block_group_source, own::write_only),
    own(IP, 85, own::unblock_group_source, own::write_only),
    own(IPV6, 80, own::join_group6, own::write_only),
    own(IPV6, 81, own::leave_group6, own::write_only),
    own(IPV6, 82, own::join_source_group6, own::write_only),
    own(IPV6, 83, own::leave_source_group6, own::write_only),
    own(IPV6, 84, own::block_group_source6, own::write_only),
    own(IPV6, 85, own::unblock_group_source6, own::write_only),
    tcp(64, 13, Kind::Raw),                                            // TCP_CONGESTION
    tcp(128, 0, Kind::Ignored(75)),                                    // TCP_KEEPINIT: Linux counts attempts instead
    tcp(1025, 23, Kind::Int),                                          // TCP_FASTOPEN
    local(1, Kind::Own(own::read_only, credentials::peer_xucred_pid)), // LOCAL_PEERCRED
    local(2, Kind::Own(own::set_creds, own::get_creds)),               // LOCAL_CREDS
    local(3, Kind::Own(own::set_creds, own::get_creds)),               // LOCAL_CREDS_PERSISTENT
];

/// What only DragonFly has, or has another way.
pub static DRAGONFLY: &[Opt] = &[
    sol(0x0200, host::SO_REUSEPORT, Kind::Flag), // Spreads, as Linux's does.
    own(SOL_SOCKET, 0x100a, own::read_only, own::get_sndspace),
    own(IPV6, 27, own::set_v6only, own::get_v6only),
    tcp(0x20, 0, Kind::Ignored(75)),                               // TCP_KEEPINIT
    local(1, Kind::Own(own::read_only, credentials::peer_xucred)), // LOCAL_PEERCRED
];

/// What only NetBSD has, or has another way.
pub static NETBSD: &[Opt] = &[
    sol(0x2000, host::SO_TIMESTAMP, Kind::Flag),
    sol(0x100b, host::SO_SNDTIMEO, Kind::Time),
    sol(0x100c, host::SO_RCVTIMEO, Kind::Time),
    sol(0x100a, 0, Kind::Ignored(0)), // SO_NOHEADER
    ip(23, host::IP_RECVTTL, Kind::Int),
    ip(24, 21, Kind::Int), // IP_MINTTL
    own(IP, 26, own::set_receive_pktinfo, own::get_receive_pktinfo),
    ip(27, 15, Kind::Int),                                     // IP_BINDANY is IP_FREEBIND
    tcp(3, 4, Kind::Int),                                      // TCP_KEEPIDLE
    tcp(5, 5, Kind::Int),                                      // TCP_KEEPINTVL
    tcp(6, 6, Kind::Int),                                      // TCP_KEEPCNT
    tcp(7, 0, Kind::Ignored(75)),                              // TCP_KEEPINIT
    tcp(0x20, 13, Kind::Raw),                                  // TCP_CONGCTL
    local(1, Kind::Own(own::set_creds, own::get_creds)),       // LOCAL_OCREDS
    local(2, Kind::Ignored(0)),                                // LOCAL_CONNWAIT
    local(3, Kind::Own(own::read_only, credentials::peer_id)), // LOCAL_PEEREID
    local(4, Kind::Own(own::set_creds, own::get_creds)),       // LOCAL_CREDS
];

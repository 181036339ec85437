//! Sockets: messages and their parts, options.

use super::record::{Plain, constants, record};
use crate::IoVec;

impl IoVec {
    /// How many bytes it takes in memory.
    pub const LEN: usize = 16;

    /// As it lies in memory.
    pub fn encode(&self) -> [u8; 16] {
        let mut bytes = [0; IoVec::LEN];
        [self.base, self.len].put(&mut bytes);
        bytes
    }

    /// From how it lies in memory.
    pub fn decode(bytes: &[u8; 16]) -> IoVec {
        let [base, len] = Plain::get(bytes);
        IoVec { base, len }
    }
}

record! {
    /// `struct user_msghdr`.
    MsgHdr: 56 {
        /// The address.
        name @ 0: u64,
        /// Its length.
        namelen @ 8: i32,
        /// The pieces of data.
        iov @ 16: u64,
        /// How many.
        iovlen @ 24: u64,
        /// The control messages.
        control @ 32: u64,
        /// How many bytes of them.
        controllen @ 40: u64,
        /// Flags of a message received.
        flags @ 48: u32,
    }
}

record! {
    /// `struct mmsghdr`.
    MMsgHdr: 64 {
        /// The message.
        hdr @ 0: MsgHdr,
        /// How many bytes of it went.
        len @ 56: u32,
    }
}

record! {
    /// `struct cmsghdr`; its data follows, and the next is at a multiple of 8.
    CmsgHdr: 16 {
        /// Its length, this record included.
        len @ 0: u64,
        /// The level.
        level @ 8: i32,
        /// The kind.
        kind @ 12: i32,
    }
}

record! {
    /// `struct ucred`: who sends.
    Ucred: 12 {
        /// The process.
        pid @ 0: i32,
        /// Its user.
        uid @ 4: u32,
        /// Its group.
        gid @ 8: u32,
    }
}

record! {
    /// `struct linger`.
    Linger: 8 {
        /// Whether a close waits.
        onoff @ 0: i32,
        /// How many seconds.
        linger @ 4: i32,
    }
}

record! {
    /// `struct ip_mreqn`: a multicast group; programs may give the first 8 bytes only.
    IpMreqn: 12 {
        /// The group.
        multiaddr @ 0: [u8; 4],
        /// The interface, by its address.
        address @ 4: [u8; 4],
        /// The interface, by its number.
        ifindex @ 8: i32,
    }
}

record! {
    /// `struct ipv6_mreq`: a multicast group.
    Ipv6Mreq: 20 {
        /// The group.
        multiaddr @ 0: [u8; 16],
        /// The interface.
        ifindex @ 16: i32,
    }
}

record! {
    /// `struct in_pktinfo`: where a datagram came.
    InPktinfo: 12 {
        /// The interface.
        ifindex @ 0: i32,
        /// The address it came to, or goes from.
        spec_dst @ 4: [u8; 4],
        /// The address in its head.
        addr @ 8: [u8; 4],
    }
}

record! {
    /// `struct in6_pktinfo`: where a datagram came.
    In6Pktinfo: 20 {
        /// The address.
        addr @ 0: [u8; 16],
        /// The interface.
        ifindex @ 16: i32,
    }
}

constants! {
    /// Families of addresses.
    FAMILIES: u32 {
        AF_UNSPEC = 0,
        AF_UNIX = 1,
        AF_INET = 2,
        AF_INET6 = 10,
        AF_NETLINK = 16,
        AF_PACKET = 17,
        AF_VSOCK = 40,
    }
}

constants! {
    /// Kinds of sockets, and flags beside them.
    KINDS: u32 {
        SOCK_STREAM = 1,
        SOCK_DGRAM = 2,
        SOCK_RAW = 3,
        SOCK_RDM = 4,
        SOCK_SEQPACKET = 5,
        SOCK_NONBLOCK = 0o4000,
        SOCK_CLOEXEC = 0o2_000_000,
    }
}

constants! {
    /// Flags of messages.
    MESSAGE: u32 {
        MSG_OOB = 1,
        MSG_PEEK = 2,
        MSG_DONTROUTE = 4,
        MSG_CTRUNC = 8,
        MSG_TRUNC = 0x20,
        MSG_DONTWAIT = 0x40,
        MSG_EOR = 0x80,
        MSG_WAITALL = 0x100,
        MSG_ERRQUEUE = 0x2000,
        MSG_NOSIGNAL = 0x4000,
        MSG_MORE = 0x8000,
        MSG_WAITFORONE = 0x1_0000,
        MSG_FASTOPEN = 0x2000_0000,
        MSG_CMSG_CLOEXEC = 0x4000_0000,
    }
}

constants! {
    /// What `shutdown` ends.
    SHUTDOWN: u32 {
        SHUT_RD = 0,
        SHUT_WR = 1,
        SHUT_RDWR = 2,
    }
}

constants! {
    /// Levels of options, and protocols.
    LEVELS: u32 {
        SOL_SOCKET = 1,
        SOL_NETLINK = 270,
        IPPROTO_IP = 0,
        IPPROTO_ICMP = 1,
        IPPROTO_TCP = 6,
        IPPROTO_UDP = 17,
        IPPROTO_IPV6 = 41,
        IPPROTO_ICMPV6 = 58,
        IPPROTO_RAW = 255,
    }
}

constants! {
    /// Options of every socket.
    OPTIONS: u32 {
        SO_DEBUG = 1,
        SO_REUSEADDR = 2,
        SO_TYPE = 3,
        SO_ERROR = 4,
        SO_DONTROUTE = 5,
        SO_BROADCAST = 6,
        SO_SNDBUF = 7,
        SO_RCVBUF = 8,
        SO_KEEPALIVE = 9,
        SO_OOBINLINE = 10,
        SO_PRIORITY = 12,
        SO_LINGER = 13,
        SO_REUSEPORT = 15,
        SO_PASSCRED = 16,
        SO_PEERCRED = 17,
        SO_RCVLOWAT = 18,
        SO_SNDLOWAT = 19,
        SO_RCVTIMEO = 20,
        SO_SNDTIMEO = 21,
        SO_BINDTODEVICE = 25,
        SO_TIMESTAMP = 29,
        SO_ACCEPTCONN = 30,
        SO_SNDBUFFORCE = 32,
        SO_RCVBUFFORCE = 33,
        SO_MARK = 36,
        SO_PROTOCOL = 38,
        SO_DOMAIN = 39,
        SO_INCOMING_CPU = 49,
        SO_COOKIE = 57,
        SO_ZEROCOPY = 60,
    }
}

constants! {
    /// Control messages.
    CONTROL: u32 {
        SCM_RIGHTS = 1,
        SCM_CREDENTIALS = 2,
        SCM_TIMESTAMP = 29,
    }
}

constants! {
    /// Options of TCP.
    TCP: u32 {
        TCP_NODELAY = 1,
        TCP_MAXSEG = 2,
        TCP_CORK = 3,
        TCP_KEEPIDLE = 4,
        TCP_KEEPINTVL = 5,
        TCP_KEEPCNT = 6,
        TCP_SYNCNT = 7,
        TCP_LINGER2 = 8,
        TCP_DEFER_ACCEPT = 9,
        TCP_WINDOW_CLAMP = 10,
        TCP_INFO = 11,
        TCP_QUICKACK = 12,
        TCP_CONGESTION = 13,
        TCP_USER_TIMEOUT = 18,
        TCP_FASTOPEN = 23,
        TCP_FASTOPEN_CONNECT = 30,
    }
}

constants! {
    /// Options of IP.
    IP: u32 {
        IP_TOS = 1,
        IP_TTL = 2,
        IP_HDRINCL = 3,
        IP_PKTINFO = 8,
        IP_MTU_DISCOVER = 10,
        IP_RECVERR = 11,
        IP_RECVTTL = 12,
        IP_MTU = 14,
        IP_MULTICAST_IF = 32,
        IP_MULTICAST_TTL = 33,
        IP_MULTICAST_LOOP = 34,
        IP_ADD_MEMBERSHIP = 35,
        IP_DROP_MEMBERSHIP = 36,
    }
}

constants! {
    /// Options of IPv6.
    IPV6: u32 {
        IPV6_UNICAST_HOPS = 16,
        IPV6_MULTICAST_IF = 17,
        IPV6_MULTICAST_HOPS = 18,
        IPV6_MULTICAST_LOOP = 19,
        IPV6_ADD_MEMBERSHIP = 20,
        IPV6_DROP_MEMBERSHIP = 21,
        IPV6_MTU_DISCOVER = 23,
        IPV6_RECVERR = 25,
        IPV6_V6ONLY = 26,
        IPV6_RECVPKTINFO = 49,
        IPV6_PKTINFO = 50,
        IPV6_RECVTCLASS = 66,
        IPV6_TCLASS = 67,
    }
}

//! Network interfaces, their addresses and routes: messages of netlink, and the older requests of `ioctl`.

use super::record::{constants, record};

record! {
    /// `struct nlmsghdr`: the head of a message; the next is at a multiple of 4.
    NlMsgHdr: 16 {
        /// The message's length, this head included.
        len @ 0: u32,
        /// What it is.
        kind @ 4: u16,
        /// Flags.
        flags @ 6: u16,
        /// Tells an answer's request.
        seq @ 8: u32,
        /// The port of who asked.
        pid @ 12: u32,
    }
}

record! {
    /// `struct nlmsgerr`: how a request ended.
    NlMsgErr: 20 {
        /// The error number, negated; 0 when it was done.
        error @ 0: i32,
        /// The request's head.
        msg @ 4: NlMsgHdr,
    }
}

record! {
    /// `struct rtattr`: the head of an attribute; the next is at a multiple of 4.
    RtAttr: 4 {
        /// The attribute's length, this head included.
        len @ 0: u16,
        /// What it is.
        kind @ 2: u16,
    }
}

record! {
    /// `struct ifinfomsg`: an interface.
    IfInfoMsg: 16 {
        /// The family of addresses asked for.
        family @ 0: u8,
        /// The kind of hardware.
        kind @ 2: u16,
        /// Its number.
        index @ 4: i32,
        /// Its flags.
        flags @ 8: u32,
        /// Which of them changed.
        change @ 12: u32,
    }
}

record! {
    /// `struct ifaddrmsg`: an address.
    IfAddrMsg: 8 {
        /// Its family.
        family @ 0: u8,
        /// How many of its bits name the network.
        prefixlen @ 1: u8,
        /// Flags.
        flags @ 2: u8,
        /// How far it is known.
        scope @ 3: u8,
        /// The interface.
        index @ 4: u32,
    }
}

record! {
    /// `struct rtmsg`: a route.
    RtMsg: 12 {
        /// Its family.
        family @ 0: u8,
        /// How many bits of the target count.
        dst_len @ 1: u8,
        /// How many bits of the source count.
        src_len @ 2: u8,
        /// The kind of service.
        tos @ 3: u8,
        /// Its table.
        table @ 4: u8,
        /// Who made it.
        protocol @ 5: u8,
        /// How far it leads.
        scope @ 6: u8,
        /// What it does.
        kind @ 7: u8,
        /// Flags.
        flags @ 8: u32,
    }
}

record! {
    /// `struct ifreq`: an interface by its name, and one thing of it.
    IfReq: 40 {
        /// The name, with zeros behind it.
        name @ 0: [u8; 16],
        /// An address, or a number at its start.
        data @ 16: [u8; 24],
    }
}

record! {
    /// `struct ifconf`: a list of [`IfReq`].
    IfConf: 16 {
        /// How many bytes there are, or were written.
        len @ 0: i32,
        /// Where.
        buf @ 8: u64,
    }
}

constants! {
    /// Protocols of netlink sockets.
    PROTOCOLS: u32 {
        NETLINK_ROUTE = 0,
        NETLINK_SOCK_DIAG = 4,
        NETLINK_AUDIT = 9,
        NETLINK_KOBJECT_UEVENT = 15,
        NETLINK_GENERIC = 16,
    }
}

constants! {
    /// Flags of messages.
    FLAGS: u32 {
        NLM_F_REQUEST = 1,
        NLM_F_MULTI = 2,
        NLM_F_ACK = 4,
        NLM_F_ROOT = 0x100,
        NLM_F_MATCH = 0x200,
        NLM_F_DUMP = 0x300,
    }
}

constants! {
    /// Messages.
    MESSAGES: u32 {
        NLMSG_NOOP = 1,
        NLMSG_ERROR = 2,
        NLMSG_DONE = 3,
        RTM_NEWLINK = 16,
        RTM_DELLINK = 17,
        RTM_GETLINK = 18,
        RTM_NEWADDR = 20,
        RTM_DELADDR = 21,
        RTM_GETADDR = 22,
        RTM_NEWROUTE = 24,
        RTM_DELROUTE = 25,
        RTM_GETROUTE = 26,
    }
}

constants! {
    /// Attributes: of interfaces, addresses and routes.
    ATTRIBUTES: u32 {
        IFLA_ADDRESS = 1,
        IFLA_BROADCAST = 2,
        IFLA_IFNAME = 3,
        IFLA_MTU = 4,
        IFLA_TXQLEN = 13,
        IFLA_OPERSTATE = 16,
        IFLA_LINKMODE = 17,
        IFA_ADDRESS = 1,
        IFA_LOCAL = 2,
        IFA_LABEL = 3,
        IFA_BROADCAST = 4,
        IFA_CACHEINFO = 6,
        IFA_FLAGS = 8,
        RTA_DST = 1,
        RTA_OIF = 4,
        RTA_GATEWAY = 5,
        RTA_PREFSRC = 7,
        RTA_TABLE = 15,
    }
}

constants! {
    /// Values of routes and scopes.
    VALUES: u32 {
        RT_TABLE_MAIN = 254,
        RT_TABLE_LOCAL = 255,
        RT_SCOPE_UNIVERSE = 0,
        RT_SCOPE_LINK = 253,
        RT_SCOPE_HOST = 254,
        RTN_UNICAST = 1,
        RTN_LOCAL = 2,
        RTPROT_KERNEL = 2,
        RTPROT_BOOT = 3,
        ARPHRD_ETHER = 1,
        ARPHRD_LOOPBACK = 772,
    }
}

constants! {
    /// Flags of interfaces.
    INTERFACE: u32 {
        IFF_UP = 1,
        IFF_BROADCAST = 2,
        IFF_LOOPBACK = 8,
        IFF_POINTOPOINT = 0x10,
        IFF_RUNNING = 0x40,
        IFF_NOARP = 0x80,
        IFF_PROMISC = 0x100,
        IFF_ALLMULTI = 0x200,
        IFF_MULTICAST = 0x1000,
        IFF_LOWER_UP = 0x1_0000,
    }
}

//! Where sockets of the Internet families are.

use super::socket::Family;
use ashore_pivot::Errno;
use ashore_pivot::layout::sockaddr::SockAddr;

/// An address of either version: one of version 4 as IPv6 maps it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Ip(pub(crate) u128);

const MAPPED: u128 = 0xffff << 32;
const V4_MASK: u128 = 0xffff_ffff;

impl Ip {
    /// Any address of version 6, and of version 4 where a socket takes both.
    pub(crate) const ANY6: Ip = Ip(0);
    /// Any address of version 4.
    pub(crate) const ANY4: Ip = Ip(MAPPED);
    /// This machine, as version 6 has it.
    pub(crate) const LOOPBACK6: Ip = Ip(1);
    /// This machine, as version 4 has it.
    pub(crate) const LOOPBACK4: Ip = Ip(MAPPED | 0x7f00_0001);

    pub(crate) fn v4(bytes: [u8; 4]) -> Ip {
        Ip(MAPPED | u128::from(u32::from_be_bytes(bytes)))
    }

    pub(crate) fn is_v4(self) -> bool {
        self.0 & !V4_MASK == MAPPED
    }

    /// The four bytes of version 4.
    pub(crate) fn four(self) -> Option<[u8; 4]> {
        self.is_v4().then(|| (self.0 as u32).to_be_bytes())
    }

    /// As it goes over a wire: four bytes or sixteen.
    pub(crate) fn bytes(self) -> alloc::vec::Vec<u8> {
        self.four().map_or_else(|| self.0.to_be_bytes().into(), Into::into)
    }

    pub(crate) fn is_any(self) -> bool {
        self == Ip::ANY4 || self == Ip::ANY6
    }

    /// Whether packets to it stay on this machine.
    pub(crate) fn is_here(self) -> bool {
        self.is_any() || self == Ip::LOOPBACK6 || self.is_v4() && self.0 as u32 >> 24 == 127
    }

    /// This machine instead of any.
    pub(crate) fn or_loopback(self) -> Ip {
        match self {
            Ip::ANY4 => Ip::LOOPBACK4,
            Ip::ANY6 => Ip::LOOPBACK6,
            ip => ip,
        }
    }
}

/// An address and a port.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Endpoint {
    pub(crate) ip: Ip,
    pub(crate) port: u16,
}

impl Endpoint {
    /// Any address and port of a family.
    pub(crate) fn any(family: Family) -> Endpoint {
        Endpoint { ip: if family == Family::V4 { Ip::ANY4 } else { Ip::ANY6 }, port: 0 }
    }

    /// What a program wrote, for a socket of a family.
    pub(crate) fn of(family: Family, address: &SockAddr) -> Result<Endpoint, Errno> {
        match (family, address) {
            (Family::V4, SockAddr::In { ip, port }) => Ok(Endpoint { ip: Ip::v4(*ip), port: *port }),
            (Family::V6, SockAddr::In6 { ip, port, .. }) => {
                Ok(Endpoint { ip: Ip(u128::from_be_bytes(*ip)), port: *port })
            }
            (Family::V4 | Family::V6, _) => Err(Errno::EAFNOSUPPORT),
            (Family::Unix | Family::Netlink, _) => Err(Errno::EINVAL),
        }
    }

    /// As a socket of a family tells it.
    pub(crate) fn told(self, family: Family) -> SockAddr {
        if family == Family::V4 {
            return SockAddr::In { ip: (self.ip.0 as u32).to_be_bytes(), port: self.port };
        }
        SockAddr::In6 { ip: self.ip.0.to_be_bytes(), port: self.port, flow: 0, scope: 0 }
    }

    /// Whether what is sent to `to` reaches a socket bound here. One bound to any address of version 6 takes version 4
    /// too unless it was told not to, in which case it is not asked.
    pub(crate) fn takes(self, to: Endpoint, only_v6: OnlyV6) -> bool {
        let is_version = match (self.ip, only_v6) {
            (Ip::ANY6, OnlyV6::Yes) => !to.ip.is_v4(),
            (Ip::ANY6, OnlyV6::No) => true,
            (Ip::ANY4, _) => to.ip.is_v4(),
            (ip, _) => ip == to.ip,
        };
        self.port == to.port && is_version
    }
}

/// Whether a socket of version 6 refuses version 4.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OnlyV6 {
    Yes,
    No,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_of_six_takes_four_unless_told_not_to() {
        let at = |ip, port| Endpoint { ip, port };
        let four = at(Ip::LOOPBACK4, 80);
        assert!(at(Ip::ANY6, 80).takes(four, OnlyV6::No));
        assert!(!at(Ip::ANY6, 80).takes(four, OnlyV6::Yes));
        assert!(at(Ip::ANY4, 80).takes(four, OnlyV6::Yes));
        assert!(!at(Ip::ANY4, 80).takes(at(Ip::LOOPBACK6, 80), OnlyV6::No));
        assert!(!at(Ip::ANY4, 81).takes(four, OnlyV6::No));
    }
}

//! Addresses of sockets.

use super::socket::{AF_INET, AF_INET6, AF_NETLINK, AF_UNIX, AF_UNSPEC};
use crate::Errno;
use alloc::vec::Vec;
use ashore_base::Bytes;

/// How long any address can be: `struct sockaddr_storage`.
pub const STORAGE_LEN: usize = 128;
/// How long the name of a local socket can be, without a zero behind it.
pub const UNIX_PATH_LEN: usize = 108;

const IN_LEN: usize = 16;
const IN6_LEN: usize = 28;
/// An IPv6 address without a scope, as first programs had it.
const IN6_SHORT_LEN: usize = 24;
const NETLINK_LEN: usize = 12;

/// An address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SockAddr {
    /// None: what disconnects a datagram socket.
    Unspec,
    /// `struct sockaddr_in`.
    In {
        /// The address.
        ip: [u8; 4],
        /// The port.
        port: u16,
    },
    /// `struct sockaddr_in6`.
    In6 {
        /// The address.
        ip: [u8; 16],
        /// The port.
        port: u16,
        /// The flow label, as it stands in the record.
        flow: u32,
        /// The interface.
        scope: u32,
    },
    /// `struct sockaddr_un`.
    Unix(UnixName),
    /// `struct sockaddr_nl`.
    Netlink {
        /// The port; 0 for the kernel.
        port: u32,
        /// Multicast groups.
        groups: u32,
    },
    /// An address of another family.
    Other {
        /// The family.
        family: u16,
        /// What follows it.
        bytes: Vec<u8>,
    },
}

/// The name of a local socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnixName {
    /// It has none.
    Unnamed,
    /// A file.
    Path(Vec<u8>),
    /// A name that is no file: what follows the leading zero.
    Abstract(Vec<u8>),
}

impl SockAddr {
    /// From the bytes a program gave, as many as it said; `EINVAL` when they are too few or too many.
    pub fn decode(bytes: &[u8]) -> Result<SockAddr, Errno> {
        if bytes.len() > STORAGE_LEN {
            return Err(Errno::EINVAL);
        }
        let record = Bytes(bytes);
        let family = record.u16(0).ok_or(Errno::EINVAL)?;
        let port = || record.array(2).map(u16::from_be_bytes);
        let address = match u32::from(family) {
            AF_UNSPEC => Some(SockAddr::Unspec),
            AF_INET if bytes.len() >= IN_LEN => port().zip(record.array(4)).map(|(port, ip)| SockAddr::In { ip, port }),
            AF_INET6 if bytes.len() >= IN6_SHORT_LEN => port().zip(record.array(8)).map(|(port, ip)| SockAddr::In6 {
                ip,
                port,
                flow: record.u32(4).unwrap_or(0),
                scope: record.u32(24).unwrap_or(0),
            }),
            AF_UNIX => UnixName::decode(bytes.get(2..).unwrap_or_default()).map(SockAddr::Unix),
            AF_NETLINK if bytes.len() >= NETLINK_LEN => {
                record.u32(4).zip(record.u32(8)).map(|(port, groups)| SockAddr::Netlink { port, groups })
            }
            AF_INET | AF_INET6 | AF_NETLINK => None,
            _ => Some(SockAddr::Other { family, bytes: bytes.get(2..).unwrap_or_default().into() }),
        };
        address.ok_or(Errno::EINVAL)
    }

    /// The family.
    pub fn family(&self) -> u16 {
        let family = match self {
            SockAddr::Unspec => AF_UNSPEC,
            SockAddr::In { .. } => AF_INET,
            SockAddr::In6 { .. } => AF_INET6,
            SockAddr::Unix(_) => AF_UNIX,
            SockAddr::Netlink { .. } => AF_NETLINK,
            SockAddr::Other { family, .. } => u32::from(*family),
        };
        family as u16
    }

    /// As it lies in memory, as long as the kernel says that it is. Where a program gave less room, the first bytes are
    /// written and the whole length is told.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> = self.family().to_le_bytes().into();
        match self {
            SockAddr::Unspec => {}
            SockAddr::In { ip, port } => {
                bytes.extend(port.to_be_bytes());
                bytes.extend(ip);
                bytes.resize(IN_LEN, 0);
            }
            SockAddr::In6 { ip, port, flow, scope } => {
                bytes.extend(port.to_be_bytes());
                bytes.extend(flow.to_le_bytes());
                bytes.extend(ip);
                bytes.extend(scope.to_le_bytes());
                bytes.resize(IN6_LEN, 0);
            }
            SockAddr::Unix(UnixName::Unnamed) => {}
            SockAddr::Unix(UnixName::Path(path)) => {
                bytes.extend(path);
                bytes.push(0);
            }
            SockAddr::Unix(UnixName::Abstract(name)) => {
                bytes.push(0);
                bytes.extend(name);
            }
            SockAddr::Netlink { port, groups } => {
                bytes.extend([0, 0]);
                bytes.extend(port.to_le_bytes());
                bytes.extend(groups.to_le_bytes());
            }
            SockAddr::Other { bytes: rest, .. } => bytes.extend(rest),
        }
        bytes
    }
}

impl UnixName {
    /// From what follows the family. A path ends at its zero or where the record does.
    fn decode(bytes: &[u8]) -> Option<UnixName> {
        match bytes {
            _ if bytes.len() > UNIX_PATH_LEN => None,
            [] => Some(UnixName::Unnamed),
            [0, name @ ..] => Some(UnixName::Abstract(name.into())),
            path => Some(UnixName::Path(path.split(|byte| *byte == 0).next().unwrap_or_default().into())),
        }
    }
}

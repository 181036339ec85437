//! Routing messages: a header, then the addresses whose bits it has set, in the order of the bits.

use super::Words;
use super::netlink::{Link, Route};
use alloc::vec;
use alloc::vec::Vec;

/// Bits of the addresses that follow a header; the same on the three systems.
#[allow(missing_docs)]
mod bits {
    pub const RTA_DST: u32 = 0x1;
    pub const RTA_GATEWAY: u32 = 0x2;
    pub const RTA_NETMASK: u32 = 0x4;
    pub const RTA_IFP: u32 = 0x10;
    pub const RTA_IFA: u32 = 0x20;
    pub const RTA_BRD: u32 = 0x80;
    pub const RTF_UP: u32 = 0x1;
    pub const RTF_GATEWAY: u32 = 0x2;
    pub const RTF_HOST: u32 = 0x4;
    pub const RTF_STATIC: u32 = 0x800;
    pub const RTM_GET: u8 = 4;
}
pub use bits::*;

/// `AF_LINK` of the three systems.
const AF_LINK: u8 = 18;
/// Addresses and messages are padded to this.
const ALIGN: usize = 8;

/// Writes messages of one system.
pub struct Builder {
    /// The system.
    pub words: &'static Words,
    /// Its `AF_INET6`.
    pub inet6: u8,
    /// The messages so far.
    pub bytes: Vec<u8>,
}

impl Builder {
    /// Appends a message; `rest` is its header after length, version and type.
    pub fn push(&mut self, kind: u8, rest: &[u8], addresses: &[Vec<u8>]) {
        let len = 4 + rest.len() + addresses.iter().map(|bytes| bytes.len().next_multiple_of(ALIGN)).sum::<usize>();
        self.bytes.extend_from_slice(&(len as u16).to_le_bytes());
        self.bytes.extend_from_slice(&[self.words.version, kind]);
        self.bytes.extend_from_slice(rest);
        for address in addresses {
            let end = self.bytes.len() + address.len().next_multiple_of(ALIGN);
            self.bytes.extend_from_slice(address);
            self.bytes.resize(end, 0);
        }
    }

    /// The guest's family of 4 or 16 bytes.
    pub fn family(&self, ip: &[u8]) -> u8 {
        const AF_INET: u8 = 2;
        if ip.len() == 16 { self.inet6 } else { AF_INET }
    }

    /// `struct sockaddr_in` or `struct sockaddr_in6`; a link-local address says on which interface.
    pub fn inet(&self, ip: &[u8], index: u32) -> Vec<u8> {
        let family = self.family(ip);
        if ip.len() != 16 {
            let mut bytes = vec![16, family, 0, 0];
            bytes.extend_from_slice(ip);
            bytes.resize(16, 0);
            return bytes;
        }
        let mut bytes = vec![28, family, 0, 0, 0, 0, 0, 0];
        bytes.extend_from_slice(ip);
        let is_scoped = matches!(ip, [0xfe, second, ..] if second & 0xc0 == 0x80) || matches!(ip, [0xff, 1 | 2, ..]);
        bytes.extend_from_slice(&if is_scoped { index } else { 0 }.to_le_bytes());
        bytes
    }

    /// `struct sockaddr_dl` of an interface.
    pub fn link(&self, link: &Link) -> Vec<u8> {
        let mut bytes = vec![0, AF_LINK];
        bytes.extend_from_slice(&(link.index as u16).to_le_bytes());
        let address = if kind(link) == IFT_ETHER { &link.address[..] } else { &[] };
        bytes.extend_from_slice(&[kind(link), link.name.len() as u8, address.len() as u8, 0]);
        bytes.extend_from_slice(&link.name);
        bytes.extend_from_slice(address);
        self.measured(bytes)
    }

    /// `struct sockaddr_dl` that says only which interface.
    pub fn link_index(&self, index: u32) -> Vec<u8> {
        let mut bytes = vec![0, AF_LINK];
        bytes.extend_from_slice(&(index as u16).to_le_bytes());
        self.measured(bytes)
    }

    fn measured(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        let len = bytes.len().max(self.words.link_len);
        bytes.resize(len, 0);
        if let Some(first) = bytes.first_mut() {
            *first = len as u8;
        }
        bytes
    }
}

const IFT_OTHER: u8 = 1;
const IFT_ETHER: u8 = 6;
const IFT_PPP: u8 = 23;
const IFT_LOOP: u8 = 24;
const IFT_TUNNEL: u8 = 131;

/// The systems' interface type of a Linux link.
pub fn kind(link: &Link) -> u8 {
    match link.kind {
        1 => IFT_ETHER,
        512 => IFT_PPP,
        772 => IFT_LOOP,
        768 | 769 | 776 | 778 | 65534 => IFT_TUNNEL,
        _ => IFT_OTHER,
    }
}

/// How long a link's own header is.
pub fn header_len(link: &Link) -> u8 {
    if kind(link) == IFT_ETHER { 14 } else { 0 }
}

/// How long a link's own address is.
pub fn address_len(link: &Link) -> u8 {
    if kind(link) == IFT_ETHER { link.address.len() as u8 } else { 0 }
}

/// `LINK_STATE_*`, the same on the three systems.
pub fn link_state(link: &Link) -> u8 {
    const IF_OPER_DOWN: u8 = 2;
    const IF_OPER_UP: u8 = 6;
    match link.state {
        IF_OPER_UP => 2,
        IF_OPER_DOWN => 1,
        _ => 0,
    }
}

/// The counters in the systems' order: packets and errors in, the same out, collisions, bytes in and out, multicasts
/// in and out, drops in.
pub fn counters(link: &Link) -> [u64; 10] {
    let [rx_packets, tx_packets, rx_bytes, tx_bytes, rx_errors, tx_errors, rx_dropped] =
        [0, 1, 2, 3, 4, 5, 6].map(|n| link.stat(n));
    let (multicast, collisions) = (link.stat(8), link.stat(9));
    [rx_packets, rx_errors, tx_packets, tx_errors, collisions, rx_bytes, tx_bytes, multicast, 0, rx_dropped]
}

/// The systems' flags of a link. Those of the first ten bits are the same everywhere.
pub fn link_flags(link: &Link) -> u32 {
    const SAME: u32 = 0x3df;
    const LINUX_MULTICAST: u32 = 0x1000;
    const IFF_SIMPLEX: u32 = 0x800;
    const IFF_MULTICAST: u32 = 0x8000;
    const IFF_BROADCAST: u32 = 0x2;
    let mut flags = link.flags & SAME;
    if link.flags & LINUX_MULTICAST != 0 {
        flags |= IFF_MULTICAST;
    }
    if flags & IFF_BROADCAST != 0 {
        flags |= IFF_SIMPLEX;
    }
    flags
}

/// The header of an interface's message, after length, version and type; `data` is what follows the index.
pub fn interface_head(link: &Link, data: Vec<u8>) -> Vec<u8> {
    let mut head = RTA_IFP.to_le_bytes().to_vec();
    head.extend_from_slice(&link_flags(link).to_le_bytes());
    head.extend_from_slice(&link.index.to_le_bytes());
    head.extend_from_slice(&data);
    head
}

/// The header of a group's message.
pub fn group_head(addrs: u32, index: u16) -> Vec<u8> {
    let mut head = addrs.to_le_bytes().to_vec();
    head.extend_from_slice(&[0; 4]);
    head.extend_from_slice(&u32::from(index).to_le_bytes());
    head
}

/// The header of a route's message, `len` bytes with what stands before it.
pub fn route_head(addrs: u32, flags: u32, route: &Route, len: usize) -> Vec<u8> {
    let mut head = route.index.to_le_bytes().to_vec();
    head.extend_from_slice(&flags.to_le_bytes());
    head.extend_from_slice(&addrs.to_le_bytes());
    head.resize(len - 4, 0);
    head
}

/// `RTF_*` of a route.
pub fn route_flags(route: &Route) -> u32 {
    let mut flags = RTF_UP;
    if route.gateway.is_some() {
        flags |= RTF_GATEWAY;
    }
    if usize::from(route.prefix) == route.to.len() * 8 {
        flags |= RTF_HOST;
    }
    if route.is_static {
        flags |= RTF_STATIC;
    }
    flags
}

/// The mask of `prefix` bits in the length of `ip`.
pub fn mask(ip: &[u8], prefix: u8) -> Vec<u8> {
    let byte = |n: usize| {
        let bits = usize::from(prefix).saturating_sub(n * 8).min(8);
        0xffu8.checked_shl(8 - bits as u32).unwrap_or(0)
    };
    (0..ip.len()).map(byte).collect()
}

/// Words of 64 bits, as bytes.
pub fn words(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

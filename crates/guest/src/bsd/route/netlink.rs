//! What Linux tells about its network, through a routing netlink socket that lives for one question.

use crate::Ctx;
use alloc::vec;
use alloc::vec::Vec;
use ashore_pivot::{Arg, Errno, Sys};

const AF_NETLINK: u64 = 16;
const SOCK_RAW_CLOEXEC: u64 = 3 | 0x8_0000;
const NLM_F_REQUEST_DUMP: u16 = 1 | 0x300;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const RTM_GETLINK: u16 = 18;
const RTM_GETADDR: u16 = 22;
const RTM_GETROUTE: u16 = 26;
/// The size of `struct nlmsghdr`.
const HEADER: usize = 16;

/// An interface.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its number.
    pub index: u32,
    /// Linux's `ARPHRD_*`.
    pub kind: u16,
    /// Linux's `IFF_*`.
    pub flags: u32,
    /// Its name.
    pub name: Vec<u8>,
    /// Its hardware address.
    pub address: Vec<u8>,
    /// Its maximum transmission unit.
    pub mtu: u32,
    /// Linux's `IF_OPER_*`.
    pub state: u8,
    /// Linux's `struct rtnl_link_stats64`.
    pub stats: Vec<u64>,
}

impl Link {
    /// Counter `n` of the statistics.
    pub fn stat(&self, n: usize) -> u64 {
        self.stats.get(n).copied().unwrap_or(0)
    }
}

/// An address of an interface.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Address {
    /// The interface.
    pub index: u32,
    /// How many bits are the network's.
    pub prefix: u8,
    /// The address: 4 or 16 bytes.
    pub local: Vec<u8>,
    /// The broadcast address, or the other end of a point-to-point link.
    pub other: Option<Vec<u8>>,
}

/// A route.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Route {
    /// Where to: 4 or 16 bytes.
    pub to: Vec<u8>,
    /// How many bits of that count.
    pub prefix: u8,
    /// Over which interface.
    pub index: u32,
    /// Through which host.
    pub gateway: Option<Vec<u8>>,
    /// Whether a person made it.
    pub is_static: bool,
}

/// The interfaces.
pub fn links(ctx: &Ctx<'_>) -> Result<Vec<Link>, Errno> {
    let mut links = Vec::new();
    dump(ctx, RTM_GETLINK, &mut |body| links.extend(link(body)))?;
    Ok(links)
}

/// The addresses.
pub fn addresses(ctx: &Ctx<'_>) -> Result<Vec<Address>, Errno> {
    let mut addresses = Vec::new();
    dump(ctx, RTM_GETADDR, &mut |body| addresses.extend(address(body)))?;
    Ok(addresses)
}

/// The routes.
pub fn routes(ctx: &Ctx<'_>) -> Result<Vec<Route>, Errno> {
    let mut routes = Vec::new();
    dump(ctx, RTM_GETROUTE, &mut |body| routes.extend(route(body)))?;
    Ok(routes)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

/// Asks for everything of a kind and hands out the bodies of the answers.
fn dump(ctx: &Ctx<'_>, kind: u16, each: &mut dyn FnMut(&[u8])) -> Result<(), Errno> {
    let fd = ctx.call(Sys::SOCKET, [AF_NETLINK, SOCK_RAW_CLOEXEC, 0, 0, 0, 0])? as i32;
    let result = converse(ctx, fd, kind, each);
    ctx.close(fd);
    result
}

fn converse(ctx: &Ctx<'_>, fd: i32, kind: u16, each: &mut dyn FnMut(&[u8])) -> Result<(), Errno> {
    // A header and 16 zeros: any family, in every kind's own record.
    let mut request = 32u32.to_le_bytes().to_vec();
    request.extend_from_slice(&kind.to_le_bytes());
    request.extend_from_slice(&NLM_F_REQUEST_DUMP.to_le_bytes());
    request.resize(32, 0);
    let len = request.len() as u64;
    let mut args = [fd.into(), Arg::In(&request), len.into(), 0u64.into(), 0u64.into(), 0u64.into()];
    ctx.call_with(Sys::SENDTO, &mut args)?;
    let mut buffer = vec![0; 64 << 10];
    loop {
        let room = buffer.len() as u64;
        let mut args = [fd.into(), Arg::Out(&mut buffer), room.into(), 0u64.into(), 0u64.into(), 0u64.into()];
        let got = ctx.call_with(Sys::RECVFROM, &mut args)?;
        let Some(bytes) = buffer.get(..got as usize).filter(|bytes| !bytes.is_empty()) else { return Ok(()) };
        if messages(bytes, each)? {
            return Ok(());
        }
    }
}

/// Hands out the bodies of some messages; says whether they were the last.
fn messages(mut bytes: &[u8], each: &mut dyn FnMut(&[u8])) -> Result<bool, Errno> {
    while let (Some(len), Some(kind)) = (u32_at(bytes, 0), u16_at(bytes, 4)) {
        let body = bytes.get(HEADER..len as usize).ok_or(Errno::EIO)?;
        match kind {
            NLMSG_DONE => return Ok(true),
            NLMSG_ERROR => {
                let errno = u32_at(body, 0).unwrap_or(0).wrapping_neg();
                return if errno == 0 { Ok(true) } else { Err(Errno(errno as u16)) };
            }
            _ => each(body),
        }
        bytes = bytes.get((len as usize).next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(false)
}

/// Hands out the attributes after a record of `skip` bytes.
fn attributes(body: &[u8], skip: usize, each: &mut dyn FnMut(u16, &[u8])) {
    /// Bits of the type that are not the type.
    const FLAGS: u16 = 0xc000;
    let mut rest = body.get(skip..).unwrap_or_default();
    while let (Some(len), Some(kind)) = (u16_at(rest, 0), u16_at(rest, 2)) {
        let Some(data) = rest.get(4..len as usize) else { return };
        each(kind & !FLAGS, data);
        rest = rest.get((len as usize).next_multiple_of(4)..).unwrap_or_default();
    }
}

fn link(body: &[u8]) -> Option<Link> {
    const IFLA_ADDRESS: u16 = 1;
    const IFLA_IFNAME: u16 = 3;
    const IFLA_MTU: u16 = 4;
    const IFLA_OPERSTATE: u16 = 16;
    const IFLA_STATS64: u16 = 23;
    let (kind, index, flags) = (u16_at(body, 2)?, u32_at(body, 4)?, u32_at(body, 8)?);
    let mut link = Link { index, kind, flags, ..Link::default() };
    attributes(body, 16, &mut |kind, data| match kind {
        IFLA_ADDRESS => link.address = data.to_vec(),
        IFLA_IFNAME => link.name = data.split(|byte| *byte == 0).next().unwrap_or_default().to_vec(),
        IFLA_MTU => link.mtu = u32_at(data, 0).unwrap_or(0),
        IFLA_OPERSTATE => link.state = data.first().copied().unwrap_or(0),
        IFLA_STATS64 => {
            let words = data.chunks_exact(8).filter_map(|bytes| bytes.first_chunk().copied());
            link.stats = words.map(u64::from_le_bytes).collect();
        }
        _ => {}
    });
    Some(link)
}

/// The bytes of an address of Linux's family, if it has the length of one.
fn of_family(family: u8, data: &[u8]) -> Option<Vec<u8>> {
    let len = match family {
        2 => 4,
        10 => 16,
        _ => return None,
    };
    (data.len() == len).then(|| data.to_vec())
}

fn address(body: &[u8]) -> Option<Address> {
    const IFA_ADDRESS: u16 = 1;
    const IFA_LOCAL: u16 = 2;
    const IFA_BROADCAST: u16 = 4;
    let (family, prefix) = (*body.first()?, *body.get(1)?);
    let (mut peer, mut local, mut broadcast) = (None, None, None);
    attributes(body, 8, &mut |kind, data| match kind {
        IFA_ADDRESS => peer = of_family(family, data),
        IFA_LOCAL => local = of_family(family, data),
        IFA_BROADCAST => broadcast = of_family(family, data),
        _ => {}
    });
    // Without a local address the other is it; with one that differs, the other is the far end.
    let far = peer.clone().filter(|peer| local.as_ref().is_some_and(|local| local != peer));
    Some(Address { index: u32_at(body, 4)?, prefix, local: local.or(peer)?, other: broadcast.or(far) })
}

fn route(body: &[u8]) -> Option<Route> {
    const RTA_DST: u16 = 1;
    const RTA_OIF: u16 = 4;
    const RTA_GATEWAY: u16 = 5;
    const RT_TABLE_MAIN: u8 = 254;
    const RT_TABLE_LOCAL: u8 = 255;
    const RTPROT_BOOT: u8 = 3;
    const RTPROT_STATIC: u8 = 4;
    const RTN_UNICAST: u8 = 1;
    const RTN_LOCAL: u8 = 2;
    let [family, prefix, _, _, table, protocol, _, kind] = *body.first_chunk()?;
    if !matches!((table, kind), (RT_TABLE_MAIN, RTN_UNICAST) | (RT_TABLE_LOCAL, RTN_LOCAL)) {
        return None;
    }
    let mut route = Route {
        to: of_family(family, &[0; 4]).or_else(|| of_family(family, &[0; 16]))?,
        prefix,
        is_static: matches!(protocol, RTPROT_BOOT | RTPROT_STATIC),
        ..Route::default()
    };
    attributes(body, 12, &mut |kind, data| match kind {
        RTA_DST => route.to = of_family(family, data).unwrap_or_default(),
        RTA_OIF => route.index = u32_at(data, 0).unwrap_or(0),
        RTA_GATEWAY => route.gateway = of_family(family, data),
        _ => {}
    });
    Some(route)
}

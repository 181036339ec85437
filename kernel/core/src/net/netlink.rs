//! `AF_NETLINK`: questions to the kernel about interfaces, addresses and routes.
//!
//! A program sends a request as a message and receives answers as messages. Only the lists are here (`NETLINK_ROUTE`): what a
//! machine's interfaces are is settled when it starts, and changes are refused.

use super::interfaces::{self, Assigned, Interface, QUEUE_LEN, broadcast, mask};
use super::mail::{Letter, Mailbox};
use super::socket::Socket;
use crate::call::Call;
use alloc::vec::Vec;
use ashore_base::Bytes;
use ashore_pivot::Errno;
use ashore_pivot::layout::sockaddr::SockAddr;
use ashore_pivot::layout::socket::{AF_INET, AF_INET6, AF_UNSPEC};

/// `struct nlmsghdr`: length, type, flags, number, port.
const HEADER_LEN: usize = 16;
/// The longest request.
const LONGEST: usize = 32768;

const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
/// The first type that is not about messages themselves.
const NLMSG_MIN_TYPE: u16 = 16;

const NLM_F_REQUEST: u16 = 1;
const NLM_F_MULTI: u16 = 2;
const NLM_F_ACK: u16 = 4;
const NLM_F_DUMP: u16 = 0x300;

/// What is asked for, and the type of its answers.
const RTM_GETLINK: u16 = 18;
const RTM_NEWLINK: u16 = 16;
const RTM_GETADDR: u16 = 22;
const RTM_NEWADDR: u16 = 20;
const RTM_GETROUTE: u16 = 26;
const RTM_NEWROUTE: u16 = 24;

/// Attributes of an interface, an address, a route.
const IFLA_ADDRESS: u16 = 1;
const IFLA_BROADCAST: u16 = 2;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_TXQLEN: u16 = 13;
const IFLA_OPERSTATE: u16 = 16;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_LABEL: u16 = 3;
const IFA_BROADCAST: u16 = 4;
const IFA_FLAGS: u16 = 8;
const RTA_DST: u16 = 1;
const RTA_OIF: u16 = 4;
const RTA_GATEWAY: u16 = 5;
const RTA_PREFSRC: u16 = 7;
const RTA_TABLE: u16 = 15;

/// The address stays.
const IFA_F_PERMANENT: u8 = 0x80;
/// The table of a machine's usual routes, who made them, and that they lead somewhere.
const MAIN_TABLE: u8 = 254;
const BY_BOOT: u8 = 3;
const UNICAST: u8 = 1;
/// A route to what is on the same wire.
const LINK: u8 = 253;
/// An interface that works, or does not say.
const UP: u8 = 6;
const UNKNOWN: u8 = 0;

/// One request.
struct Asked<'a> {
    kind: u16,
    flags: u16,
    number: u32,
    port: u32,
    header: &'a [u8],
    body: Bytes<'a>,
}

/// Answers a message of requests into the socket's own box; its length.
pub(super) fn ask(
    call: &Call<'_>,
    socket: &Socket,
    inbox: &Mailbox,
    bytes: &mut dyn crate::file::Bytes,
) -> Result<u64, Errno> {
    if bytes.left() > LONGEST {
        return Err(Errno::EMSGSIZE);
    }
    let mut request = alloc::vec![0; bytes.left()];
    let len = bytes.take(&mut request)?;
    let port = socket.netlink_port(call);
    let mut rest = request.get(..len).unwrap_or_default();
    while let Some((asked, behind)) = Asked::first(rest, port) {
        rest = behind;
        if asked.flags & NLM_F_REQUEST != 0 && asked.kind >= NLMSG_MIN_TYPE {
            let answer = asked.answer(&interfaces::all(call.kernel));
            let from = Some(SockAddr::Netlink { port: 0, groups: 0 });
            // Who asks more than there is room for loses answers, as elsewhere.
            inbox.post(call.kernel, Letter { bytes: answer, from, parcel: None });
        }
    }
    Ok(len as u64)
}

impl<'a> Asked<'a> {
    fn first(bytes: &'a [u8], port: u32) -> Option<(Asked<'a>, &'a [u8])> {
        let record = Bytes(bytes);
        let len = record.u32(0)? as usize;
        let header = bytes.get(..HEADER_LEN)?;
        let body = Bytes(bytes.get(HEADER_LEN..len)?);
        let (kind, flags, number) = (record.u16(4)?, record.u16(6)?, record.u32(8)?);
        let behind = bytes.get(len.next_multiple_of(4)..).unwrap_or_default();
        Some((Asked { kind, flags, number, port, header, body }, behind))
    }

    /// The answers, one after the other.
    fn answer(&self, all: &[Interface]) -> Vec<u8> {
        let family = self.body.array::<1>(0).map_or(AF_UNSPEC, |[family]| u32::from(family));
        let is_wanted = |at: &Assigned| family == AF_UNSPEC || family == family_of(at);
        let mut out = Vec::new();
        let is_list = self.flags & NLM_F_DUMP == NLM_F_DUMP;
        match self.kind {
            RTM_GETLINK if is_list => all.iter().for_each(|one| self.put(&mut out, RTM_NEWLINK, &link(one))),
            RTM_GETLINK => {
                let index = self.body.u32(4).unwrap_or(0);
                let name = attribute(self.body, 16, IFLA_IFNAME);
                let name = name.map(|name| name.split(|byte| *byte == 0).next().unwrap_or_default());
                let is_it = |one: &&Interface| match name {
                    Some(name) if index == 0 => one.name.as_bytes() == name,
                    _ => one.index == index,
                };
                match all.iter().find(is_it) {
                    Some(one) => {
                        self.one(&mut out, RTM_NEWLINK, 0, &link(one));
                        if self.flags & NLM_F_ACK != 0 {
                            self.error(&mut out, 0);
                        }
                    }
                    None => self.error(&mut out, Errno::ENODEV.0),
                }
                return out;
            }
            RTM_GETADDR if is_list => {
                for one in all {
                    one.addresses.iter().filter(|at| is_wanted(at)).for_each(|at| {
                        self.put(&mut out, RTM_NEWADDR, &address(one, at));
                    });
                }
            }
            RTM_GETROUTE if is_list => {
                for one in all.iter().filter(|one| one.hardware == 1) {
                    one.addresses.iter().filter(|at| is_wanted(at)).for_each(|at| {
                        if let Some(default) = default_route(one) {
                            self.put(&mut out, RTM_NEWROUTE, &default);
                        }
                        self.put(&mut out, RTM_NEWROUTE, &wire_route(one, at));
                    });
                }
            }
            kind if kind % 4 == 2 => {
                self.error(&mut out, Errno::EOPNOTSUPP.0);
                return out;
            }
            _ => {
                self.error(&mut out, Errno::EPERM.0);
                return out;
            }
        }
        self.one(&mut out, NLMSG_DONE, NLM_F_MULTI, &0u32.to_le_bytes());
        out
    }

    /// One of several answers.
    fn put(&self, out: &mut Vec<u8>, kind: u16, body: &[u8]) {
        self.one(out, kind, NLM_F_MULTI, body);
    }

    fn one(&self, out: &mut Vec<u8>, kind: u16, flags: u16, body: &[u8]) {
        out.extend(((HEADER_LEN + body.len()) as u32).to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend(flags.to_le_bytes());
        out.extend(self.number.to_le_bytes());
        out.extend(self.port.to_le_bytes());
        out.extend(body);
        out.resize(out.len().next_multiple_of(4), 0);
    }

    /// An error with the request's head, or that all is well.
    fn error(&self, out: &mut Vec<u8>, errno: u16) {
        let mut body = (-i32::from(errno)).to_le_bytes().to_vec();
        body.extend(self.header);
        self.one(out, NLMSG_ERROR, 0, &body);
    }
}

fn family_of(at: &Assigned) -> u32 {
    if at.ip.is_v4() { AF_INET } else { AF_INET6 }
}

/// The value of a request's attribute.
fn attribute(body: Bytes<'_>, from: usize, wanted: u16) -> Option<&[u8]> {
    let mut rest = body.0.get(from..)?;
    loop {
        let record = Bytes(rest);
        let (len, kind) = (usize::from(record.u16(0)?), record.u16(2)?);
        let value = rest.get(4..len)?;
        if kind == wanted {
            return Some(value);
        }
        rest = rest.get(len.next_multiple_of(4)..)?;
    }
}

fn put(out: &mut Vec<u8>, kind: u16, value: &[u8]) {
    out.extend((4 + value.len() as u16).to_le_bytes());
    out.extend(kind.to_le_bytes());
    out.extend(value);
    out.resize(out.len().next_multiple_of(4), 0);
}

fn name(one: &Interface) -> Vec<u8> {
    one.name.bytes().chain([0]).collect()
}

/// `struct ifinfomsg` and its attributes.
fn link(one: &Interface) -> Vec<u8> {
    let is_wire = one.hardware == 1;
    let mut out = alloc::vec![AF_UNSPEC as u8, 0];
    out.extend(one.hardware.to_le_bytes());
    [one.index, one.flags, 0].iter().for_each(|word| out.extend(word.to_le_bytes()));
    put(&mut out, IFLA_IFNAME, &name(one));
    put(&mut out, IFLA_TXQLEN, &QUEUE_LEN.to_le_bytes());
    put(&mut out, IFLA_OPERSTATE, &[if is_wire { UP } else { UNKNOWN }]);
    put(&mut out, IFLA_MTU, &one.mtu.to_le_bytes());
    put(&mut out, IFLA_ADDRESS, &one.mac);
    put(&mut out, IFLA_BROADCAST, &[if is_wire { 0xff } else { 0 }; 6]);
    out
}

/// `struct ifaddrmsg` and its attributes.
fn address(one: &Interface, at: &Assigned) -> Vec<u8> {
    let mut out = alloc::vec![family_of(at) as u8, at.prefix, IFA_F_PERMANENT, at.scope];
    out.extend(one.index.to_le_bytes());
    let ip = at.ip.bytes();
    put(&mut out, IFA_ADDRESS, &ip);
    if let Some(four) = at.ip.four() {
        put(&mut out, IFA_LOCAL, &ip);
        if one.hardware == 1 {
            put(&mut out, IFA_BROADCAST, &broadcast((four, at.prefix)));
        }
        put(&mut out, IFA_LABEL, &name(one));
    }
    put(&mut out, IFA_FLAGS, &u32::from(IFA_F_PERMANENT).to_le_bytes());
    out
}

/// `struct rtmsg` of a route and the attributes that all have.
fn route(one: &Interface, prefix: u8, scope: u8) -> Vec<u8> {
    let mut out = alloc::vec![AF_INET as u8, prefix, 0, 0, MAIN_TABLE, BY_BOOT, scope, UNICAST];
    out.extend(0u32.to_le_bytes());
    put(&mut out, RTA_TABLE, &u32::from(MAIN_TABLE).to_le_bytes());
    put(&mut out, RTA_OIF, &one.index.to_le_bytes());
    out
}

fn default_route(one: &Interface) -> Option<Vec<u8>> {
    let mut out = route(one, 0, 0);
    put(&mut out, RTA_GATEWAY, &one.router?.bytes());
    Some(out)
}

fn wire_route(one: &Interface, at: &Assigned) -> Vec<u8> {
    let mut out = route(one, at.prefix, LINK);
    let network: Vec<u8> = at.ip.bytes().iter().zip(mask(at.prefix)).map(|(byte, mask)| byte & mask).collect();
    put(&mut out, RTA_DST, &network);
    put(&mut out, RTA_PREFSRC, &at.ip.bytes());
    out
}

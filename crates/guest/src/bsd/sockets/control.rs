//! Control messages, both ways.
//!
//! On x86-64 all four systems put a message's data 16 bytes after its start and align messages to 8; only the header
//! differs (32-bit length here, 64-bit in Linux). What the messages are called and hold differs more.

use super::{credentials, host, marks::Mark};
use crate::Ctx;
use alloc::vec;
use alloc::vec::Vec;
use ashore_pivot::Errno;

/// `SOL_SOCKET` of the three systems.
const SOL_SOCKET: u32 = 0xffff;
/// `SCM_RIGHTS` of the three systems.
const SCM_RIGHTS: u32 = 1;
/// Where data stands in a message, on every side.
const DATA_AT: usize = 16;
/// `AF_LINK` of the three systems.
const AF_LINK: u8 = 18;

/// What a system must supply.
pub struct Words {
    /// `SCM_TIMESTAMP`.
    pub timestamp: u32,
    /// `SCM_CREDS`.
    pub creds: u32,
    /// Whether `struct sockcred` begins with the sender's process (NetBSD).
    pub creds_with_pid: bool,
    /// `IP_RECVTTL`, the name of the message with the time to live.
    pub ttl: u32,
    /// `IP_RECVTOS`, the name of the message with the type of service; 0 where there is none.
    pub tos: u32,
    /// `IP_PKTINFO`; 0 where there is none.
    pub pktinfo: u32,
    /// The size of `struct sockaddr_dl` in the message of `IP_RECVIF`.
    pub link_len: usize,
}

/// `IP_RECVDSTADDR`, which is `IP_SENDSRCADDR` too, of the three systems.
const IP_RECVDSTADDR: u32 = 7;
/// `IP_RECVIF` of the three systems.
const IP_RECVIF: u32 = 20;
/// `IP_TOS` of the three systems.
const IP_TOS: u32 = 3;

/// Messages whose data is the same on both sides: level, the guest's type, Linux's.
const PLAIN: &[(u32, u32, u32)] = &[
    (host::IPPROTO_IP, 5, 6),     // IP_RECVOPTS
    (host::IPPROTO_IP, 6, 7),     // IP_RECVRETOPTS
    (host::IPPROTO_IPV6, 46, 50), // IPV6_PKTINFO
    (host::IPPROTO_IPV6, 47, 52), // IPV6_HOPLIMIT
    (host::IPPROTO_IPV6, 48, 9),  // IPV6_NEXTHOP
    (host::IPPROTO_IPV6, 49, 54), // IPV6_HOPOPTS
    (host::IPPROTO_IPV6, 50, 59), // IPV6_DSTOPTS
    (host::IPPROTO_IPV6, 51, 57), // IPV6_RTHDR
    (host::IPPROTO_IPV6, 35, 55), // IPV6_RTHDRDSTOPTS
    (host::IPPROTO_IPV6, 61, 67), // IPV6_TCLASS
    (host::IPPROTO_IPV6, 62, 62), // IPV6_DONTFRAG
];

/// One message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cmsg<'a> {
    level: u32,
    kind: u32,
    data: &'a [u8],
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

/// The first of `bytes`' messages and what follows it; the length has `LEN` bytes.
fn split<const LEN: usize>(bytes: &[u8]) -> Option<(Cmsg<'_>, &[u8])> {
    let len = u32_at(bytes, 0)? as usize;
    let cmsg = Cmsg { level: u32_at(bytes, LEN)?, kind: u32_at(bytes, LEN + 4)?, data: bytes.get(DATA_AT..len)? };
    Some((cmsg, bytes.get(len.next_multiple_of(8)..).unwrap_or_default()))
}

/// Appends a message for Linux.
fn push_linux(into: &mut Vec<u8>, level: u32, kind: u32, data: &[u8]) {
    into.extend_from_slice(&((DATA_AT + data.len()) as u64).to_le_bytes());
    into.extend_from_slice(&level.to_le_bytes());
    into.extend_from_slice(&kind.to_le_bytes());
    into.extend_from_slice(data);
    into.resize(into.len().next_multiple_of(8), 0);
}

/// The guest's messages as Linux's.
pub fn to_linux(ctx: &Ctx<'_>, guest: &[u8]) -> Result<Vec<u8>, Errno> {
    let words = ctx.bsd()?.family.sockets.control;
    let mut linux = Vec::new();
    let mut rest = guest;
    // What is too short for a header ends the list, as it does in the systems' own walk.
    while rest.len() >= 12 {
        let (cmsg, next) = split::<4>(rest).ok_or(Errno::EINVAL)?;
        rest = next;
        let Cmsg { level, kind, data } = cmsg;
        match (level, kind) {
            (SOL_SOCKET, SCM_RIGHTS) => push_linux(&mut linux, host::SOL_SOCKET, host::SCM_RIGHTS, data),
            (SOL_SOCKET, kind) if kind == words.creds => {
                let own = credentials::own(ctx)?;
                push_linux(&mut linux, host::SOL_SOCKET, host::SCM_CREDENTIALS, &own);
            }
            (host::IPPROTO_IP, IP_RECVDSTADDR) => {
                push_linux(&mut linux, host::IPPROTO_IP, host::IP_PKTINFO, &linux_pktinfo(data, &[0; 4])?);
            }
            (host::IPPROTO_IP, kind) if words.pktinfo != 0 && kind == words.pktinfo => {
                let index = data.get(4..8).ok_or(Errno::EINVAL)?;
                push_linux(&mut linux, host::IPPROTO_IP, host::IP_PKTINFO, &linux_pktinfo(data, index)?);
            }
            (host::IPPROTO_IP, IP_TOS) => push_linux(&mut linux, host::IPPROTO_IP, host::IP_TOS, data),
            _ => {
                let plain = PLAIN.iter().find(|(l, guest, _)| (*l, *guest) == (level, kind)).ok_or(Errno::EINVAL)?;
                push_linux(&mut linux, level, plain.2, data);
            }
        }
    }
    Ok(linux)
}

/// Linux's `struct in_pktinfo`: interface, source, destination.
fn linux_pktinfo(source: &[u8], index: &[u8]) -> Result<Vec<u8>, Errno> {
    let mut info = index.to_vec();
    info.extend_from_slice(source.get(..4).ok_or(Errno::EINVAL)?);
    info.extend_from_slice(&[0; 4]);
    Ok(info)
}

/// Messages that were fitted into the guest's room.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Fitted {
    /// The messages.
    pub bytes: Vec<u8>,
    /// Whether some did not fit.
    pub truncated: bool,
    room: usize,
}

impl Fitted {
    fn push(&mut self, level: u32, kind: u32, data: &[u8]) {
        let len = DATA_AT + data.len();
        if self.bytes.len() + len > self.room {
            self.truncated = true;
            return;
        }
        self.bytes.extend_from_slice(&(len as u32).to_le_bytes());
        self.bytes.extend_from_slice(&level.to_le_bytes());
        self.bytes.extend_from_slice(&kind.to_le_bytes());
        self.bytes.extend_from_slice(&[0; 4]);
        self.bytes.extend_from_slice(data);
        self.bytes.resize(self.bytes.len().next_multiple_of(8).min(self.room), 0);
    }
}

/// How much room Linux must be given so that what it says fits `guest` bytes.
///
/// Passed descriptors must be cut by Linux itself, or descriptors would appear that nobody knows of: a Unix socket
/// gets exactly the guest's room. Others may need more for the same information.
pub fn room(ctx: &Ctx<'_>, fd: i32, guest: usize) -> usize {
    if guest == 0 || host::domain(ctx, fd).is_ok_and(|domain| domain == host::AF_UNIX) {
        return guest;
    }
    guest * 2 + 64
}

/// Linux's messages as the guest's, as many as fit `room` bytes.
pub fn to_guest(ctx: &Ctx<'_>, linux: &[u8], mark: Mark, room: usize) -> Fitted {
    let mut fitted = Fitted { room, ..Fitted::default() };
    let Ok(bsd) = ctx.bsd() else { return fitted };
    let mut rest = linux;
    while let Some((cmsg, next)) = split::<8>(rest) {
        rest = next;
        one_to_guest(ctx, bsd.family.sockets.control, cmsg, mark, &mut fitted);
    }
    fitted
}

fn one_to_guest(ctx: &Ctx<'_>, words: &Words, cmsg: Cmsg<'_>, mark: Mark, fitted: &mut Fitted) {
    let Cmsg { level, kind, data } = cmsg;
    match (level, kind) {
        (host::SOL_SOCKET, host::SCM_RIGHTS) => fitted.push(SOL_SOCKET, SCM_RIGHTS, data),
        (host::SOL_SOCKET, host::SCM_CREDENTIALS) => {
            fitted.push(SOL_SOCKET, words.creds, &credentials::to_guest(data, words.creds_with_pid));
        }
        (host::SOL_SOCKET, host::SO_TIMESTAMP) => fitted.push(SOL_SOCKET, words.timestamp, data),
        (host::IPPROTO_IP, host::IP_RECVORIGDSTADDR) => {
            fitted.push(host::IPPROTO_IP, IP_RECVDSTADDR, data.get(4..8).unwrap_or_default());
        }
        (host::IPPROTO_IP, host::IP_PKTINFO) => {
            let index = data.get(..4).unwrap_or_default();
            if mark.has(Mark::RECEIVE_IF) {
                fitted.push(host::IPPROTO_IP, IP_RECVIF, &link(words.link_len, index));
            }
            if mark.has(Mark::RECEIVE_PKTINFO) {
                let mut info = data.get(8..12).unwrap_or_default().to_vec();
                info.extend_from_slice(index);
                fitted.push(host::IPPROTO_IP, words.pktinfo, &info);
            }
        }
        (host::IPPROTO_IP, host::IP_TTL) => {
            fitted.push(host::IPPROTO_IP, words.ttl, data.get(..1).unwrap_or_default());
        }
        (host::IPPROTO_IP, host::IP_TOS) if words.tos != 0 => {
            fitted.push(host::IPPROTO_IP, words.tos, data.get(..1).unwrap_or_default());
        }
        (host::IPPROTO_IPV6, host::IPV6_PATHMTU) => {
            /// `IPV6_PATHMTU` of the three systems.
            const IPV6_PATHMTU: u32 = 44;
            let mut info = data.to_vec();
            if let Some(head) = info.first_chunk_mut::<2>() {
                *head = [28, super::address::family_from_linux(ctx, host::AF_INET6)];
            }
            fitted.push(host::IPPROTO_IPV6, IPV6_PATHMTU, &info);
        }
        _ => {
            if let Some((_, guest, _)) = PLAIN.iter().find(|(l, _, linux)| (*l, *linux) == (level, kind)) {
                fitted.push(level, *guest, data);
            }
        }
    }
}

/// A link-level address that says only which interface.
fn link(len: usize, index: &[u8]) -> Vec<u8> {
    let mut bytes = vec![len as u8, AF_LINK];
    bytes.extend_from_slice(index.get(..2).unwrap_or_default());
    bytes.resize(len, 0);
    bytes
}

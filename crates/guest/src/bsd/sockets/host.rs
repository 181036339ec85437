//! Linux's side of sockets: numbers and small questions.

#![allow(missing_docs)] // The constants are Linux's own names.

use crate::Ctx;
use ashore_pivot::{Arg, Errno, Sys};

pub const AF_UNSPEC: u16 = 0;
pub const AF_UNIX: u16 = 1;
pub const AF_INET: u16 = 2;
pub const AF_INET6: u16 = 10;

pub const SOCK_STREAM: u32 = 1;
pub const SOCK_DGRAM: u32 = 2;
pub const SOCK_RAW: u32 = 3;
pub const SOCK_NONBLOCK: u32 = 0x800;
pub const SOCK_CLOEXEC: u32 = 0x8_0000;

pub const SOL_SOCKET: u32 = 1;
pub const SO_REUSEADDR: u32 = 2;
pub const SO_TYPE: u32 = 3;
pub const SO_ERROR: u32 = 4;
pub const SO_DONTROUTE: u32 = 5;
pub const SO_BROADCAST: u32 = 6;
pub const SO_SNDBUF: u32 = 7;
pub const SO_RCVBUF: u32 = 8;
pub const SO_KEEPALIVE: u32 = 9;
pub const SO_OOBINLINE: u32 = 10;
pub const SO_LINGER: u32 = 13;
pub const SO_REUSEPORT: u32 = 15;
pub const SO_PASSCRED: u32 = 16;
pub const SO_PEERCRED: u32 = 17;
pub const SO_RCVLOWAT: u32 = 18;
pub const SO_SNDLOWAT: u32 = 19;
pub const SO_RCVTIMEO: u32 = 20;
pub const SO_SNDTIMEO: u32 = 21;
pub const SO_TIMESTAMP: u32 = 29;
pub const SO_ACCEPTCONN: u32 = 30;
pub const SO_PROTOCOL: u32 = 38;
pub const SO_DOMAIN: u32 = 39;
pub const SO_MAX_PACING_RATE: u32 = 47;
pub const SO_COOKIE: u32 = 57;
pub const SO_PEERGROUPS: u32 = 59;

pub const SCM_RIGHTS: u32 = 1;
pub const SCM_CREDENTIALS: u32 = 2;

pub const IPPROTO_IP: u32 = 0;
pub const IP_TOS: u32 = 1;
pub const IP_TTL: u32 = 2;
pub const IP_PKTINFO: u32 = 8;
pub const IP_MTU_DISCOVER: u32 = 10;
pub const IP_RECVTTL: u32 = 12;
pub const IP_RECVTOS: u32 = 13;
pub const IP_RECVORIGDSTADDR: u32 = 20;

pub const IPPROTO_TCP: u32 = 6;
pub const TCP_INFO: u32 = 11;
pub const IPPROTO_IPV6: u32 = 41;
pub const IPV6_V6ONLY: u32 = 26;
pub const IPV6_MTU_DISCOVER: u32 = 23;
pub const IPV6_PKTINFO: u32 = 50;
pub const IPV6_HOPLIMIT: u32 = 52;
pub const IPV6_PATHMTU: u32 = 61;
pub const IPV6_TCLASS: u32 = 67;
pub const IPPROTO_ICMPV6: u32 = 58;

pub const MSG_DONTWAIT: u32 = 0x40;
pub const MSG_NOSIGNAL: u32 = 0x4000;
pub const MSG_CMSG_CLOEXEC: u32 = 0x4000_0000;

pub const F_DUPFD_CLOEXEC: u64 = 1030;
pub const F_GETFL: u64 = 3;
pub const O_NONBLOCK: u64 = 0x800;

/// Reads a socket option into `value` and says how many bytes it got.
pub fn get(ctx: &Ctx<'_>, fd: i32, level: u32, name: u32, value: &mut [u8]) -> Result<usize, Errno> {
    let mut len = (value.len() as u32).to_le_bytes();
    let mut args = [fd.into(), u64::from(level).into(), u64::from(name).into(), Arg::Out(value), Arg::Out(&mut len)];
    ctx.call_with(Sys::GETSOCKOPT, &mut args)?;
    Ok(u32::from_le_bytes(len) as usize)
}

/// Reads a socket option that is an int.
pub fn get_int(ctx: &Ctx<'_>, fd: i32, level: u32, name: u32) -> Result<i32, Errno> {
    let mut value = [0; 4];
    get(ctx, fd, level, name, &mut value)?;
    Ok(i32::from_le_bytes(value))
}

/// Sets a socket option.
pub fn set(ctx: &Ctx<'_>, fd: i32, level: u32, name: u32, value: &[u8]) -> Result<(), Errno> {
    let len = value.len() as u64;
    let mut args = [fd.into(), u64::from(level).into(), u64::from(name).into(), Arg::In(value), len.into()];
    ctx.call_with(Sys::SETSOCKOPT, &mut args).map(drop)
}

/// Sets a socket option that is an int.
pub fn set_int(ctx: &Ctx<'_>, fd: i32, level: u32, name: u32, value: i32) -> Result<(), Errno> {
    set(ctx, fd, level, name, &value.to_le_bytes())
}

/// The family of a socket, in Linux's numbering.
pub fn domain(ctx: &Ctx<'_>, fd: i32) -> Result<u16, Errno> {
    Ok(get_int(ctx, fd, SOL_SOCKET, SO_DOMAIN)? as u16)
}

/// The type of a socket.
pub fn kind(ctx: &Ctx<'_>, fd: i32) -> Result<u32, Errno> {
    Ok(get_int(ctx, fd, SOL_SOCKET, SO_TYPE)? as u32)
}

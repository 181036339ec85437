//! `getsockopt` and `setsockopt`: rows of options, and what the kinds of rows do.

use super::{address, calls::fd, host, marks, marks::Mark};
use crate::{Answer, Args, Ctx};
use alloc::vec;
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::{Errno, Sys};

/// The level of a Unix socket's own options. Their number is 0, which is IP's too; it is set apart by the socket's family.
pub const SOL_LOCAL: u32 = 0x1_0000;

/// An option's value.
pub type Value = Vec<u8>;

/// An option of a guest.
#[derive(Clone, Copy)]
pub struct Opt {
    /// The level, or [`SOL_LOCAL`].
    pub level: u32,
    /// The guest's number.
    pub name: u32,
    /// Linux's level and number, where it has one.
    pub to: (u32, u32),
    /// What the value is.
    pub kind: Kind,
}

/// What an option's value is.
#[derive(Clone, Copy)]
pub enum Kind {
    /// An int.
    Int,
    /// A flag of `SOL_SOCKET`; set, some systems tell it by its own bit.
    Flag,
    /// An int whose nonzero value reads back as this one.
    Truth(i32),
    /// Bytes that are the same on both sides.
    Raw,
    /// A buffer's size, which Linux doubles.
    Buffer,
    /// `struct timeval`.
    Time,
    /// `struct linger`.
    Linger,
    /// An error number.
    Error,
    /// A family.
    Domain,
    /// Kept here.
    Marked(Mark),
    /// Accepted without effect; reads as this.
    Ignored(i32),
    /// Never.
    Refused(Errno),
    /// By functions.
    Own(Set, Get),
}

/// Sets an option.
pub type Set = fn(&mut Ctx<'_>, i32, &[u8]) -> Result<(), Errno>;
/// Reads an option.
pub type Get = fn(&mut Ctx<'_>, i32) -> Result<Value, Errno>;

/// The greatest value taken, in bytes.
const MAX_VALUE: u64 = 4096;

fn find(ctx: &Ctx<'_>, fd: i32, level: u64, name: u64) -> Result<&'static Opt, Errno> {
    let tables = ctx.bsd()?.family.sockets.options;
    let (level, name) = (level as u32, name as u32);
    let row =
        |level: u32| tables.iter().flat_map(|table| table.iter()).find(|row| (row.level, row.name) == (level, name));
    if level == 0
        && let Some(row) = row(SOL_LOCAL)
        && host::domain(ctx, fd)? == host::AF_UNIX
    {
        return Ok(row);
    }
    if level == SOL_LOCAL {
        return Err(Errno::ENOPROTOOPT);
    }
    match row(level) {
        Some(row) => Ok(row),
        // A descriptor that is no socket is found out first.
        None => host::kind(ctx, fd).and(Err(Errno::ENOPROTOOPT)),
    }
}

fn int(value: &[u8]) -> Result<i32, Errno> {
    value.first_chunk().map(|bytes| i32::from_le_bytes(*bytes)).ok_or(Errno::EINVAL)
}

/// `setsockopt(s, level, name, value, len)`.
pub fn setsockopt(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let (fd, len) = (fd(args[0]), u64::from(args[4] as u32));
    if len > MAX_VALUE {
        return Err(Errno::EINVAL.into());
    }
    let value = if args[3] == 0 && len == 0 { Vec::new() } else { ctx.read_vec(Addr(args[3]), len)? };
    let row = find(ctx, fd, args[1], args[2])?;
    set(ctx, fd, row, &value)?;
    Ok(0.into())
}

fn set(ctx: &mut Ctx<'_>, fd: i32, row: &Opt, value: &[u8]) -> Result<(), Errno> {
    let (level, name) = row.to;
    match row.kind {
        Kind::Int | Kind::Flag | Kind::Truth(_) | Kind::Raw => host::set(ctx, fd, level, name, value),
        Kind::Buffer => match int(value)? {
            0 => Err(Errno::EINVAL),
            size => host::set_int(ctx, fd, level, name, size),
        },
        Kind::Time => host::set(ctx, fd, level, name, &time(value)?),
        Kind::Linger => {
            const USHRT_MAX: i32 = 0xffff;
            let seconds = int(value.get(4..).unwrap_or_default())?;
            if !(0..=USHRT_MAX).contains(&seconds) {
                return Err(Errno::EDOM);
            }
            host::set(ctx, fd, level, name, value.get(..8).unwrap_or_default())
        }
        Kind::Error | Kind::Domain => Err(Errno::ENOPROTOOPT),
        Kind::Marked(mark) => marks::set(ctx, fd, mark, int(value)? != 0),
        Kind::Ignored(_) => host::kind(ctx, fd).map(drop),
        Kind::Refused(errno) => Err(errno),
        Kind::Own(set, _) => set(ctx, fd, value),
    }
}

/// Linux's `struct timeval` of a guest's. The upper half of NetBSD's microseconds is padding.
fn time(value: &[u8]) -> Result<Value, Errno> {
    let seconds = value.first_chunk().map(|bytes| i64::from_le_bytes(*bytes)).ok_or(Errno::EINVAL)?;
    let micros = int(value.get(8..).unwrap_or_default())?;
    if seconds < 0 || !(0..1_000_000).contains(&micros) {
        return Err(Errno::EDOM);
    }
    Ok([seconds, i64::from(micros)].iter().flat_map(|word| word.to_le_bytes()).collect())
}

/// `getsockopt(s, level, name, value, len *)`.
pub fn getsockopt(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let (fd, value_at, len_at) = (fd(args[0]), Addr(args[3]), Addr(args[4]));
    let room = if value_at == Addr::NULL { 0 } else { ctx.read_u32(len_at)? as usize };
    if room > i32::MAX as usize {
        return Err(Errno::EINVAL.into());
    }
    let row = find(ctx, fd, args[1], args[2])?;
    let mut value = get(ctx, fd, row, room)?;
    value.truncate(room);
    if value_at != Addr::NULL {
        ctx.write(value_at, &value)?;
        ctx.write(len_at, &(value.len() as u32).to_le_bytes())?;
    }
    Ok(0.into())
}

fn get(ctx: &mut Ctx<'_>, fd: i32, row: &Opt, room: usize) -> Result<Value, Errno> {
    let (level, name) = row.to;
    let int = |value: i32| Ok(value.to_le_bytes().to_vec());
    match row.kind {
        Kind::Int => int(host::get_int(ctx, fd, level, name)?),
        Kind::Flag => {
            let set = if ctx.bsd()?.family.sockets.flags_read_as_bits { row.name as i32 } else { 1 };
            int(if host::get_int(ctx, fd, level, name)? != 0 { set } else { 0 })
        }
        Kind::Truth(set) => int(if host::get_int(ctx, fd, level, name)? != 0 { set } else { 0 }),
        Kind::Buffer => int(host::get_int(ctx, fd, level, name)? / 2),
        Kind::Raw | Kind::Time => {
            let mut value = vec![0; if matches!(row.kind, Kind::Time) { 16 } else { room.min(MAX_VALUE as usize) }];
            let len = host::get(ctx, fd, level, name, &mut value)?;
            value.truncate(len);
            Ok(value)
        }
        Kind::Linger => {
            let mut value = [0; 8];
            host::get(ctx, fd, level, name, &mut value)?;
            let [on, _, _, _, seconds @ ..] = value;
            let set = if ctx.bsd()?.family.sockets.flags_read_as_bits { row.name } else { 1 };
            let on = if on != 0 { set } else { 0 };
            Ok([on.to_le_bytes(), seconds].concat())
        }
        Kind::Error => match host::get_int(ctx, fd, level, name)? {
            0 => int(0),
            errno => int(i32::from((ctx.os.errno)(Errno(errno as u16)))),
        },
        Kind::Domain => int(i32::from(address::family_from_linux(ctx, host::domain(ctx, fd)?))),
        Kind::Marked(mark) => int(if marks::of(ctx, fd).has(mark) { row.name as i32 } else { 0 }),
        Kind::Ignored(value) => host::kind(ctx, fd).and(int(value)),
        Kind::Refused(errno) => Err(errno),
        Kind::Own(_, get) => get(ctx, fd),
    }
}

/// The functions of rows that need their own.
pub mod own {
    use super::*;

    /// Refuses to be set.
    pub fn read_only(_: &mut Ctx<'_>, _: i32, _: &[u8]) -> Result<(), Errno> {
        Err(Errno::EINVAL)
    }

    /// Refuses to be read.
    pub fn write_only(_: &mut Ctx<'_>, _: i32) -> Result<Value, Errno> {
        Err(Errno::ENOPROTOOPT)
    }

    /// `SO_REUSEPORT` where it shares a port but spreads nothing. Linux's option of that name spreads datagrams
    /// over the sockets; its `SO_REUSEADDR` is what shares a datagram port there.
    pub fn set_reuseport(ctx: &mut Ctx<'_>, fd: i32, value: &[u8]) -> Result<(), Errno> {
        host::set_int(ctx, fd, host::SOL_SOCKET, reuseport(ctx, fd)?, i32::from(int(value)? != 0))
    }

    /// Reads what [`set_reuseport`] set.
    pub fn get_reuseport(ctx: &mut Ctx<'_>, fd: i32) -> Result<Value, Errno> {
        const SO_REUSEPORT: i32 = 0x200;
        let set = if ctx.bsd()?.family.sockets.flags_read_as_bits { SO_REUSEPORT } else { 1 };
        let on = host::get_int(ctx, fd, host::SOL_SOCKET, reuseport(ctx, fd)?)? != 0;
        Ok((if on { set } else { 0 }).to_le_bytes().to_vec())
    }

    fn reuseport(ctx: &Ctx<'_>, fd: i32) -> Result<u32, Errno> {
        let streams = host::kind(ctx, fd)? == host::SOCK_STREAM;
        Ok(if streams { host::SO_REUSEPORT } else { host::SO_REUSEADDR })
    }

    /// `IPV6_V6ONLY` where it cannot be turned off (DragonFly).
    pub fn set_v6only(ctx: &mut Ctx<'_>, fd: i32, value: &[u8]) -> Result<(), Errno> {
        let on = int(value)?;
        if on == 0 {
            host::kind(ctx, fd)?;
            return Err(Errno::EOPNOTSUPP);
        }
        host::set_int(ctx, fd, host::IPPROTO_IPV6, host::IPV6_V6ONLY, 1)
    }

    /// Reads it.
    pub fn get_v6only(ctx: &mut Ctx<'_>, fd: i32) -> Result<Value, Errno> {
        Ok(host::get_int(ctx, fd, host::IPPROTO_IPV6, host::IPV6_V6ONLY)?.to_le_bytes().to_vec())
    }

    /// `SO_SNDSPACE` of DragonFly: what fits the send buffer now.
    pub fn get_sndspace(ctx: &mut Ctx<'_>, fd: i32) -> Result<Value, Errno> {
        const SIOCOUTQ: u64 = 0x5411;
        let size = host::get_int(ctx, fd, host::SOL_SOCKET, host::SO_SNDBUF)? / 2;
        let mut queued = [0; 4];
        let mut args = [fd.into(), SIOCOUTQ.into(), ashore_pivot::Arg::Out(&mut queued)];
        ctx.call_with(Sys::IOCTL, &mut args)?;
        Ok((size - i32::from_le_bytes(queued)).max(0).to_le_bytes().to_vec())
    }

    /// `SO_ACCEPTFILTER`: a kernel without the filter's module.
    pub fn set_acceptfilter(ctx: &mut Ctx<'_>, fd: i32, value: &[u8]) -> Result<(), Errno> {
        host::kind(ctx, fd)?;
        if value.is_empty() { Ok(()) } else { Err(Errno::ENOENT) }
    }

    /// `LOCAL_CREDS`: who sends comes with each message.
    pub fn set_creds(ctx: &mut Ctx<'_>, fd: i32, value: &[u8]) -> Result<(), Errno> {
        host::set_int(ctx, fd, host::SOL_SOCKET, host::SO_PASSCRED, i32::from(int(value)? != 0))
    }

    /// Reads it.
    pub fn get_creds(ctx: &mut Ctx<'_>, fd: i32) -> Result<Value, Errno> {
        Ok(host::get_int(ctx, fd, host::SOL_SOCKET, host::SO_PASSCRED)?.to_le_bytes().to_vec())
    }

    /// `ICMP6_FILTER`: a bit lets pass there and blocks here.
    pub fn set_icmp6_filter(ctx: &mut Ctx<'_>, fd: i32, value: &[u8]) -> Result<(), Errno> {
        let inverted: Vec<u8> = value.iter().map(|byte| !byte).collect();
        host::set(ctx, fd, host::IPPROTO_ICMPV6, ICMPV6_FILTER, &inverted)
    }

    /// Reads it.
    pub fn get_icmp6_filter(ctx: &mut Ctx<'_>, fd: i32) -> Result<Value, Errno> {
        let mut value = [0; 32];
        host::get(ctx, fd, host::IPPROTO_ICMPV6, ICMPV6_FILTER, &mut value)?;
        Ok(value.iter().map(|byte| !byte).collect())
    }

    /// Linux's name of the filter.
    const ICMPV6_FILTER: u32 = 1;

    /// `IP_RECVIF`.
    pub fn set_receive_if(ctx: &mut Ctx<'_>, fd: i32, value: &[u8]) -> Result<(), Errno> {
        receive(ctx, fd, Mark::RECEIVE_IF, int_or_byte(value)? != 0)
    }

    /// Reads it.
    pub fn get_receive_if(ctx: &mut Ctx<'_>, fd: i32) -> Result<Value, Errno> {
        Ok(i32::from(marks::of(ctx, fd).has(Mark::RECEIVE_IF)).to_le_bytes().to_vec())
    }

    /// `IP_RECVPKTINFO`.
    pub fn set_receive_pktinfo(ctx: &mut Ctx<'_>, fd: i32, value: &[u8]) -> Result<(), Errno> {
        receive(ctx, fd, Mark::RECEIVE_PKTINFO, int_or_byte(value)? != 0)
    }

    /// Reads it.
    pub fn get_receive_pktinfo(ctx: &mut Ctx<'_>, fd: i32) -> Result<Value, Errno> {
        Ok(i32::from(marks::of(ctx, fd).has(Mark::RECEIVE_PKTINFO)).to_le_bytes().to_vec())
    }

    /// Both come from one option of Linux.
    fn receive(ctx: &Ctx<'_>, fd: i32, bit: Mark, on: bool) -> Result<(), Errno> {
        let mark = marks::of(ctx, fd).0 & (Mark::RECEIVE_IF.0 | Mark::RECEIVE_PKTINFO.0);
        let left = if on { mark | bit.0 } else { mark & !bit.0 };
        host::set_int(ctx, fd, host::IPPROTO_IP, host::IP_PKTINFO, i32::from(left != 0))?;
        marks::set(ctx, fd, bit, on)
    }

    fn int_or_byte(value: &[u8]) -> Result<i32, Errno> {
        match value {
            [byte] => Ok(i32::from(*byte)),
            value => int(value),
        }
    }

    /// `IP_DONTFRAG`.
    pub fn set_dontfrag(ctx: &mut Ctx<'_>, fd: i32, value: &[u8]) -> Result<(), Errno> {
        const DONT: i32 = 0;
        const DO: i32 = 2;
        let discover = if int(value)? != 0 { DO } else { DONT };
        host::set_int(ctx, fd, host::IPPROTO_IP, host::IP_MTU_DISCOVER, discover)
    }

    /// Reads it.
    pub fn get_dontfrag(ctx: &mut Ctx<'_>, fd: i32) -> Result<Value, Errno> {
        let discover = host::get_int(ctx, fd, host::IPPROTO_IP, host::IP_MTU_DISCOVER)?;
        Ok(i32::from(discover == 2).to_le_bytes().to_vec())
    }

    macro_rules! source_membership {
        ($($(#[$doc:meta])* $name:ident $linux:literal;)*) => {$(
            $(#[$doc])*
            pub fn $name(ctx: &mut Ctx<'_>, fd: i32, value: &[u8]) -> Result<(), Errno> {
                // Group, source, interface there; group, interface, source here.
                let [group, source, interface] = [0, 4, 8].map(|at| value.get(at..at + 4).unwrap_or_default());
                host::set(ctx, fd, host::IPPROTO_IP, $linux, &[group, interface, source].concat())
            }
        )*};
    }

    source_membership! {
        /// `IP_ADD_SOURCE_MEMBERSHIP`.
        add_source 39;
        /// `IP_DROP_SOURCE_MEMBERSHIP`.
        drop_source 40;
        /// `IP_BLOCK_SOURCE`.
        block_source 38;
        /// `IP_UNBLOCK_SOURCE`.
        unblock_source 37;
    }

    macro_rules! group_request {
        ($($(#[$doc:meta])* $v4:ident $v6:ident $linux:literal;)*) => {$(
            $(#[$doc])*
            pub fn $v4(ctx: &mut Ctx<'_>, fd: i32, value: &[u8]) -> Result<(), Errno> {
                host::set(ctx, fd, host::IPPROTO_IP, $linux, &group(ctx, value)?)
            }

            /// The same for IPv6.
            pub fn $v6(ctx: &mut Ctx<'_>, fd: i32, value: &[u8]) -> Result<(), Errno> {
                host::set(ctx, fd, host::IPPROTO_IPV6, $linux, &group(ctx, value)?)
            }
        )*};
    }

    group_request! {
        /// `MCAST_JOIN_GROUP`.
        join_group join_group6 42;
        /// `MCAST_LEAVE_GROUP`.
        leave_group leave_group6 45;
        /// `MCAST_JOIN_SOURCE_GROUP`.
        join_source_group join_source_group6 46;
        /// `MCAST_LEAVE_SOURCE_GROUP`.
        leave_source_group leave_source_group6 47;
        /// `MCAST_BLOCK_SOURCE`.
        block_group_source block_group_source6 43;
        /// `MCAST_UNBLOCK_SOURCE`.
        unblock_group_source unblock_group_source6 44;
    }

    /// `struct group_req` and `struct group_source_req`: an interface, then one or two addresses of 128 bytes.
    fn group(ctx: &Ctx<'_>, value: &[u8]) -> Result<Value, Errno> {
        let mut linux = value.to_vec();
        for at in [8, 136] {
            let Some(head) = linux.get_mut(at..at + 2) else { break };
            let family = head.get(1).copied().unwrap_or(0);
            head.copy_from_slice(&address::family_to_linux(ctx, u64::from(family))?.to_le_bytes());
        }
        Ok(linux)
    }
}

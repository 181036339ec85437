//! The calls that make, name and connect sockets.

use super::{SOCK_CLOEXEC, SOCK_FLAGS, SOCK_NONBLOCK, address, host, marks};
use crate::{Answer, Args, Ctx, Fail};
use address::Name;
use alloc::vec;
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::{Arg, Errno, Sys};

/// A descriptor among a call's words.
pub fn fd(word: u64) -> i32 {
    word as i32
}

/// Linux's type word for a guest's.
fn kind_to_linux(word: u64) -> u32 {
    let word = word as u32;
    let mut linux = word & !SOCK_FLAGS;
    if word & SOCK_CLOEXEC != 0 {
        linux |= host::SOCK_CLOEXEC;
    }
    if word & SOCK_NONBLOCK != 0 {
        linux |= host::SOCK_NONBLOCK;
    }
    linux
}

/// What the system answers when Linux has the family but not the type or protocol.
fn kind_error(ctx: &Ctx<'_>, errno: Errno, protocol: u64) -> Errno {
    match (errno, ctx.bsd()) {
        (Errno::ESOCKTNOSUPPORT, Ok(bsd)) if protocol as u32 == 0 => bsd.family.sockets.no_such_type,
        (Errno::ESOCKTNOSUPPORT, _) => Errno::EPROTONOSUPPORT,
        // Linux has no such type number at all.
        (Errno::EINVAL, Ok(bsd)) => bsd.family.sockets.no_such_type,
        _ => errno,
    }
}

/// What a new socket of these systems has set that a new one of Linux has not.
fn prepare(ctx: &Ctx<'_>, fd: i32, family: u16, kind: u64) -> Result<(), Errno> {
    let words = ctx.bsd()?.family.sockets;
    if family == host::AF_INET6 {
        // A raw socket refuses, and takes no IPv4 in anyway.
        let _ = host::set_int(ctx, fd, host::IPPROTO_IPV6, host::IPV6_V6ONLY, 1);
    }
    if kind as u32 & words.sock_nosigpipe != 0 {
        marks::set(ctx, fd, marks::Mark::NO_SIGPIPE, true)?;
    }
    Ok(())
}

/// `socket(domain, type, protocol)`.
pub fn socket(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let [domain, kind, protocol, ..] = *args;
    let family = address::family_to_linux(ctx, u64::from(domain as u32))?;
    let words = [u64::from(family), u64::from(kind_to_linux(kind)), u64::from(protocol as u32), 0, 0, 0];
    let made = ctx.call(Sys::SOCKET, words).map_err(|errno| kind_error(ctx, errno, protocol))?;
    prepare(ctx, fd(made), family, kind)?;
    Ok(made.into())
}

/// `socketpair(domain, type, protocol, int[2])`.
pub fn socketpair(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let [domain, kind, protocol, pair_at, ..] = *args;
    let family = address::family_to_linux(ctx, u64::from(domain as u32))?;
    let mut pair = [0; 8];
    let mut words = [
        u64::from(family).into(),
        u64::from(kind_to_linux(kind)).into(),
        u64::from(protocol as u32).into(),
        Arg::Out(&mut pair),
    ];
    ctx.call_with(Sys::SOCKETPAIR, &mut words).map_err(|errno| kind_error(ctx, errno, protocol))?;
    let fds: Vec<i32> =
        pair.chunks_exact(4).filter_map(|four| four.first_chunk().copied()).map(i32::from_le_bytes).collect();
    for fd in &fds {
        prepare(ctx, *fd, family, kind)?;
    }
    if let Err(errno) = ctx.write(Addr(pair_at), &pair) {
        fds.iter().for_each(|fd| ctx.close(*fd));
        return Err(errno.into());
    }
    Ok(0.into())
}

/// Gives an address to a call of Linux that takes one.
fn call_with_name(ctx: &Ctx<'_>, sys: Sys, fd: i32, name: &Name) -> Result<u64, Errno> {
    let len = name.bytes.len() as u64;
    let mut args = [fd.into(), Arg::In(&name.bytes), len.into()];
    ctx.call_with(sys, &mut args)
}

/// `bind(s, name, namelen)`.
pub fn bind(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let name = address::read(ctx, Addr(args[1]), args[2])?;
    bind_name(ctx, fd(args[0]), name)
}

/// `bindat(fd, s, name, namelen)`.
pub fn bindat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let name = address::read_from(ctx, Some(fd(args[0])).filter(|dir| *dir >= 0), Addr(args[2]), args[3])?;
    bind_name(ctx, fd(args[1]), name)
}

fn bind_name(ctx: &Ctx<'_>, fd: i32, name: Name) -> Answer {
    let result = call_with_name(ctx, Sys::BIND, fd, &name);
    name.done(ctx);
    Ok(result?.into())
}

/// `listen(s, backlog)`.
pub fn listen(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    // A negative backlog means the greatest on both sides.
    Ok(ctx.call(Sys::LISTEN, [args[0], u64::from(args[1] as u32), 0, 0, 0, 0])?.into())
}

/// `connect(s, name, namelen)`.
pub fn connect(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let name = address::read(ctx, Addr(args[1]), args[2])?;
    connect_name(ctx, fd(args[0]), name)
}

/// `connectat(fd, s, name, namelen)`.
pub fn connectat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let name = address::read_from(ctx, Some(fd(args[0])).filter(|dir| *dir >= 0), Addr(args[2]), args[3])?;
    connect_name(ctx, fd(args[1]), name)
}

fn connect_name(ctx: &Ctx<'_>, fd: i32, name: Name) -> Answer {
    let result = connect_checked(ctx, fd, &name);
    name.done(ctx);
    Ok(result?.into())
}

fn connect_checked(ctx: &Ctx<'_>, fd: i32, name: &Name) -> Result<u64, Errno> {
    if name.family() == host::AF_UNSPEC {
        // Dissolves a datagram socket's association on both sides, and is an error here nonetheless.
        if host::kind(ctx, fd)? != host::SOCK_STREAM {
            call_with_name(ctx, Sys::CONNECT, fd, name)?;
        }
        return Err(Errno::EAFNOSUPPORT);
    }
    // No protocol with ports connects to port 0 there; Linux asks the other side. A raw socket's address has none.
    if name.port() == Some(0) && host::kind(ctx, fd)? != host::SOCK_RAW {
        return Err(Errno::EADDRNOTAVAIL);
    }
    let waits = ctx.call(Sys::FCNTL, [fd as u64, host::F_GETFL, 0, 0, 0, 0])? & host::O_NONBLOCK == 0;
    let connected = match waits {
        true => ctx.wait_with(Sys::CONNECT, &mut [fd.into(), Arg::In(&name.bytes), (name.bytes.len() as u64).into()]),
        // No signal can come between the program and a call that does not wait.
        false => call_with_name(ctx, Sys::CONNECT, fd, name),
    };
    let connected = match connected {
        Err(Errno::RESTART) => interrupted(ctx, fd),
        other => other,
    };
    // Only Linux calls the end of a connection begun earlier a success: a stream that does not block never connects
    // in one call.
    if connected.is_ok() && name.port().is_some() && !waits && host::kind(ctx, fd)? == host::SOCK_STREAM {
        return Err(Errno::EISCONN);
    }
    connected.map_err(|errno| match errno {
        // The queue of a Unix listener is full.
        Errno::EAGAIN if name.family() == host::AF_UNIX => Errno::ECONNREFUSED,
        Errno::ECONNREFUSED if name.family() == host::AF_UNIX && !is_socket(ctx, name) => Errno::ENOTSOCK,
        Errno::ENETUNREACH if name.is_v4_mapped() => Errno::EINVAL,
        errno => errno,
    })
}

/// What an interrupted connect comes to. A connection goes on being made when its call is interrupted: it
/// cannot be made again, so the call is not restarted. But a signal may have come before the call did
/// anything, or when the connection was made already. Only TCP makes one while nobody waits.
fn interrupted(ctx: &Ctx<'_>, fd: i32) -> Result<u64, Errno> {
    /// `tcpi_state`, the first byte of `struct tcp_info`: being made, and not connected.
    const TCP_SYN_SENT: u8 = 2;
    const TCP_CLOSE: u8 = 7;
    let mut state = [TCP_CLOSE];
    match host::get(ctx, fd, host::IPPROTO_TCP, host::TCP_INFO, &mut state) {
        Ok(_) if state == [TCP_SYN_SENT] => Err(Errno::EINTR),
        Ok(_) if state != [TCP_CLOSE] => Ok(0),
        _ => Err(Errno::RESTART),
    }
}

/// Whether the file a Unix address names is a socket.
fn is_socket(ctx: &Ctx<'_>, name: &Name) -> bool {
    const AT_FDCWD: i32 = -100;
    /// Where `st_mode` stands in Linux's `struct stat` on x86-64.
    const MODE_AT: usize = 24;
    const S_IFMT: u32 = 0o170_000;
    const S_IFSOCK: u32 = 0o140_000;
    let mut path = name.path().unwrap_or_default().to_vec();
    path.push(0);
    let mut stat = [0; 144];
    let mut args = [AT_FDCWD.into(), Arg::In(&path), Arg::Out(&mut stat), 0u64.into()];
    if ctx.call_with(Sys::NEWFSTATAT, &mut args).is_err() {
        return true;
    }
    let mode = stat.get(MODE_AT..).and_then(|bytes| bytes.first_chunk()).map_or(0, |bytes| u32::from_le_bytes(*bytes));
    mode & S_IFMT == S_IFSOCK
}

/// `accept(s, name, namelen *)`: the new socket blocks or not as the listener does.
pub fn accept(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let status = ctx.call(Sys::FCNTL, [args[0], host::F_GETFL, 0, 0, 0, 0])?;
    let inherited = if status & host::O_NONBLOCK != 0 { host::SOCK_NONBLOCK } else { 0 };
    accept_with(ctx, fd(args[0]), Addr(args[1]), Addr(args[2]), inherited)
}

/// `accept4(s, name, namelen *, flags)`.
pub fn accept4(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let flags = args[3] as u32;
    if flags & !SOCK_FLAGS != 0 {
        return Err(Errno::EINVAL.into());
    }
    let new = accept_with(ctx, fd(args[0]), Addr(args[1]), Addr(args[2]), kind_to_linux(args[3]))?;
    let words = ctx.bsd()?.family.sockets;
    if flags & words.sock_nosigpipe != 0
        && let crate::Value::One(new) = new
    {
        marks::set(ctx, fd(new), marks::Mark::NO_SIGPIPE, true)?;
    }
    Ok(new)
}

/// `paccept(s, name, namelen *, const sigset_t *, flags)`.
pub fn paccept(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let [s, name, len, _mask, flags, ..] = *args;
    accept4(ctx, &[s, name, len, flags, 0, 0, 0, 0])
}

fn accept_with(ctx: &Ctx<'_>, listener: i32, name: Addr, len: Addr, flags: u32) -> Answer {
    if name != Addr::NULL {
        // A bad length is found before a connection is taken out of the queue.
        ctx.read_u32(len)?;
    }
    let mut bytes = [0; address::LINUX_MAX];
    let mut size = (bytes.len() as u32).to_le_bytes();
    let mut args = [listener.into(), Arg::Out(&mut bytes), Arg::Out(&mut size), u64::from(flags).into()];
    let new = ctx.wait_with(Sys::ACCEPT4, &mut args)?;
    let mark = marks::of(ctx, listener);
    if mark != marks::Mark::default() {
        marks::set(ctx, fd(new), mark, true)?;
    }
    if name != Addr::NULL {
        let guest = address::to_guest(ctx, bytes.get(..u32::from_le_bytes(size) as usize).unwrap_or(&bytes));
        if let Err(errno) = address::write(ctx, name, len, &guest) {
            ctx.close(fd(new));
            return Err(errno.into());
        }
    }
    Ok(new.into())
}

/// The address that `getsockname` or `getpeername` of Linux tells.
fn ask(ctx: &Ctx<'_>, sys: Sys, fd: i32) -> Result<Vec<u8>, Errno> {
    let mut bytes = vec![0; address::LINUX_MAX];
    let mut size = (bytes.len() as u32).to_le_bytes();
    ctx.call_with(sys, &mut [fd.into(), Arg::Out(&mut bytes), Arg::Out(&mut size)])?;
    bytes.truncate(u32::from_le_bytes(size) as usize);
    Ok(bytes)
}

/// `getsockname(s, name, namelen *)`.
pub fn getsockname(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let words = ctx.bsd()?.family.sockets;
    let linux = ask(ctx, Sys::GETSOCKNAME, fd(args[0]))?;
    let mut guest = address::to_guest(ctx, &linux);
    if words.nameless_is_empty && guest == words.unnamed {
        guest.clear();
    }
    address::write(ctx, Addr(args[1]), Addr(args[2]), &guest)?;
    Ok(0.into())
}

/// `getpeername(s, name, namelen *)`.
pub fn getpeername(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let linux = ask(ctx, Sys::GETPEERNAME, fd(args[0]))?;
    let guest = address::to_guest(ctx, &linux);
    address::write(ctx, Addr(args[1]), Addr(args[2]), &guest)?;
    Ok(0.into())
}

/// `shutdown(s, how)`.
pub fn shutdown(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let how = args[1] as u32;
    if how > 2 {
        return Err(Fail::Linux(Errno::EINVAL));
    }
    Ok(ctx.call(Sys::SHUTDOWN, [args[0], u64::from(how), 0, 0, 0, 0])?.into())
}

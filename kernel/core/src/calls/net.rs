//! Sockets.

use super::user::{UserBytes, Using};
use crate::call::{Answer, Call, Row, Stop};
use crate::file::{File, O_NONBLOCK, Open};
use crate::net::{
    Endpoint, Family, Kind, Parcel, Received, Sending, Socket, accept as take, connect as join, get_option,
    listen as open_up, sender, set_option,
};
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::layout::open::O_CLOEXEC;
use ashore_pivot::layout::sockaddr::{STORAGE_LEN, SockAddr, UnixName};
use ashore_pivot::layout::socket::*;
use ashore_pivot::{Errno, Memory, Sys};

/// The calls of this topic.
pub(crate) const ROWS: &[Row] = &[
    Row::new(Sys::SOCKET, socket),
    Row::new(Sys::SOCKETPAIR, socketpair),
    Row::new(Sys::BIND, bind),
    Row::new(Sys::LISTEN, listen),
    Row::new(Sys::ACCEPT, |call| accept(call, 0)),
    Row::new(Sys::ACCEPT4, |call| accept(call, call.arg(3) as u32)),
    Row::new(Sys::CONNECT, connect),
    Row::new(Sys::GETSOCKNAME, getsockname),
    Row::new(Sys::GETPEERNAME, getpeername),
    Row::new(Sys::SENDTO, sendto),
    Row::new(Sys::RECVFROM, recvfrom),
    Row::new(Sys::SENDMSG, sendmsg),
    Row::new(Sys::RECVMSG, recvmsg),
    Row::new(Sys::SENDMMSG, sendmmsg),
    Row::new(Sys::RECVMMSG, recvmmsg),
    Row::new(Sys::SETSOCKOPT, setsockopt),
    Row::new(Sys::GETSOCKOPT, getsockopt),
    Row::new(Sys::SHUTDOWN, shutdown),
];

/// Flags of a socket's kind that are flags of its descriptor.
const KIND_FLAGS: u32 = SOCK_NONBLOCK | SOCK_CLOEXEC;
/// The longest value of an option.
const OPTION_LEN: u32 = 4096;
/// The longest control messages.
const CONTROL_LEN: u64 = 20480;
/// How many files one message carries.
const MOST_FILES: usize = 253;

/// The socket of a descriptor, held for the call.
struct Held<'k> {
    open: Using<'k>,
    socket: Arc<Socket>,
}

impl<'k> Held<'k> {
    fn of(call: &Call<'k>, fd: u64) -> Result<Held<'k>, Errno> {
        let open = call.open(fd)?;
        let socket = open.file.as_any().downcast_ref::<Socket>().ok_or(Errno::ENOTSOCK)?;
        let socket = socket.me().upgrade().ok_or(Errno::EBADF)?;
        Ok(Held { open, socket })
    }
}

fn new_fd(call: &Call<'_>, socket: Arc<Socket>, flags: u32) -> Result<u64, Errno> {
    let mode = 2 | if flags & SOCK_NONBLOCK != 0 { O_NONBLOCK } else { 0 };
    let file: Arc<dyn File> = socket;
    call.new_fd(Open::new(file, mode), flags & O_CLOEXEC)
}

fn kind_of(word: u32) -> Result<Kind, Errno> {
    match word & !KIND_FLAGS {
        SOCK_STREAM => Ok(Kind::Stream),
        SOCK_DGRAM => Ok(Kind::Datagram),
        SOCK_SEQPACKET => Ok(Kind::Packet),
        SOCK_RAW => Err(Errno::EPERM),
        _ => Err(Errno::EINVAL),
    }
}

fn socket(call: &mut Call<'_>) -> Answer {
    let (domain, word, protocol) = (call.arg(0) as u32, call.arg(1) as u32, call.arg(2) as u32);
    let family = match domain {
        AF_UNIX => Family::Unix,
        AF_INET => Family::V4,
        AF_INET6 => Family::V6,
        AF_NETLINK => Family::Netlink,
        _ => return Err(Errno::EAFNOSUPPORT.into()),
    };
    let kind = match (family, word & !KIND_FLAGS) {
        (Family::Netlink, SOCK_RAW) => Kind::Datagram,
        _ => kind_of(word)?,
    };
    let fits = match (family, kind, protocol) {
        (Family::Unix, _, 0 | 1) | (Family::Netlink, Kind::Datagram, NETLINK_ROUTE) => true,
        (Family::Netlink, Kind::Stream, _) => return Err(Errno::ESOCKTNOSUPPORT.into()),
        (Family::Netlink, ..) => false,
        (_, Kind::Stream, 0 | IPPROTO_TCP) | (_, Kind::Datagram, 0 | IPPROTO_UDP) => true,
        (_, Kind::Packet, _) if family != Family::Unix => return Err(Errno::ESOCKTNOSUPPORT.into()),
        _ => false,
    };
    if !fits {
        return Err(Errno::EPROTONOSUPPORT.into());
    }
    let protocol = match (family, kind) {
        (Family::Unix | Family::Netlink, _) => 0,
        (_, Kind::Stream) => IPPROTO_TCP,
        _ => IPPROTO_UDP,
    };
    Ok(new_fd(call, Socket::new(family, kind, protocol), word)?)
}

fn socketpair(call: &mut Call<'_>) -> Answer {
    if call.arg(0) as u32 != AF_UNIX {
        return Err(Errno::EOPNOTSUPP.into());
    }
    let word = call.arg(1) as u32;
    let (a, b) = Socket::pair(kind_of(word)?);
    for socket in [&a, &b] {
        socket.inner.lock().peer_sender = sender(call);
    }
    let first = new_fd(call, a, word)?;
    let fds = match new_fd(call, b, word) {
        Ok(second) => [first as u32, second as u32],
        Err(errno) => {
            call.kernel.close(call.thread.files().take(first)?.open);
            return Err(errno.into());
        }
    };
    call.write(call.addr(3), &fds)?;
    Ok(0)
}

fn read_address(call: &Call<'_>, at: Addr, len: u64) -> Result<SockAddr, Errno> {
    let len = len as u32 as usize;
    if len > STORAGE_LEN {
        return Err(Errno::EINVAL);
    }
    let mut bytes = [0; STORAGE_LEN];
    let bytes = bytes.get_mut(..len).ok_or(Errno::EINVAL)?;
    call.thread.space().read(at, bytes)?;
    SockAddr::decode(bytes)
}

/// Writes an address as far as there is room, and its whole length.
fn write_address(call: &Call<'_>, address: &SockAddr, at: Addr, len_at: Addr) -> Result<(), Errno> {
    if at.is_null() {
        return Ok(());
    }
    let room: u32 = call.read(len_at)?;
    if room as i32 <= -1 {
        return Err(Errno::EINVAL);
    }
    let bytes = address.encode();
    call.thread.space().write(at, bytes.get(..bytes.len().min(room as usize)).unwrap_or_default())?;
    call.write(len_at, &(bytes.len() as u32))
}

fn bind(call: &mut Call<'_>) -> Answer {
    let held = Held::of(call, call.arg(0))?;
    let socket = held.socket.clone();
    let address = read_address(call, call.addr(1), call.arg(2))?;
    if socket.inner.lock().bound.is_some() {
        return Err(Errno::EINVAL.into());
    }
    match (socket.family, &address) {
        (Family::Unix, SockAddr::Unix(UnixName::Unnamed)) => call.kernel.names.bind_any_local(call, &socket)?,
        (Family::Unix, SockAddr::Unix(name)) => {
            if socket.inner.lock().local.is_some() {
                return Err(Errno::EINVAL.into());
            }
            call.kernel.names.bind_local(call, &socket, name)?;
        }
        (Family::Netlink, SockAddr::Netlink { port, groups }) => {
            let port = if *port == 0 { call.thread.process.pid } else { *port };
            socket.inner.lock().local = Some(SockAddr::Netlink { port, groups: *groups });
        }
        (Family::Unix | Family::Netlink, _) => return Err(Errno::EINVAL.into()),
        // An old habit: no family at all for any address of version 4.
        (Family::V4, SockAddr::Unspec) => {
            call.kernel.names.bind(socket.me(), &socket, Endpoint::any(Family::V4))?;
        }
        (family, address) => {
            let at = Endpoint::of(family, address)?;
            if !call.kernel.is_here(at.ip) {
                return Err(Errno::EADDRNOTAVAIL.into());
            }
            call.kernel.names.bind(socket.me(), &socket, at)?;
        }
    }
    Ok(0)
}

fn listen(call: &mut Call<'_>) -> Answer {
    let held = Held::of(call, call.arg(0))?;
    open_up(call, &held.socket, call.arg(1) as u32 as i32 as usize)?;
    Ok(0)
}

fn accept(call: &mut Call<'_>, flags: u32) -> Answer {
    if flags & !KIND_FLAGS != 0 {
        return Err(Errno::EINVAL.into());
    }
    let held = Held::of(call, call.arg(0))?;
    let socket = held.socket.clone();
    if socket.kind == Kind::Datagram {
        return Err(Errno::EOPNOTSUPP.into());
    }
    let new = take(call, &held.open, &socket)?;
    let peer = new.peer().unwrap_or(SockAddr::Unspec);
    let fd = new_fd(call, new, flags)?;
    write_address(call, &peer, call.addr(1), call.addr(2))?;
    Ok(fd)
}

fn connect(call: &mut Call<'_>) -> Answer {
    let held = Held::of(call, call.arg(0))?;
    let address = read_address(call, call.addr(1), call.arg(2))?;
    join(call, &held.open, &held.socket, &address)?;
    Ok(0)
}

fn getsockname(call: &mut Call<'_>) -> Answer {
    let held = Held::of(call, call.arg(0))?;
    write_address(call, &held.socket.local(), call.addr(1), call.addr(2))?;
    Ok(0)
}

fn getpeername(call: &mut Call<'_>) -> Answer {
    let held = Held::of(call, call.arg(0))?;
    write_address(call, &held.socket.peer()?, call.addr(1), call.addr(2))?;
    Ok(0)
}

fn sendto(call: &mut Call<'_>) -> Answer {
    let held = Held::of(call, call.arg(0))?;
    let socket = held.socket.clone();
    let to = if call.addr(4).is_null() { None } else { Some(read_address(call, call.addr(4), call.arg(5))?) };
    let mut bytes = UserBytes::one(call.thread, call.arg(1), call.arg(2))?;
    bytes.skip(call.progress.done);
    let flags = call.arg(3) as u32;
    let to = to.filter(|_| socket.kind != Kind::Stream);
    socket.send(call, &held.open, Sending { bytes: &mut bytes, to, parcel: None, flags })
}

fn recvfrom(call: &mut Call<'_>) -> Answer {
    let held = Held::of(call, call.arg(0))?;
    let socket = held.socket.clone();
    let flags = call.arg(3) as u32;
    let mut bytes = UserBytes::one(call.thread, call.arg(1), call.arg(2))?;
    bytes.skip(call.progress.done);
    let received = socket.receive(call, &held.open, &mut bytes, flags)?;
    if let Some(parcel) = received.parcel {
        parcel.discard(call.kernel);
    }
    if !call.addr(4).is_null() {
        match &received.from {
            Some(from) => write_address(call, from, call.addr(4), call.addr(5))?,
            None => call.write_if(call.addr(5), &0u32)?,
        }
    }
    Ok(if flags & MSG_TRUNC != 0 && socket.kind != Kind::Stream { received.whole } else { received.len } as u64)
}

fn sendmsg(call: &mut Call<'_>) -> Answer {
    let held = Held::of(call, call.arg(0))?;
    send_one(call, &held, call.addr(1), call.arg(2) as u32)
}

fn send_one(call: &mut Call<'_>, held: &Held<'_>, at: Addr, flags: u32) -> Answer {
    let socket = held.socket.clone();
    let message: MsgHdr = call.read(at)?;
    let to = if message.name == 0 || message.namelen == 0 {
        None
    } else {
        Some(read_address(call, Addr(message.name), message.namelen as u64)?)
    };
    let mut bytes = UserBytes::many(call.thread, message.iov, message.iovlen)?;
    bytes.skip(call.progress.done);
    let parcel = if socket.family == Family::Unix { Some(parcel_of(call, &message)?) } else { None };
    // Bytes of a stream carry only what they were given; their sender is known from its beginning.
    let is_given = |parcel: &Parcel| !parcel.files.is_empty() || parcel.is_named;
    let parcel = parcel.filter(|parcel| call.progress.done == 0 && (socket.kind != Kind::Stream || is_given(parcel)));
    let to = to.filter(|_| socket.kind != Kind::Stream);
    socket.send(call, &held.open, Sending { bytes: &mut bytes, to, parcel, flags })
}

/// What the control messages of a message send along.
fn parcel_of(call: &Call<'_>, message: &MsgHdr) -> Result<Parcel, Errno> {
    let mut parcel = Parcel { files: Vec::new(), sender: sender(call), is_named: false };
    if message.controllen == 0 {
        return Ok(parcel);
    }
    if message.controllen > CONTROL_LEN {
        return Err(Errno::ENOBUFS);
    }
    let mut control = alloc::vec![0; message.controllen as usize];
    call.thread.space().read(Addr(message.control), &mut control)?;
    let mut rest = &control[..];
    while rest.len() >= CmsgHdr::LEN {
        let header: CmsgHdr = ashore_pivot::layout::Plain::get(rest);
        let len = usize::try_from(header.len).ok().filter(|len| (CmsgHdr::LEN..=rest.len()).contains(len));
        let len = len.ok_or(Errno::EINVAL)?;
        let data = rest.get(CmsgHdr::LEN..len).unwrap_or_default();
        if header.level as u32 == SOL_SOCKET {
            match header.kind as u32 {
                SCM_RIGHTS => {
                    for fd in data.chunks_exact(4) {
                        let fd: u32 = ashore_pivot::layout::Plain::get(fd);
                        parcel.files.push(call.thread.files().get(u64::from(fd))?);
                    }
                    if parcel.files.len() > MOST_FILES {
                        return Err(Errno::EINVAL);
                    }
                }
                SCM_CREDENTIALS => {
                    let said: Ucred = ashore_pivot::layout::Plain::get(data);
                    if said != parcel.sender && parcel.sender.uid != 0 {
                        return Err(Errno::EPERM);
                    }
                    (parcel.sender, parcel.is_named) = (said, true);
                }
                _ => return Err(Errno::EINVAL),
            }
        }
        rest = rest.get(len.next_multiple_of(8)..).unwrap_or_default();
    }
    Ok(parcel)
}

fn recvmsg(call: &mut Call<'_>) -> Answer {
    let held = Held::of(call, call.arg(0))?;
    receive_one(call, &held, call.addr(1), call.arg(2) as u32)
}

fn receive_one(call: &mut Call<'_>, held: &Held<'_>, at: Addr, flags: u32) -> Answer {
    let socket = held.socket.clone();
    let mut message: MsgHdr = call.read(at)?;
    let mut bytes = UserBytes::many(call.thread, message.iov, message.iovlen)?;
    bytes.skip(call.progress.done);
    let Received { len, whole, from, parcel } = socket.receive(call, &held.open, &mut bytes, flags)?;
    message.flags = if whole > len && socket.kind != Kind::Stream { MSG_TRUNC } else { 0 };
    message.flags |= flags & MSG_CMSG_CLOEXEC;
    let mut control = Vec::new();
    let parcel = parcel.or_else(|| socket.sender_of(len));
    if let Some(parcel) = parcel {
        let room = message.controllen.min(CONTROL_LEN) as usize;
        message.flags |= unpack(call, &socket, parcel, room, flags, &mut control);
    }
    if message.name != 0 {
        let told = from.map(|from| from.encode()).unwrap_or_default();
        let room = message.namelen.max(0) as usize;
        call.thread.space().write(Addr(message.name), told.get(..told.len().min(room)).unwrap_or_default())?;
        message.namelen = told.len() as i32;
    }
    if !control.is_empty() {
        call.thread.space().write(Addr(message.control), &control)?;
    }
    message.controllen = control.len() as u64;
    call.write(at, &message)?;
    Ok(if flags & MSG_TRUNC != 0 && socket.kind != Kind::Stream { whole } else { len } as u64)
}

/// Writes what came along as control messages, files as new descriptors; the flags of what did not fit.
fn unpack(call: &Call<'_>, socket: &Socket, parcel: Parcel, room: usize, flags: u32, control: &mut Vec<u8>) -> u32 {
    let mut truncated = 0;
    let push = |kind: u32, data: &[u8], control: &mut Vec<u8>| {
        let header = CmsgHdr { len: (CmsgHdr::LEN + data.len()) as u64, level: SOL_SOCKET as i32, kind: kind as i32 };
        control.extend(header.encode());
        control.extend(data);
        control.resize(control.len().next_multiple_of(8).min(room), 0);
    };
    if socket.options.lock().passes_sender {
        if room >= CmsgHdr::LEN + Ucred::LEN {
            push(SCM_CREDENTIALS, &parcel.sender.encode(), control);
        } else {
            truncated = MSG_CTRUNC;
        }
    }
    let fits = room.saturating_sub(control.len() + CmsgHdr::LEN) / 4;
    let mut fds = Vec::new();
    for (nth, open) in parcel.files.into_iter().enumerate() {
        let cloexec = if flags & MSG_CMSG_CLOEXEC != 0 { O_CLOEXEC } else { 0 };
        if nth >= fits {
            truncated = MSG_CTRUNC;
            call.kernel.close(open);
            continue;
        }
        match call.new_fd(open, cloexec) {
            Ok(fd) => fds.extend((fd as u32).to_le_bytes()),
            Err(_) => truncated = MSG_CTRUNC,
        }
    }
    if !fds.is_empty() {
        push(SCM_RIGHTS, &fds, control);
    }
    truncated
}

/// The protocol of `AF_NETLINK` that tells of interfaces and routes.
const NETLINK_ROUTE: u32 = 0;

/// How many messages one call moves.
const MOST_MESSAGES: u64 = 1024;

fn sendmmsg(call: &mut Call<'_>) -> Answer {
    many(call, send_one)
}

fn recvmmsg(call: &mut Call<'_>) -> Answer {
    many(call, |call, held, at, flags| receive_one(call, held, at, flags & !MSG_WAITFORONE))
}

/// Moves messages one after the other: only for the first one is waited, as most callers want it.
fn many(call: &mut Call<'_>, one: impl Fn(&mut Call<'_>, &Held<'_>, Addr, u32) -> Answer) -> Answer {
    let held = Held::of(call, call.arg(0))?;
    let mut done = 0;
    while done < call.arg(2).min(MOST_MESSAGES) {
        let at = call.addr(1).plus(done * MMsgHdr::LEN as u64);
        let flags = call.arg(3) as u32 | if done > 0 { MSG_DONTWAIT } else { 0 };
        match one(call, &held, at, flags) {
            Ok(len) => call.write(at.plus(MsgHdr::LEN as u64), &(len as u32))?,
            Err(_) if done > 0 => break,
            Err(stop) => return Err(stop),
        }
        done += 1;
        call.progress.done = 0;
    }
    Ok(done)
}

fn setsockopt(call: &mut Call<'_>) -> Answer {
    let held = Held::of(call, call.arg(0))?;
    let len = call.arg(4) as u32;
    if len > OPTION_LEN {
        return Err(Errno::EINVAL.into());
    }
    let mut bytes = alloc::vec![0; len as usize];
    call.thread.space().read(call.addr(3), &mut bytes)?;
    set_option(&held.socket, call.arg(1) as u32, call.arg(2) as u32, &bytes)?;
    Ok(0)
}

fn getsockopt(call: &mut Call<'_>) -> Answer {
    let held = Held::of(call, call.arg(0))?;
    let room: u32 = call.read(call.addr(4))?;
    if (room as i32) < 0 {
        return Err(Errno::EINVAL.into());
    }
    let value = get_option(call, &held.socket, call.arg(1) as u32, call.arg(2) as u32)?;
    let len = value.len().min(room as usize);
    call.thread.space().write(call.addr(3), value.get(..len).unwrap_or_default())?;
    call.write(call.addr(4), &(len as u32))?;
    Ok(0)
}

fn shutdown(call: &mut Call<'_>) -> Answer {
    let held = Held::of(call, call.arg(0))?;
    let how = call.arg(1) as u32;
    if how > SHUT_RDWR {
        return Err(Errno::EINVAL.into());
    }
    held.socket.shut(call.kernel, how).map_err(Stop::Errno)?;
    Ok(0)
}

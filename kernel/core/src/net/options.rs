//! Options of sockets, as rows.

use super::listen::sender;
use super::socket::{Family, Kind, Socket, State};
use crate::call::{Call, Stop, Until};
use crate::machine::Nanos;
use alloc::vec::Vec;
use ashore_pivot::Errno;
use ashore_pivot::layout::Plain;
use ashore_pivot::layout::socket::*;
use ashore_pivot::layout::time::Timeval;

/// What can be set of a socket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) reuses_address: bool,
    pub(crate) reuses_port: bool,
    pub(crate) only_v6: bool,
    /// Whether messages come with who sent them.
    pub(crate) passes_sender: bool,
    /// A connection was begun by somebody who did not wait for it.
    pub(crate) is_connecting: bool,
    /// The longest waits to read and to write; 0 for any length.
    pub(crate) read_limit: Nanos,
    pub(crate) write_limit: Nanos,
    /// What was set and means nothing here, to be told again.
    kept: [i32; KEPT],
    pub(super) linger: Linger,
}

impl Default for Options {
    fn default() -> Self {
        let mut kept = [0; KEPT];
        for (to, row) in kept.iter_mut().zip(ROWS.iter().filter_map(|row| row.kept)) {
            *to = row;
        }
        Options {
            reuses_address: false,
            reuses_port: false,
            only_v6: false,
            passes_sender: false,
            is_connecting: false,
            read_limit: 0,
            write_limit: 0,
            kept,
            linger: Linger::default(),
        }
    }
}

/// Which limit a wait has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wait {
    Read,
    Write,
}

impl Socket {
    /// Waits, no longer than the socket's limit for it: then the call fails with `EAGAIN`.
    pub(crate) fn until(&self, call: &mut Call<'_>, wait: Wait) -> Stop {
        let limit = {
            let options = self.options.lock();
            if wait == Wait::Read { options.read_limit } else { options.write_limit }
        };
        if limit == 0 {
            return Stop::Wait(Until::Woken);
        }
        let now = call.kernel.now();
        let deadline = *call.progress.deadline.get_or_insert(now.saturating_add(limit));
        if now >= deadline { Errno::EAGAIN.into() } else { Stop::Wait(Until::Time(deadline)) }
    }
}

/// An option.
struct Row {
    level: u32,
    name: u32,
    /// The families that have it.
    family: Option<Family>,
    get: fn(&Call<'_>, &Socket, &Row) -> Vec<u8>,
    set: fn(&Socket, &Row, &[u8]) -> Result<(), Errno>,
    /// For one that is only kept: what it is at first.
    kept: Option<i32>,
}

/// How many options are only kept.
const KEPT: usize = 27;

fn int(bytes: &[u8]) -> Result<i32, Errno> {
    if bytes.len() < 4 {
        return match bytes.first() {
            // Multicast options may be one byte long.
            Some(byte) => Ok(i32::from(*byte)),
            None => Err(Errno::EINVAL),
        };
    }
    Ok(i32::get(bytes))
}

fn flag(bytes: &[u8]) -> Result<bool, Errno> {
    Ok(int(bytes)? != 0)
}

fn word(value: i32) -> Vec<u8> {
    value.to_le_bytes().to_vec()
}

const fn kept(level: u32, name: u32, first: i32) -> Row {
    Row {
        level,
        name,
        family: None,
        get: |_, socket, row| {
            word(kept_at(row).and_then(|at| socket.options.lock().kept.get(at).copied()).unwrap_or(0))
        },
        set: |socket, row, bytes| {
            let value = int(bytes)?;
            let at = kept_at(row).ok_or(Errno::ENOPROTOOPT)?;
            if let Some(to) = socket.options.lock().kept.get_mut(at) {
                *to = value;
            }
            Ok(())
        },
        kept: Some(first),
    }
}

/// Where the value of a kept option is.
fn kept_at(row: &Row) -> Option<usize> {
    ROWS.iter().filter(|row| row.kept.is_some()).position(|other| other.level == row.level && other.name == row.name)
}

/// Buffers have one size, whatever is asked: what Linux would tell after doubling.
const BUFFER: i32 = 212_992;

fn fixed(_: &Socket, _: &Row, _: &[u8]) -> Result<(), Errno> {
    Err(Errno::ENOPROTOOPT)
}

fn accepted(_: &Socket, _: &Row, bytes: &[u8]) -> Result<(), Errno> {
    int(bytes).map(|_| ())
}

fn limit_of(bytes: &[u8]) -> Result<Nanos, Errno> {
    if bytes.len() < Timeval::LEN {
        return Err(Errno::EINVAL);
    }
    Timeval::get(bytes).nanos().ok_or(Errno::EDOM)
}

const fn row(
    level: u32,
    name: u32,
    get: fn(&Call<'_>, &Socket, &Row) -> Vec<u8>,
    set: fn(&Socket, &Row, &[u8]) -> Result<(), Errno>,
) -> Row {
    Row { level, name, family: None, get, set, kept: None }
}

static ROWS: &[Row] = &[
    row(SOL_SOCKET, SO_TYPE, |_, socket, _| word(kind_number(socket.kind)), fixed),
    row(SOL_SOCKET, SO_DOMAIN, |_, socket, _| word(family_number(socket.family)), fixed),
    row(SOL_SOCKET, SO_PROTOCOL, |_, socket, _| word(socket.protocol as i32), fixed),
    row(SOL_SOCKET, SO_ERROR, |_, socket, _| word(socket.take_error().map_or(0, |errno| i32::from(errno.0))), fixed),
    row(
        SOL_SOCKET,
        SO_ACCEPTCONN,
        |_, socket, _| word(i32::from(matches!(socket.state(), State::Listening(_)))),
        fixed,
    ),
    row(
        SOL_SOCKET,
        SO_REUSEADDR,
        |_, socket, _| word(i32::from(socket.options.lock().reuses_address)),
        |socket, _, bytes| {
            socket.options.lock().reuses_address = flag(bytes)?;
            Ok(())
        },
    ),
    row(
        SOL_SOCKET,
        SO_REUSEPORT,
        |_, socket, _| word(i32::from(socket.options.lock().reuses_port)),
        |socket, _, bytes| {
            socket.options.lock().reuses_port = flag(bytes)?;
            Ok(())
        },
    ),
    row(
        SOL_SOCKET,
        SO_PASSCRED,
        |_, socket, _| word(i32::from(socket.options.lock().passes_sender)),
        |socket, _, bytes| {
            socket.options.lock().passes_sender = flag(bytes)?;
            Ok(())
        },
    ),
    row(
        SOL_SOCKET,
        SO_PEERCRED,
        |call, socket, _| {
            let inner = socket.inner.lock();
            let is_connected = matches!(inner.state, State::Stream(_) | State::Messages { peer: Some(_), .. });
            let peer = inner.peer_sender;
            drop(inner);
            if is_connected && peer.pid == 0 { sender(call).encode().to_vec() } else { peer.encode().to_vec() }
        },
        fixed,
    ),
    row(SOL_SOCKET, SO_SNDBUF, |_, _, _| word(BUFFER), accepted),
    row(SOL_SOCKET, SO_RCVBUF, |_, _, _| word(BUFFER), accepted),
    row(SOL_SOCKET, SO_SNDBUFFORCE, |_, _, _| word(BUFFER), accepted),
    row(SOL_SOCKET, SO_RCVBUFFORCE, |_, _, _| word(BUFFER), accepted),
    row(
        SOL_SOCKET,
        SO_RCVTIMEO,
        |_, socket, _| Timeval::from_nanos(socket.options.lock().read_limit).encode().to_vec(),
        |socket, _, bytes| {
            socket.options.lock().read_limit = limit_of(bytes)?;
            Ok(())
        },
    ),
    row(
        SOL_SOCKET,
        SO_SNDTIMEO,
        |_, socket, _| Timeval::from_nanos(socket.options.lock().write_limit).encode().to_vec(),
        |socket, _, bytes| {
            socket.options.lock().write_limit = limit_of(bytes)?;
            Ok(())
        },
    ),
    row(
        SOL_SOCKET,
        SO_LINGER,
        |_, socket, _| socket.options.lock().linger.encode().to_vec(),
        |socket, _, bytes| {
            if bytes.len() < Linger::LEN {
                return Err(Errno::EINVAL);
            }
            socket.options.lock().linger = Linger::get(bytes);
            Ok(())
        },
    ),
    Row {
        family: Some(Family::V6),
        ..row(
            IPPROTO_IPV6,
            IPV6_V6ONLY,
            |_, socket, _| word(i32::from(socket.options.lock().only_v6)),
            |socket, _, bytes| {
                if socket.endpoint().is_some() {
                    return Err(Errno::EINVAL);
                }
                socket.options.lock().only_v6 = flag(bytes)?;
                Ok(())
            },
        )
    },
    row(IPPROTO_TCP, TCP_INFO, |_, _, _| alloc::vec![0; 104], fixed),
    row(IPPROTO_TCP, TCP_CONGESTION, |_, _, _| b"cubic\0\0\0\0\0\0\0\0\0\0\0".to_vec(), |_, _, _| Ok(())),
    row(IPPROTO_IP, IP_ADD_MEMBERSHIP, |_, _, _| Vec::new(), |_, _, _| Ok(())),
    row(IPPROTO_IP, IP_DROP_MEMBERSHIP, |_, _, _| Vec::new(), |_, _, _| Ok(())),
    row(IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, |_, _, _| Vec::new(), |_, _, _| Ok(())),
    row(IPPROTO_IPV6, IPV6_DROP_MEMBERSHIP, |_, _, _| Vec::new(), |_, _, _| Ok(())),
    kept(SOL_SOCKET, SO_DEBUG, 0),
    kept(SOL_SOCKET, SO_KEEPALIVE, 0),
    kept(SOL_SOCKET, SO_BROADCAST, 0),
    kept(SOL_SOCKET, SO_DONTROUTE, 0),
    kept(SOL_SOCKET, SO_OOBINLINE, 0),
    kept(SOL_SOCKET, SO_PRIORITY, 0),
    kept(SOL_SOCKET, SO_RCVLOWAT, 1),
    kept(SOL_SOCKET, SO_TIMESTAMP, 0),
    kept(IPPROTO_TCP, TCP_NODELAY, 0),
    kept(IPPROTO_TCP, TCP_MAXSEG, 65483),
    kept(IPPROTO_TCP, TCP_CORK, 0),
    kept(IPPROTO_TCP, TCP_KEEPIDLE, 7200),
    kept(IPPROTO_TCP, TCP_KEEPINTVL, 75),
    kept(IPPROTO_TCP, TCP_KEEPCNT, 9),
    kept(IPPROTO_TCP, TCP_QUICKACK, 1),
    kept(IPPROTO_TCP, TCP_USER_TIMEOUT, 0),
    kept(IPPROTO_TCP, TCP_DEFER_ACCEPT, 0),
    kept(IPPROTO_TCP, TCP_FASTOPEN, 0),
    kept(IPPROTO_IP, IP_TOS, 0),
    kept(IPPROTO_IP, IP_TTL, 64),
    kept(IPPROTO_IP, IP_RECVERR, 0),
    kept(IPPROTO_IP, IP_MTU_DISCOVER, 1),
    kept(IPPROTO_IP, IP_MULTICAST_TTL, 1),
    kept(IPPROTO_IP, IP_MULTICAST_LOOP, 1),
    kept(IPPROTO_IPV6, IPV6_UNICAST_HOPS, 64),
    kept(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 1),
    kept(IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1),
];

fn kind_number(kind: Kind) -> i32 {
    (match kind {
        Kind::Stream => SOCK_STREAM,
        Kind::Datagram => SOCK_DGRAM,
        Kind::Packet => SOCK_SEQPACKET,
    }) as i32
}

fn family_number(family: Family) -> i32 {
    (match family {
        Family::Unix => AF_UNIX,
        Family::V4 => AF_INET,
        Family::V6 => AF_INET6,
        Family::Netlink => AF_NETLINK,
    }) as i32
}

fn find(socket: &Socket, level: u32, name: u32) -> Result<&'static Row, Errno> {
    let is_internet = level != SOL_SOCKET;
    if is_internet && matches!(socket.family, Family::Unix | Family::Netlink) {
        return Err(Errno::EOPNOTSUPP);
    }
    if level == IPPROTO_TCP && socket.kind != Kind::Stream || level == IPPROTO_IPV6 && socket.family != Family::V6 {
        return Err(Errno::ENOPROTOOPT);
    }
    let found = ROWS.iter().find(|row| row.level == level && row.name == name);
    found.filter(|row| row.family.is_none_or(|family| family == socket.family)).ok_or(Errno::ENOPROTOOPT)
}

/// What an option is.
pub(crate) fn get_option(call: &Call<'_>, socket: &Socket, level: u32, name: u32) -> Result<Vec<u8>, Errno> {
    let row = find(socket, level, name)?;
    Ok((row.get)(call, socket, row))
}

/// Sets an option.
pub(crate) fn set_option(socket: &Socket, level: u32, name: u32, bytes: &[u8]) -> Result<(), Errno> {
    let row = find(socket, level, name)?;
    (row.set)(socket, row, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_there_once_and_kept_ones_have_their_place() {
        for (nth, row) in ROWS.iter().enumerate() {
            assert!(!ROWS.iter().skip(nth + 1).any(|other| (other.level, other.name) == (row.level, row.name)));
        }
        assert_eq!(ROWS.iter().filter(|row| row.kept.is_some()).count(), KEPT);
    }
}

//! Which socket is where: ports, and the names of local sockets.

use super::address::Endpoint;
use super::socket::{Family, Kind, Peer, Socket, State};
use crate::call::Call;
use crate::files::walk::Last;
use crate::files::{EXECUTE, Node, WRITE};
use crate::lock::Lock;
use alloc::collections::BTreeMap;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use ashore_pivot::Errno;
use ashore_pivot::layout::open::AT_FDCWD;
use ashore_pivot::layout::sockaddr::{SockAddr, UnixName};

/// The ports the kernel chooses from.
const CHOSEN: core::ops::Range<u16> = 32768..61000;

/// Every bound socket.
#[derive(Default)]
pub(crate) struct Names {
    ports: Lock<Ports>,
    local: Lock<BTreeMap<Vec<u8>, Weak<Socket>>>,
}

#[derive(Default)]
struct Ports {
    streams: BTreeMap<u16, Vec<Bound>>,
    messages: BTreeMap<u16, Vec<Bound>>,
    next: u16,
}

struct Bound {
    at: Endpoint,
    socket: Weak<Socket>,
}

impl Ports {
    fn of(&mut self, kind: Kind) -> &mut BTreeMap<u16, Vec<Bound>> {
        if kind == Kind::Datagram { &mut self.messages } else { &mut self.streams }
    }

    /// Whether a socket may be bound there beside those that are.
    fn is_free(&mut self, socket: &Socket, at: Endpoint) -> bool {
        let Some(others) = self.of(socket.kind).get_mut(&at.port) else { return true };
        others.retain(|bound| bound.socket.strong_count() > 0);
        let mine = *socket.options.lock();
        others.iter().filter_map(|bound| Some((bound.at, bound.socket.upgrade()?))).all(|(other_at, other)| {
            let theirs = *other.options.lock();
            let meets = at.takes(other_at, socket.only_v6()) || other_at.takes(at, other.only_v6());
            let is_shared = mine.reuses_port && theirs.reuses_port
                || mine.reuses_address && theirs.reuses_address && !matches!(other.state(), State::Listening(_));
            !meets || is_shared
        })
    }
}

impl Names {
    /// Binds a socket to an address, to a port of the kernel's choice for 0. Where it is then.
    pub(crate) fn bind(&self, me: &Weak<Socket>, socket: &Socket, at: Endpoint) -> Result<Endpoint, Errno> {
        let mut ports = self.ports.lock();
        let at = if at.port == 0 {
            let count = CHOSEN.end - CHOSEN.start;
            let from = ports.next;
            let found = (0..count).map(|nth| CHOSEN.start + (from.wrapping_add(nth)) % count).find(|port| {
                let at = Endpoint { port: *port, ..at };
                ports
                    .of(socket.kind)
                    .get(port)
                    .is_none_or(|others| others.iter().all(|bound| bound.socket.strong_count() == 0))
                    && ports.is_free(socket, at)
            });
            let port = found.ok_or(Errno::EADDRINUSE)?;
            ports.next = (port - CHOSEN.start + 1) % count;
            Endpoint { port, ..at }
        } else if ports.is_free(socket, at) {
            at
        } else {
            return Err(Errno::EADDRINUSE);
        };
        ports.of(socket.kind).entry(at.port).or_default().push(Bound { at, socket: me.clone() });
        drop(ports);
        let mut inner = socket.inner.lock();
        inner.local = Some(at.told(socket.family));
        inner.bound = Some(at);
        Ok(at)
    }

    /// The listening socket that connections to an address reach: one bound to just it before one bound to any.
    pub(crate) fn stream_at(&self, to: Endpoint) -> Option<Arc<Socket>> {
        self.find(Kind::Stream, to, |socket| matches!(socket.state(), State::Listening(_)).then_some(0))
    }

    /// The socket that messages from one address to another reach: one connected with the sender before others.
    pub(crate) fn message_at(&self, to: Endpoint, from: Endpoint) -> Option<Arc<Socket>> {
        self.find(Kind::Datagram, to, |socket| match socket.state() {
            State::Messages { peer: Some(Peer::Endpoint(peer)), .. } => (peer == from).then_some(2),
            State::Messages { .. } => Some(0),
            _ => None,
        })
    }

    fn find(&self, kind: Kind, to: Endpoint, weight: impl Fn(&Socket) -> Option<u32>) -> Option<Arc<Socket>> {
        let mut ports = self.ports.lock();
        let bound = ports.of(kind).get(&to.port)?;
        let found = bound.iter().filter_map(|bound| {
            let socket = bound.socket.upgrade()?;
            let takes = bound.at.takes(to, socket.only_v6());
            let exact = u32::from(bound.at.ip == to.ip || !bound.at.ip.is_any());
            takes.then_some(())?;
            Some((weight(&socket)? + exact, socket))
        });
        found.max_by_key(|(weight, _)| *weight).map(|(_, socket)| socket)
    }

    /// Gives a local socket a name.
    pub(crate) fn bind_local(&self, call: &Call<'_>, socket: &Socket, name: &UnixName) -> Result<(), Errno> {
        let key = match name {
            UnixName::Unnamed => return Err(Errno::EINVAL),
            UnixName::Abstract(name) => [&[0], &name[..]].concat(),
            UnixName::Path(path) => make_path(call, path)?,
        };
        let mut local = self.local.lock();
        if local.get(&key).is_some_and(|old| old.strong_count() > 0) {
            return Err(Errno::EADDRINUSE);
        }
        local.insert(key, socket.me().clone());
        drop(local);
        socket.inner.lock().local = Some(SockAddr::Unix(name.clone()));
        Ok(())
    }

    /// Another abstract name that nobody has, for a socket bound to none.
    pub(crate) fn bind_any_local(&self, call: &Call<'_>, socket: &Socket) -> Result<(), Errno> {
        for number in 0u32..0x10_0000 {
            let name = UnixName::Abstract(alloc::format!("{number:05x}").into_bytes());
            match self.bind_local(call, socket, &name) {
                Err(Errno::EADDRINUSE) => {}
                result => return result,
            }
        }
        Err(Errno::ENOSPC)
    }

    /// The local socket of a name.
    pub(crate) fn local(&self, call: &Call<'_>, name: &UnixName) -> Result<Arc<Socket>, Errno> {
        let key = match name {
            UnixName::Unnamed => return Err(Errno::EINVAL),
            UnixName::Abstract(name) => [&[0], &name[..]].concat(),
            UnixName::Path(path) => key_of_path(call, path)?,
        };
        let found = self.local.lock().get(&key).cloned();
        found.and_then(|socket| socket.upgrade()).ok_or(Errno::ECONNREFUSED)
    }

    /// A socket is closed.
    pub(crate) fn forget(&self, socket: &Socket, bound: Option<Endpoint>, local: Option<&SockAddr>) {
        let is_me = |other: &Weak<Socket>| Weak::ptr_eq(other, socket.me());
        if let Some(at) = bound {
            let mut ports = self.ports.lock();
            let table = ports.of(socket.kind);
            if let Some(others) = table.get_mut(&at.port) {
                others.retain(|bound| !is_me(&bound.socket));
                if others.is_empty() {
                    table.remove(&at.port);
                }
            }
        }
        if socket.family == Family::Unix
            && matches!(local, Some(SockAddr::Unix(UnixName::Path(_) | UnixName::Abstract(_))))
        {
            self.local.lock().retain(|_, other| !is_me(other));
        }
    }
}

/// What a socket's file is known by in the table: no path, for a file may have many.
fn key_of(node: &dyn Node) -> Vec<u8> {
    let status = node.status();
    [&[1][..], &status.device.to_le_bytes(), &status.inode.to_le_bytes()].concat()
}

/// By what a path names a socket in the table.
fn key_of_path(call: &Call<'_>, path: &[u8]) -> Result<Vec<u8>, Errno> {
    let found = call.find(AT_FDCWD, path, Last::Follow)?;
    let node = found.node()?;
    call.visitor().check(&**node, WRITE)?;
    if node.kind() == crate::files::Kind::Socket { Ok(key_of(&**node)) } else { Err(Errno::ECONNREFUSED) }
}

/// Makes the file that stands for a socket.
fn make_path(call: &Call<'_>, path: &[u8]) -> Result<Vec<u8>, Errno> {
    let found = call.find(AT_FDCWD, path, Last::Keep)?;
    if found.node.is_some() || found.name.is_empty() {
        return Err(Errno::EADDRINUSE);
    }
    let visitor = call.visitor();
    visitor.check(&*found.dir, WRITE | EXECUTE)?;
    let node = found.dir.make(&visitor, &found.name, &call.new_file(crate::files::Kind::Socket, 0o777))?;
    call.kernel.tree.notices.made(call.kernel, (&*found.dir, &found.name), &*node);
    Ok(key_of(&*node))
}

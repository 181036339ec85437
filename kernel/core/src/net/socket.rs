//! A socket.

use super::address::{Endpoint, Ip, OnlyV6};
use super::channel::{Channel, Leftover};
use super::listen::Listener;
use super::mail::{Mailbox, Parcel};
use super::options::Options;
use crate::call::{Call, Stop};
use crate::file::{At, Bytes, Events, File, Open, Status};
use crate::kernel::Kernel;
use crate::lock::Lock;
use crate::wait::WaitQueue;
use alloc::string::String;
use alloc::sync::{Arc, Weak};
use ashore_pivot::Errno;
use ashore_pivot::layout::ioctl::FIONREAD;
use ashore_pivot::layout::sockaddr::{SockAddr, UnixName};
use ashore_pivot::layout::socket::Ucred;
use core::any::Any;
use core::sync::atomic::{AtomicU64, Ordering};

/// The family of a socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Family {
    Unix,
    V4,
    V6,
    Netlink,
}

/// What a socket carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Bytes, over a connection.
    Stream,
    /// Messages.
    Datagram,
    /// Messages, over a connection.
    Packet,
}

/// A socket.
pub(crate) struct Socket {
    pub(crate) family: Family,
    pub(crate) kind: Kind,
    pub(crate) protocol: u32,
    /// Who waits for anything of it.
    pub(crate) queue: Arc<WaitQueue>,
    pub(crate) inner: Lock<Inner>,
    pub(crate) options: Lock<Options>,
    number: u64,
    /// Itself, for the tables it is entered in.
    me: Weak<Socket>,
}

/// What changes of a socket.
pub(crate) struct Inner {
    pub(crate) state: State,
    /// Its own address, once it has one.
    pub(crate) local: Option<SockAddr>,
    /// The other end's.
    pub(crate) peer: Option<SockAddr>,
    /// Where it is among the bound ones, to take it out again.
    pub(crate) bound: Option<Endpoint>,
    /// What `SO_ERROR` tells.
    pub(crate) error: Option<Errno>,
    /// Who made the other end.
    pub(crate) peer_sender: Ucred,
}

/// How far a socket has come.
#[derive(Clone)]
pub(crate) enum State {
    /// Neither listening nor connected.
    Fresh,
    /// A connection to somewhere outside is being made.
    Pending,
    /// Takes connections.
    Listening(Arc<Listener>),
    /// A stream with its two directions.
    Stream(Link<Channel>),
    /// Messages with two directions, or one socket's own box and where it sends by default.
    Messages { inbox: Arc<Mailbox>, peer: Option<Peer> },
    /// Closed.
    Closed,
}

/// Two directions.
pub(crate) struct Link<C> {
    pub(crate) incoming: Arc<C>,
    pub(crate) outgoing: Arc<C>,
}

impl<C> Clone for Link<C> {
    fn clone(&self) -> Self {
        Link { incoming: self.incoming.clone(), outgoing: self.outgoing.clone() }
    }
}

/// Where a socket of messages sends by default.
#[derive(Clone)]
pub(crate) enum Peer {
    /// The box of a socket it is joined with.
    Mailbox(Arc<Mailbox>),
    /// An address.
    Endpoint(Endpoint),
}

/// A message to send.
pub(crate) struct Sending<'a> {
    pub(crate) bytes: &'a mut dyn Bytes,
    pub(crate) to: Option<SockAddr>,
    pub(crate) parcel: Option<Parcel>,
    pub(crate) flags: u32,
}

/// What was received.
#[derive(Default)]
pub(crate) struct Received {
    pub(crate) len: usize,
    /// The length of the message, which may be more than was read.
    pub(crate) whole: usize,
    pub(crate) from: Option<SockAddr>,
    pub(crate) parcel: Option<Parcel>,
}

static NUMBERS: AtomicU64 = AtomicU64::new(1);

impl Socket {
    /// A new socket. One of messages has its box from the start.
    pub(crate) fn new(family: Family, kind: Kind, protocol: u32) -> Arc<Socket> {
        let queue = Arc::new(WaitQueue::new());
        let state = match kind {
            Kind::Datagram => State::Messages { inbox: Mailbox::new(&queue), peer: None },
            Kind::Stream | Kind::Packet => State::Fresh,
        };
        Socket::with(family, kind, queue, state, protocol)
    }

    /// A socket that is connected already.
    pub(crate) fn with(family: Family, kind: Kind, queue: Arc<WaitQueue>, state: State, protocol: u32) -> Arc<Socket> {
        Arc::new_cyclic(|me| Socket {
            family,
            kind,
            protocol,
            queue,
            inner: Lock::new(Inner {
                state,
                local: None,
                peer: None,
                bound: None,
                error: None,
                peer_sender: Ucred::default(),
            }),
            options: Lock::default(),
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
            me: me.clone(),
        })
    }

    /// Two sockets that are connected with each other (`socketpair`).
    pub(crate) fn pair(kind: Kind) -> (Arc<Socket>, Arc<Socket>) {
        let queues = [(); 2].map(|()| Arc::new(WaitQueue::new()));
        let [first, second] = &queues;
        let (a, b) = match kind {
            Kind::Stream => {
                let (there, back) = (Channel::new(second, first), Channel::new(first, second));
                (
                    State::Stream(Link { incoming: back.clone(), outgoing: there.clone() }),
                    State::Stream(Link { incoming: there, outgoing: back }),
                )
            }
            Kind::Datagram | Kind::Packet => {
                let (mine, theirs) = (Mailbox::new(first), Mailbox::new(second));
                (
                    State::Messages { inbox: mine.clone(), peer: Some(Peer::Mailbox(theirs.clone())) },
                    State::Messages { inbox: theirs, peer: Some(Peer::Mailbox(mine)) },
                )
            }
        };
        let ends = (
            Socket::with(Family::Unix, kind, first.clone(), a, 0),
            Socket::with(Family::Unix, kind, second.clone(), b, 0),
        );
        for socket in [&ends.0, &ends.1] {
            let mut inner = socket.inner.lock();
            inner.local = Some(SockAddr::Unix(UnixName::Unnamed));
            inner.peer = Some(SockAddr::Unix(UnixName::Unnamed));
        }
        ends
    }

    /// How far it has come.
    pub(crate) fn state(&self) -> State {
        self.inner.lock().state.clone()
    }

    /// Whether it refuses version 4.
    pub(crate) fn only_v6(&self) -> OnlyV6 {
        if self.options.lock().only_v6 { OnlyV6::Yes } else { OnlyV6::No }
    }

    /// Its own address as programs see it.
    pub(crate) fn local(&self) -> SockAddr {
        self.inner.lock().local.clone().unwrap_or_else(|| match self.family {
            Family::Unix => SockAddr::Unix(UnixName::Unnamed),
            Family::Netlink => SockAddr::Netlink { port: 0, groups: 0 },
            family => Endpoint::any(family).told(family),
        })
    }

    /// The other end's address.
    pub(crate) fn peer(&self) -> Result<SockAddr, Errno> {
        let inner = self.inner.lock();
        match &inner.state {
            State::Stream(_) | State::Messages { peer: Some(_), .. } => inner.peer.clone().ok_or(Errno::ENOTCONN),
            _ => Err(Errno::ENOTCONN),
        }
    }

    /// What its requests to the kernel are known by; the process's number unless it took another one.
    pub(super) fn netlink_port(&self, call: &Call<'_>) -> u32 {
        let own = call.thread.process.pid;
        let mut inner = self.inner.lock();
        match inner.local {
            Some(SockAddr::Netlink { port, .. }) if port != 0 => port,
            _ => {
                inner.local = Some(SockAddr::Netlink { port: own, groups: 0 });
                own
            }
        }
    }

    /// Itself, for a table.
    pub(crate) fn me(&self) -> &Weak<Socket> {
        &self.me
    }

    /// Its Internet address.
    pub(crate) fn endpoint(&self) -> Option<Endpoint> {
        let local = self.inner.lock().local.clone()?;
        Endpoint::of(self.family, &local).ok()
    }

    /// Takes the error that `SO_ERROR` tells.
    pub(crate) fn take_error(&self) -> Option<Errno> {
        let mut inner = self.inner.lock();
        let error = inner.error.take();
        error.or_else(|| match &inner.state {
            State::Stream(link) => link.incoming.take_error(),
            _ => None,
        })
    }

    /// Binds a fresh Internet socket to a port the kernel chooses, for one that sends before it is bound.
    pub(crate) fn bind_for(&self, kernel: &Kernel, to: Endpoint) -> Result<Endpoint, Errno> {
        if let Some(endpoint) = self.endpoint() {
            return Ok(endpoint);
        }
        let is_outside = !to.ip.is_here();
        let ip = match self.kind {
            Kind::Stream if !is_outside => to.ip.or_loopback(),
            _ => Endpoint::any(self.family).ip,
        };
        kernel.names.bind(&self.me, self, Endpoint { ip, port: 0 })
    }

    /// The loopback address it sends from, when its own is any.
    pub(crate) fn source(&self, to: Endpoint) -> Endpoint {
        let own = self.endpoint().unwrap_or(Endpoint::any(self.family));
        let ip = match own.ip {
            ip if !ip.is_any() => ip,
            // To itself by its own address, it comes from there.
            _ if !to.ip.is_here() => to.ip,
            _ if to.ip.is_v4() => Ip::LOOPBACK4,
            _ => Ip::LOOPBACK6,
        };
        Endpoint { ip, ..own }
    }
}

impl File for Socket {
    fn read(&self, call: &mut Call<'_>, open: &Open, bytes: &mut dyn Bytes, _at: At) -> Result<u64, Stop> {
        let received = self.receive(call, open, bytes, 0)?;
        if let Some(parcel) = received.parcel {
            parcel.discard(call.kernel);
        }
        Ok(received.len as u64)
    }

    fn write(&self, call: &mut Call<'_>, open: &Open, bytes: &mut dyn Bytes, _at: At) -> Result<u64, Stop> {
        // What was sent before the call had to wait is counted by whoever asks for the write.
        let before = call.progress.done;
        let sent = self.send(call, open, Sending { bytes, to: None, parcel: None, flags: 0 })?;
        call.progress.done = before;
        Ok(sent - before)
    }

    fn ready(&self) -> Events {
        let inner = self.inner.lock();
        let error = if inner.error.is_some() { Events::ERR } else { Events::default() };
        error
            | match &inner.state {
                State::Fresh => Events::OUT | Events::HUP,
                State::Pending => Events::default(),
                State::Listening(listener) => listener.ready(),
                State::Stream(link) => super::stream::ready(link),
                State::Messages { inbox, peer } => {
                    let mut events = Events::default();
                    if inbox.has_letters() || inbox.is_closed() {
                        events = events | Events::IN;
                    }
                    if inbox.is_closed() {
                        events = events | Events::RDHUP | Events::HUP;
                    }
                    let is_full = matches!(peer, Some(Peer::Mailbox(peer)) if !peer.has_room());
                    if is_full { events } else { events | Events::OUT }
                }
                State::Closed => Events::IN | Events::OUT | Events::HUP,
            }
    }

    fn queue(&self) -> Option<&WaitQueue> {
        Some(&self.queue)
    }

    fn stat(&self, _call: &Call<'_>) -> Result<Status, Errno> {
        const S_IFSOCK: u32 = 0o140_000;
        Ok(Status { mode: S_IFSOCK | 0o777, links: 1, inode: self.number, block_size: 4096, ..Status::default() })
    }

    fn control(&self, call: &mut Call<'_>, _open: &Open, request: u32, arg: u64) -> Result<u64, Stop> {
        match request {
            FIONREAD => {
                let len = match self.state() {
                    State::Stream(link) => link.incoming.len(),
                    State::Messages { inbox, .. } => inbox.next_len(),
                    State::Listening(_) => return Err(Errno::EINVAL.into()),
                    State::Fresh | State::Pending | State::Closed => 0,
                };
                call.write(ashore_base::Addr(arg), &(len as u32))?;
                Ok(0)
            }
            _ => super::interfaces::ioctl(call, request, arg),
        }
    }

    fn closed(&self, kernel: &Kernel, _open: &Open) {
        let (state, bound, local) = {
            let mut inner = self.inner.lock();
            let state = core::mem::replace(&mut inner.state, State::Closed);
            (state, inner.bound.take(), inner.local.clone())
        };
        kernel.names.forget(self, bound, local.as_ref());
        match state {
            State::Listening(listener) => listener.close(kernel),
            State::Stream(link) => {
                let leftover = link.incoming.refuse(kernel);
                if leftover == Leftover::Some || self.is_abrupt() {
                    link.outgoing.fail(kernel, Errno::ECONNRESET);
                } else {
                    link.outgoing.end(kernel);
                }
            }
            State::Messages { inbox, peer } => {
                inbox.close(kernel);
                inbox.empty(kernel);
                if let Some(Peer::Mailbox(peer)) = peer {
                    // A pair's other end reads an end of file, one that was only connected goes on.
                    if self.kind == Kind::Packet {
                        peer.close(kernel);
                    }
                    peer.room.wake(kernel, Events::ANY);
                }
            }
            State::Fresh | State::Pending | State::Closed => {}
        }
    }

    fn name(&self) -> String {
        alloc::format!("socket:[{}]", self.number)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

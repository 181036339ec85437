//! Listening, connecting, accepting.

use super::address::Endpoint;
use super::channel::Channel;
use super::mail::Mailbox;
use super::socket::{Family, Kind, Link, Peer, Socket, State};
use crate::call::{Call, Stop};
use crate::file::{Events, Open};
use crate::kernel::Kernel;
use crate::lock::Lock;
use crate::wait::WaitQueue;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use ashore_pivot::Errno;
use ashore_pivot::layout::sockaddr::SockAddr;
use ashore_pivot::layout::socket::Ucred;

/// Connections that wait to be accepted.
pub(crate) struct Listener {
    inner: Lock<Backlog>,
    /// The listening socket's.
    queue: Arc<WaitQueue>,
    /// Who waits for room.
    room: WaitQueue,
    family: Family,
    kind: Kind,
}

#[derive(Default)]
struct Backlog {
    waiting: VecDeque<Arc<Socket>>,
    most: usize,
    is_closed: bool,
}

/// The least and the most that may wait, whatever a program asks for.
const BACKLOG: (usize, usize) = (1, 4096);

impl Listener {
    fn new(socket: &Socket, backlog: usize) -> Arc<Listener> {
        let most = backlog.clamp(BACKLOG.0, BACKLOG.1);
        Arc::new(Listener {
            inner: Lock::new(Backlog { most, ..Backlog::default() }),
            queue: socket.queue.clone(),
            room: WaitQueue::new(),
            family: socket.family,
            kind: socket.kind,
        })
    }

    pub(crate) fn ready(&self) -> Events {
        if self.inner.lock().waiting.is_empty() { Events::default() } else { Events::IN }
    }

    fn take(&self, kernel: &Kernel) -> Option<Arc<Socket>> {
        let socket = self.inner.lock().waiting.pop_front()?;
        self.room.wake(kernel, Events::OUT);
        Some(socket)
    }

    /// A connection comes in: the listener's end of it. Gives it back when there is no room.
    pub(crate) fn offer(&self, kernel: &Kernel, socket: Arc<Socket>) -> Result<(), Offered> {
        let mut inner = self.inner.lock();
        if inner.is_closed {
            return Err(Offered::Refused);
        }
        if inner.waiting.len() >= inner.most {
            return Err(Offered::Full);
        }
        inner.waiting.push_back(socket);
        drop(inner);
        self.queue.wake_some(kernel, Events::IN, 1);
        Ok(())
    }

    pub(crate) fn close(&self, kernel: &Kernel) {
        let waiting = {
            let mut inner = self.inner.lock();
            inner.is_closed = true;
            core::mem::take(&mut inner.waiting)
        };
        for socket in waiting {
            if let State::Stream(link) = socket.state() {
                link.outgoing.fail(kernel, Errno::ECONNRESET);
                link.incoming.refuse(kernel);
            }
        }
        self.room.wake(kernel, Events::ANY);
        self.queue.wake(kernel, Events::ANY);
    }
}

/// Why a listener does not take a connection.
pub(crate) enum Offered {
    Full,
    Refused,
}

/// `listen`.
pub(crate) fn listen(call: &Call<'_>, socket: &Arc<Socket>, backlog: usize) -> Result<(), Errno> {
    let was_fresh = matches!(socket.state(), State::Fresh);
    begin(call, socket, backlog)?;
    if let Some(card) = call.kernel.card.get().filter(|_| was_fresh) {
        card.listen(call.kernel, socket);
    }
    Ok(())
}

fn begin(call: &Call<'_>, socket: &Arc<Socket>, backlog: usize) -> Result<(), Errno> {
    if socket.kind == Kind::Datagram {
        return Err(Errno::EOPNOTSUPP);
    }
    if socket.family != Family::Unix && socket.endpoint().is_none() {
        call.kernel.names.bind(socket.me(), socket, Endpoint::any(socket.family))?;
    }
    let mut inner = socket.inner.lock();
    match &inner.state {
        State::Fresh if socket.family == Family::Unix && inner.local.is_none() => Err(Errno::EINVAL),
        State::Fresh => {
            inner.peer_sender = sender(call);
            inner.state = State::Listening(Listener::new(socket, backlog));
            Ok(())
        }
        State::Listening(listener) => {
            listener.inner.lock().most = backlog.clamp(BACKLOG.0, BACKLOG.1);
            Ok(())
        }
        _ => Err(Errno::EINVAL),
    }
}

/// Who calls.
pub(crate) fn sender(call: &Call<'_>) -> Ucred {
    let process = &call.thread.process;
    let [_, uid, _, _, gid, _] = process.inner.lock().ids;
    Ucred { pid: process.pid as i32, uid, gid }
}

/// `accept`: the next connection.
pub(crate) fn accept(call: &mut Call<'_>, open: &Open, socket: &Socket) -> Result<Arc<Socket>, Stop> {
    let State::Listening(listener) = socket.state() else { return Err(Errno::EINVAL.into()) };
    if let Some(found) = listener.take(call.kernel) {
        return Ok(found);
    }
    if open.is_nonblocking() {
        return Err(Errno::EAGAIN.into());
    }
    socket.queue.join(call.thread, Events::IN | Events::ERR | Events::HUP);
    match listener.take(call.kernel) {
        Some(found) => Ok(found),
        None if listener.inner.lock().is_closed => Err(Errno::EINVAL.into()),
        None => Err(socket.until(call, super::options::Wait::Read)),
    }
}

/// `connect`.
pub(crate) fn connect(call: &mut Call<'_>, open: &Open, socket: &Arc<Socket>, to: &SockAddr) -> Result<(), Stop> {
    if socket.kind == Kind::Datagram {
        return Ok(super::datagram::connect(call, socket, to)?);
    }
    match socket.state() {
        State::Fresh => {
            if let Some(errno) = socket.inner.lock().error.take() {
                return Err(errno.into());
            }
        }
        State::Pending => {
            if open.is_nonblocking() {
                return Err(Errno::EALREADY.into());
            }
            socket.queue.join(call.thread, Events::ANY);
            return match socket.state() {
                State::Pending => Err(socket.until(call, super::options::Wait::Write)),
                _ => connect(call, open, socket, to),
            };
        }
        State::Stream(_) if call.progress.done == BEGUN => return Ok(()),
        State::Listening(_) => return Err(Errno::EINVAL.into()),
        State::Stream(_) | State::Messages { .. } => {
            // The connection stands; one who was told to wait hears so now.
            let was_pending = core::mem::take(&mut socket.options.lock().is_connecting);
            return if was_pending { Ok(()) } else { Err(Errno::EISCONN.into()) };
        }
        State::Closed => return Err(Errno::ECONNREFUSED.into()),
    }
    let listening = match (socket.family, to) {
        (Family::Unix, SockAddr::Unix(name)) => call.kernel.names.local(call, name)?,
        (Family::Unix, _) => return Err(Errno::EINVAL.into()),
        (family, to) => {
            let to = Endpoint::of(family, to)?;
            let to = Endpoint { ip: to.ip.or_loopback(), ..to };
            if !call.kernel.is_here(to.ip) {
                return outside(call, open, socket, to);
            }
            socket.bind_for(call.kernel, to)?;
            call.kernel.names.stream_at(to).ok_or(Errno::ECONNREFUSED)?
        }
    };
    if listening.kind != socket.kind {
        return Err(Errno::EPROTOTYPE.into());
    }
    let State::Listening(listener) = listening.state() else { return Err(Errno::ECONNREFUSED.into()) };
    if open.is_nonblocking() || listener.has_room() {
        return join(call, open, socket, &listening, &listener, to);
    }
    listener.room.join(call.thread, Events::ANY);
    if listener.has_room() {
        return join(call, open, socket, &listening, &listener, to);
    }
    Err(socket.until(call, super::options::Wait::Write))
}

/// What a call remembers that has begun a connection to somewhere outside.
const BEGUN: u64 = 1;

/// Connects to somewhere outside.
fn outside(call: &mut Call<'_>, open: &Open, socket: &Arc<Socket>, to: Endpoint) -> Result<(), Stop> {
    let card = call.kernel.card.get().ok_or(Errno::ENETUNREACH)?;
    let from = socket.bind_for(call.kernel, to)?;
    card.connect(call.kernel, socket, from.port, to)?;
    if open.is_nonblocking() {
        socket.options.lock().is_connecting = true;
        return Err(Errno::EINPROGRESS.into());
    }
    call.progress.done = BEGUN;
    socket.queue.join(call.thread, Events::ANY);
    match socket.state() {
        State::Stream(_) => Ok(()),
        _ => Err(socket.until(call, super::options::Wait::Write)),
    }
}

impl Listener {
    fn has_room(&self) -> bool {
        let inner = self.inner.lock();
        inner.is_closed || inner.waiting.len() < inner.most
    }
}

/// Makes the two ends of a connection.
fn join(
    call: &Call<'_>,
    open: &Open,
    socket: &Arc<Socket>,
    listening: &Arc<Socket>,
    listener: &Listener,
    to: &SockAddr,
) -> Result<(), Stop> {
    let queue = Arc::new(WaitQueue::new());
    let (mine, theirs) = match socket.kind {
        Kind::Stream => {
            let (there, back) = (Channel::new(&queue, &socket.queue), Channel::new(&socket.queue, &queue));
            (
                State::Stream(Link { incoming: back.clone(), outgoing: there.clone() }),
                State::Stream(Link { incoming: there, outgoing: back }),
            )
        }
        Kind::Datagram | Kind::Packet => {
            let (inbox, outbox) = (Mailbox::new(&socket.queue), Mailbox::new(&queue));
            (
                State::Messages { inbox: inbox.clone(), peer: Some(Peer::Mailbox(outbox.clone())) },
                State::Messages { inbox: outbox, peer: Some(Peer::Mailbox(inbox)) },
            )
        }
    };
    let (far, near) = match socket.family {
        Family::Unix => (listening.local(), socket.local()),
        family => {
            let to = Endpoint::of(family, to)?;
            let to = Endpoint { ip: to.ip.or_loopback(), ..to };
            (to.told(family), socket.source(to).told(family))
        }
    };
    let end = Socket::with(listener.family, listener.kind, queue, theirs, listening.protocol);
    {
        let mut inner = end.inner.lock();
        let (told_far, told_near) =
            (tell(listener.family, socket.family, &far), tell(listener.family, socket.family, &near));
        inner.local = Some(told_far);
        inner.peer = Some(told_near);
        inner.peer_sender = sender(call);
        let passes = listening.options.lock().passes_sender;
        end.options.lock().passes_sender = passes;
    }
    {
        let peer_sender = listening.inner.lock().peer_sender;
        let mut inner = socket.inner.lock();
        if !matches!(inner.state, State::Fresh) {
            return Err(Errno::EISCONN.into());
        }
        inner.state = mine;
        inner.local = Some(near);
        inner.peer = Some(far);
        inner.peer_sender = peer_sender;
    }
    match listener.offer(call.kernel, end) {
        Ok(()) if open.is_nonblocking() && socket.family != Family::Unix => {
            socket.options.lock().is_connecting = true;
            Err(Errno::EINPROGRESS.into())
        }
        Ok(()) => Ok(()),
        Err(offered) => {
            socket.inner.lock().state = State::Fresh;
            Err(match offered {
                Offered::Refused => Errno::ECONNREFUSED.into(),
                Offered::Full => Errno::EAGAIN.into(),
            })
        }
    }
}

/// An address of one family as a socket of another tells it: a listener of version 6 sees version 4 mapped.
fn tell(listener: Family, family: Family, address: &SockAddr) -> SockAddr {
    match Endpoint::of(family, address) {
        Ok(endpoint) => endpoint.told(listener),
        Err(_) => address.clone(),
    }
}

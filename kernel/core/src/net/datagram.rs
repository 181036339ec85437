//! Sending and receiving messages.

use super::address::Endpoint;
use super::listen::sender;
use super::mail::{Letter, Mailbox, Parcel, Posted};
use super::options::Wait;
use super::socket::{Family, Kind, Peer, Received, Sending, Socket, State};
use crate::call::{Call, Stop};
use crate::file::{Bytes, Events, Open};
use alloc::sync::Arc;
use ashore_pivot::layout::sockaddr::{SockAddr, UnixName};
use ashore_pivot::layout::socket::{MSG_DONTWAIT, MSG_PEEK};
use ashore_pivot::{Errno, Signal};

/// The longest message of the Internet families.
const LONGEST: usize = 65507;
/// The longest local message.
const LONGEST_LOCAL: usize = 212_992 - 1024;

/// `connect` of a socket of messages: where it sends by default and from whom alone it receives.
pub(crate) fn connect(call: &Call<'_>, socket: &Arc<Socket>, to: &SockAddr) -> Result<(), Errno> {
    let peer = match (socket.family, to) {
        (_, SockAddr::Unspec) => None,
        (Family::Unix, SockAddr::Unix(name)) => {
            let found = call.kernel.names.local(call, name)?;
            let State::Messages { inbox, .. } = found.state() else { return Err(Errno::EPROTOTYPE) };
            Some(Peer::Mailbox(inbox))
        }
        // Everything goes to the kernel.
        (Family::Netlink, SockAddr::Netlink { .. }) => return Ok(()),
        (Family::Unix | Family::Netlink, _) => return Err(Errno::EINVAL),
        (family, to) => {
            let to = Endpoint::of(family, to)?;
            let to = Endpoint { ip: to.ip.or_loopback(), ..to };
            if !call.kernel.is_here(to.ip) && call.kernel.card.get().is_none() {
                return Err(Errno::ENETUNREACH);
            }
            socket.bind_for(call.kernel, to)?;
            let mut source = socket.source(to);
            if !call.kernel.is_here(to.ip) {
                source.ip = call.kernel.card.get().map_or(source.ip, |card| card.own());
            }
            socket.inner.lock().local = Some(source.told(family));
            Some(Peer::Endpoint(to))
        }
    };
    let mut inner = socket.inner.lock();
    inner.peer = peer.as_ref().map(|_| to.clone());
    if let State::Messages { peer: old, .. } = &mut inner.state {
        *old = peer;
    }
    Ok(())
}

/// Where a message goes.
enum To {
    /// To a socket's box; and the address it comes from.
    Box(Arc<Mailbox>, SockAddr),
    /// Over the card.
    Outside(Arc<super::Card>, Endpoint),
    /// Nobody reads there.
    Nobody,
}

impl Socket {
    pub(super) fn receive_letter(
        &self,
        call: &mut Call<'_>,
        open: &Open,
        bytes: &mut dyn Bytes,
        flags: u32,
        inbox: &Arc<Mailbox>,
    ) -> Result<Received, Stop> {
        let next = || if flags & MSG_PEEK != 0 { inbox.peek() } else { inbox.take(call.kernel) };
        let mut letter = next();
        if letter.is_none() {
            if inbox.is_closed() {
                return Ok(Received::default());
            }
            if open.is_nonblocking() || flags & MSG_DONTWAIT != 0 {
                return Err(Errno::EAGAIN.into());
            }
            self.queue.join(call.thread, Events::IN | Events::ERR | Events::HUP | Events::RDHUP);
            letter = next();
        }
        let Some(letter) = letter else { return Err(self.until(call, Wait::Read)) };
        let len = bytes.put(letter.bytes.get(..letter.bytes.len().min(bytes.left())).unwrap_or_default())?;
        Ok(Received { len, whole: letter.bytes.len(), from: letter.from, parcel: letter.parcel })
    }

    pub(super) fn send_letter(
        &self,
        call: &mut Call<'_>,
        open: &Open,
        sending: Sending<'_>,
        peer: Option<Peer>,
    ) -> Result<u64, Stop> {
        if self.family == Family::Netlink
            && let State::Messages { inbox, .. } = self.state()
        {
            return Ok(super::netlink::ask(call, self, &inbox, sending.bytes)?);
        }
        let len = sending.bytes.left();
        if len > if self.family == Family::Unix { LONGEST_LOCAL } else { LONGEST } {
            return Err(Errno::EMSGSIZE.into());
        }
        let (outbox, from) = match self.address_of(call, &sending.to, peer)? {
            To::Box(outbox, from) => (outbox, from),
            To::Outside(card, to) => {
                let mut bytes = alloc::vec![0; len];
                let got = sending.bytes.take(&mut bytes)?;
                let from = self.bind_for(call.kernel, to)?.port;
                card.send(call.kernel, from, to, bytes.get(..got).unwrap_or_default())?;
                return Ok(got as u64);
            }
            // Nobody is there. A connected socket hears of it afterwards, others never.
            To::Nobody => {
                if sending.to.is_none() {
                    self.inner.lock().error = Some(Errno::ECONNREFUSED);
                }
                return Ok(len as u64);
            }
        };
        let mut bytes = alloc::vec![0; len];
        let got = sending.bytes.take(&mut bytes)?;
        bytes.truncate(got);
        let parcel = match (self.family, sending.parcel) {
            (Family::Unix, None) => Some(Parcel { sender: sender(call), ..Parcel::default() }),
            (_, parcel) => parcel,
        };
        let is_waiting = !open.is_nonblocking() && sending.flags & MSG_DONTWAIT == 0;
        // A local socket without a name says nothing of where a message comes from, not even its family.
        let from = Some(from).filter(|from| *from != SockAddr::Unix(UnixName::Unnamed));
        let letter = Letter { bytes, from, parcel };
        match outbox.post(call.kernel, letter) {
            Posted::Yes => Ok(got as u64),
            // Internet datagrams that find no room are lost.
            Posted::Full(_) if self.family != Family::Unix => Ok(got as u64),
            Posted::Full(_) if !is_waiting => Err(Errno::EAGAIN.into()),
            Posted::Full(letter) => {
                outbox.room.join(call.thread, Events::ANY);
                if outbox.has_room()
                    && let Posted::Yes = outbox.post(call.kernel, letter)
                {
                    return Ok(got as u64);
                }
                Err(self.until(call, Wait::Write))
            }
            Posted::Closed if self.kind == Kind::Packet => {
                if sending.flags & ashore_pivot::layout::socket::MSG_NOSIGNAL == 0 {
                    let info = ashore_pivot::layout::siginfo::SigInfo::kernel(Signal::PIPE);
                    call.kernel.signal_thread(call.thread, info);
                }
                Err(Errno::EPIPE.into())
            }
            Posted::Closed => Err(Errno::ECONNREFUSED.into()),
        }
    }

    /// Where a message goes.
    fn address_of(&self, call: &Call<'_>, to: &Option<SockAddr>, peer: Option<Peer>) -> Result<To, Errno> {
        let endpoint = match (to, peer) {
            (None, Some(Peer::Mailbox(outbox))) => return Ok(To::Box(outbox, self.local())),
            (None, Some(Peer::Endpoint(endpoint))) => endpoint,
            (None, None) if self.family == Family::Unix => return Err(Errno::ENOTCONN),
            (None, None) => return Err(Errno::EDESTADDRREQ),
            (Some(_), _) if self.kind == Kind::Packet => return Err(Errno::EISCONN),
            (Some(SockAddr::Unix(name)), _) if self.family == Family::Unix => {
                let found = call.kernel.names.local(call, name)?;
                let State::Messages { inbox, .. } = found.state() else { return Err(Errno::EPROTOTYPE) };
                return Ok(To::Box(inbox, self.local()));
            }
            (Some(to), _) => {
                let to = Endpoint::of(self.family, to)?;
                Endpoint { ip: to.ip.or_loopback(), ..to }
            }
        };
        if !call.kernel.is_here(endpoint.ip) {
            let card = call.kernel.card.get().ok_or(Errno::ENETUNREACH)?;
            return Ok(To::Outside(card.clone(), endpoint));
        }
        self.bind_for(call.kernel, endpoint)?;
        let source = self.source(endpoint);
        let Some(found) = call.kernel.names.message_at(endpoint, source) else { return Ok(To::Nobody) };
        let State::Messages { inbox, .. } = found.state() else { return Ok(To::Nobody) };
        Ok(To::Box(inbox, source.told(found.family)))
    }
}

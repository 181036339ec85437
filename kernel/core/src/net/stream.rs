//! Sending and receiving over a connection of bytes.

use super::channel::{Channel, Look, Taken};
use super::mail::Parcel;
use super::options::Wait;
use super::socket::{Family, Kind, Link, Peer, Received, Sending, Socket, State};
use crate::call::{Call, Stop};
use crate::file::{Bytes, Events, Open};
use crate::kernel::Kernel;
use ashore_pivot::Errno;
use ashore_pivot::Signal;
use ashore_pivot::layout::siginfo::SigInfo;
use ashore_pivot::layout::socket::{MSG_DONTWAIT, MSG_NOSIGNAL, MSG_PEEK, MSG_WAITALL, SHUT_RD, SHUT_WR};

/// What a connection is ready for.
pub(crate) fn ready(link: &Link<Channel>) -> Events {
    let mut events = link.incoming.ready_to_read();
    if link.outgoing.has_room() {
        events = events | Events::OUT;
    }
    if link.outgoing.is_closed() && events.intersects(Events::RDHUP) {
        events = events | Events::HUP;
    }
    events
}

impl Socket {
    /// Receives what there is, or says what to wait for.
    pub(crate) fn receive(
        &self,
        call: &mut Call<'_>,
        open: &Open,
        bytes: &mut dyn Bytes,
        flags: u32,
    ) -> Result<Received, Stop> {
        if let Some(errno) = self.inner.lock().error.take() {
            return Err(errno.into());
        }
        let link = match self.state() {
            State::Stream(link) => link,
            State::Messages { inbox, .. } => return self.receive_letter(call, open, bytes, flags, &inbox),
            State::Fresh | State::Pending | State::Listening(_) | State::Closed => {
                return Err(Errno::ENOTCONN.into());
            }
        };
        let look = if flags & MSG_PEEK != 0 { Look::Peek } else { Look::Take };
        let is_waiting = !open.is_nonblocking() && flags & MSG_DONTWAIT == 0;
        let done = call.progress.done as usize;
        let mut taken = link.incoming.take(call.kernel, bytes, look)?;
        if matches!(taken, Taken::Nothing) && is_waiting {
            self.queue.join(call.thread, Events::IN | Events::ERR | Events::HUP | Events::RDHUP);
            taken = link.incoming.take(call.kernel, bytes, look)?;
        }
        match taken {
            Taken::Bytes(len, parcel) => {
                let is_all = flags & MSG_WAITALL != 0 && look == Look::Take && is_waiting;
                if is_all && len > 0 && bytes.left() > 0 && parcel.is_none() {
                    call.progress.done += len as u64;
                    self.queue.join(call.thread, Events::IN | Events::ERR | Events::HUP | Events::RDHUP);
                    return if call.why == crate::call::Why::Signal {
                        Ok(Received { len: done + len, whole: done + len, from: None, parcel })
                    } else {
                        Err(self.until(call, Wait::Read))
                    };
                }
                Ok(Received { len: done + len, whole: done + len, from: None, parcel })
            }
            Taken::Nothing if done > 0 && call.why == crate::call::Why::Signal => {
                Ok(Received { len: done, whole: done, ..Received::default() })
            }
            Taken::Nothing if is_waiting => Err(self.until(call, Wait::Read)),
            Taken::Nothing => Err(Errno::EAGAIN.into()),
        }
    }

    /// Sends as much as there is room for, or says what to wait for. All of it is sent unless the socket does not wait.
    pub(crate) fn send(&self, call: &mut Call<'_>, open: &Open, mut sending: Sending<'_>) -> Result<u64, Stop> {
        if let Some(errno) = self.inner.lock().error.take() {
            return Err(errno.into());
        }
        let link = match self.state() {
            State::Stream(link) => link,
            State::Messages { peer, .. } => return self.send_letter(call, open, sending, peer),
            State::Fresh | State::Listening(_) if self.family != Family::Unix => {
                return Err(self.broken(call, &sending, Errno::EPIPE));
            }
            State::Pending if open.is_nonblocking() => return Err(Errno::EAGAIN.into()),
            State::Fresh | State::Pending | State::Listening(_) | State::Closed => {
                return Err(Errno::ENOTCONN.into());
            }
        };
        let is_waiting = !open.is_nonblocking() && sending.flags & MSG_DONTWAIT == 0;
        loop {
            match link.outgoing.put(call.kernel, sending.bytes, &mut sending.parcel) {
                Ok(Some(len)) => {
                    call.progress.done += len as u64;
                    if sending.bytes.left() == 0 || !is_waiting {
                        return Ok(call.progress.done);
                    }
                }
                Ok(None) if !is_waiting => {
                    return if call.progress.done > 0 { Ok(call.progress.done) } else { Err(Errno::EAGAIN.into()) };
                }
                Ok(None) => {
                    if call.why == crate::call::Why::Signal && call.progress.done > 0 {
                        return Ok(call.progress.done);
                    }
                    self.queue.join(call.thread, Events::OUT | Events::ERR | Events::HUP);
                    if link.outgoing.has_room() {
                        continue;
                    }
                    return Err(self.until(call, Wait::Write));
                }
                Err(_) if call.progress.done > 0 => return Ok(call.progress.done),
                Err(Errno::EPIPE) => return Err(self.broken(call, &sending, Errno::EPIPE)),
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    /// Nobody reads: the error, and the signal unless the caller wants none.
    fn broken(&self, call: &Call<'_>, sending: &Sending<'_>, errno: Errno) -> Stop {
        if sending.flags & MSG_NOSIGNAL == 0 {
            call.kernel.signal_thread(call.thread, SigInfo::kernel(Signal::PIPE));
        }
        errno.into()
    }

    /// What comes along with bytes of a local stream that carried nothing: who its other end is, for those who asked.
    pub(crate) fn sender_of(&self, len: usize) -> Option<Parcel> {
        let is_asked = len > 0 && self.options.lock().passes_sender;
        let is_stream = || matches!(self.state(), State::Stream(_));
        (is_asked && self.family == Family::Unix && is_stream())
            .then(|| Parcel { sender: self.inner.lock().peer_sender, ..Parcel::default() })
    }

    /// Whether its connection ends with an error for the other end, as those ask who linger for no time.
    pub(super) fn is_abrupt(&self) -> bool {
        let linger = self.options.lock().linger;
        self.family != Family::Unix && linger.onoff != 0 && linger.linger == 0
    }

    /// `shutdown`: ends one direction or both.
    pub(crate) fn shut(&self, kernel: &Kernel, how: u32) -> Result<(), Errno> {
        let (stops_reading, stops_writing) = (how != SHUT_WR, how != SHUT_RD);
        match self.state() {
            State::Stream(link) => {
                if stops_reading {
                    link.incoming.end(kernel);
                }
                if stops_writing {
                    link.outgoing.end(kernel);
                }
                Ok(())
            }
            State::Messages { inbox, peer } => {
                if peer.is_none() {
                    return Err(Errno::ENOTCONN);
                }
                if stops_reading {
                    inbox.close(kernel);
                }
                if let Some(Peer::Mailbox(peer)) = peer
                    && stops_writing
                    && self.kind == Kind::Packet
                {
                    peer.close(kernel);
                }
                Ok(())
            }
            // A listener is closed so by some; whoever waits in `accept` hears of it.
            State::Listening(listener) => {
                if stops_reading {
                    listener.close(kernel);
                }
                Ok(())
            }
            State::Fresh | State::Pending | State::Closed => Err(Errno::ENOTCONN),
        }
    }
}

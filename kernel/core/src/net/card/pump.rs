//! Bytes between one of the stack's sockets and the channels of a program's.

use super::super::channel::{Channel, Look, Taken};
use super::super::socket::{Link, Socket, State};
use crate::file::{Bytes, Events};
use crate::kernel::Kernel;
use alloc::sync::Weak;
use ashore_pivot::Errno;
use smoltcp::iface::SocketHandle;
use smoltcp::socket::tcp;

/// One connection.
pub(super) struct Pump {
    pub(super) handle: SocketHandle,
    /// The card's end: what the program sends comes in here.
    pub(super) link: Link<Channel>,
    /// Who waits for the connection to be made, and its end of it.
    pub(super) opening: Option<(Weak<Socket>, Link<Channel>)>,
    /// The other side has said that it sends no more.
    pub(super) has_ended: bool,
}

/// What a pump did.
pub(super) struct Done {
    pub(super) moved: bool,
    pub(super) is_over: bool,
}

impl Pump {
    pub(super) fn run(&mut self, kernel: &Kernel, tcp: &mut tcp::Socket<'static>) -> Done {
        if self.opening.is_some() {
            return self.open(kernel, tcp);
        }
        let mut moved = false;
        while tcp.can_recv() {
            if self.link.outgoing.is_refused() {
                // The program reads no more.
                tcp.abort();
                break;
            }
            match self.link.outgoing.put(kernel, &mut From(tcp), &mut None) {
                Ok(Some(len)) if len > 0 => moved = true,
                _ => break,
            }
        }
        while tcp.can_send() && self.link.incoming.len() > 0 {
            match self.link.incoming.take(kernel, &mut To(tcp), Look::Take) {
                Ok(Taken::Bytes(len, _)) if len > 0 => moved = true,
                _ => break,
            }
        }
        if !self.has_ended && !tcp.may_recv() && !tcp.can_recv() && tcp.state() != tcp::State::Closed {
            self.has_ended = true;
            self.link.outgoing.end(kernel);
        }
        let is_done = self.link.incoming.len() == 0 && self.link.incoming.is_closed();
        if is_done && tcp.may_send() {
            tcp.close();
            moved = true;
        }
        if tcp.state() != tcp::State::Closed {
            return Done { moved, is_over: false };
        }
        if !self.has_ended {
            self.link.outgoing.fail(kernel, Errno::ECONNRESET);
        }
        self.link.incoming.refuse(kernel);
        Done { moved, is_over: true }
    }

    /// Looks whether the connection is made.
    fn open(&mut self, kernel: &Kernel, tcp: &tcp::Socket<'static>) -> Done {
        let state = tcp.state();
        if state == tcp::State::SynSent {
            return Done { moved: false, is_over: false };
        }
        let Some((socket, near)) = self.opening.take() else { return Done { moved: false, is_over: true } };
        let is_made = state != tcp::State::Closed;
        let Some(socket) = socket.upgrade() else { return Done { moved: false, is_over: true } };
        {
            let mut inner = socket.inner.lock();
            if is_made {
                inner.state = State::Stream(near);
            } else {
                inner.state = State::Fresh;
                inner.error = Some(Errno::ECONNREFUSED);
            }
        }
        socket.queue.wake(kernel, Events::OUT | Events::IN | Events::ERR | Events::HUP);
        Done { moved: is_made, is_over: !is_made }
    }
}

/// What the stack received.
struct From<'a>(&'a mut tcp::Socket<'static>);

impl Bytes for From<'_> {
    fn left(&self) -> usize {
        self.0.recv_queue()
    }

    fn put(&mut self, _bytes: &[u8]) -> Result<usize, Errno> {
        Ok(0)
    }

    fn take(&mut self, into: &mut [u8]) -> Result<usize, Errno> {
        self.0.recv_slice(into).map_err(|_| Errno::ECONNRESET)
    }
}

/// What the stack is to send.
struct To<'a>(&'a mut tcp::Socket<'static>);

impl Bytes for To<'_> {
    fn left(&self) -> usize {
        self.0.send_capacity() - self.0.send_queue()
    }

    fn put(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        self.0.send_slice(bytes).map_err(|_| Errno::EPIPE)
    }

    fn take(&mut self, _into: &mut [u8]) -> Result<usize, Errno> {
        Ok(0)
    }
}

//! One direction of a connection: bytes in a queue.

use super::mail::Parcel;
use crate::file::{Bytes, Events};
use crate::kernel::Kernel;
use crate::lock::Lock;
use crate::wait::WaitQueue;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use ashore_pivot::Errno;

/// How many bytes wait at most: what Linux gives a local connection.
pub(crate) const ROOM: usize = 212_992;
/// Bytes are moved between memories in pieces of this length.
const PIECE: usize = 4096;

/// One direction.
pub(crate) struct Channel {
    inner: Lock<Inner>,
    /// Who hears of bytes that came.
    pub(crate) reader: Arc<WaitQueue>,
    /// Who hears of room that came.
    pub(crate) writer: Arc<WaitQueue>,
}

#[derive(Default)]
struct Inner {
    bytes: VecDeque<u8>,
    /// How many bytes were taken out ever.
    taken: u64,
    /// What was sent along, with the count of bytes before it.
    parcels: VecDeque<(u64, Parcel)>,
    /// The writer sends no more.
    is_ended: bool,
    /// The reader takes no more.
    is_refused: bool,
    /// The connection broke: the next read fails so, once.
    error: Option<Errno>,
}

/// What a read found.
pub(crate) enum Taken {
    /// So many bytes, and what was sent along.
    Bytes(usize, Option<Parcel>),
    /// Nothing is there yet.
    Nothing,
}

/// Whether a read takes what it reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Look {
    /// It does.
    Take,
    /// It only looks.
    Peek,
}

impl Channel {
    pub(crate) fn new(reader: &Arc<WaitQueue>, writer: &Arc<WaitQueue>) -> Arc<Channel> {
        Arc::new(Channel { inner: Lock::default(), reader: reader.clone(), writer: writer.clone() })
    }

    /// Puts bytes in as long as there is room; how many. `None` when there was no room.
    pub(crate) fn put(
        &self,
        kernel: &Kernel,
        from: &mut dyn Bytes,
        parcel: &mut Option<Parcel>,
    ) -> Result<Option<usize>, Errno> {
        let mut done = 0;
        while from.left() > 0 {
            let room = {
                let inner = self.inner.lock();
                if inner.is_refused || inner.is_ended {
                    return if done > 0 { Ok(Some(done)) } else { Err(Errno::EPIPE) };
                }
                ROOM.saturating_sub(inner.bytes.len())
            };
            // Memory is read without the lock: it may have to be fetched.
            let mut piece = [0; PIECE];
            let len = room.min(from.left()).min(PIECE);
            if len == 0 {
                break;
            }
            let got = match from.take(piece.get_mut(..len).unwrap_or_default()) {
                Ok(got) => got,
                Err(_) if done > 0 => break,
                Err(errno) => return Err(errno),
            };
            let mut inner = self.inner.lock();
            if let Some(parcel) = parcel.take() {
                let at = inner.taken + inner.bytes.len() as u64;
                inner.parcels.push_back((at, parcel));
            }
            inner.bytes.extend(piece.get(..got).unwrap_or_default());
            done += got;
            if got < len {
                break;
            }
        }
        if done == 0 && from.left() > 0 {
            return Ok(None);
        }
        self.reader.wake(kernel, Events::IN);
        Ok(Some(done))
    }

    /// Takes bytes out, up to the next parcel.
    pub(crate) fn take(&self, kernel: &Kernel, into: &mut dyn Bytes, look: Look) -> Result<Taken, Errno> {
        let mut done = 0;
        let mut parcel = None;
        let was_full = self.inner.lock().bytes.len() >= ROOM / 2;
        loop {
            let mut piece = [0; PIECE];
            let (len, found) = {
                let mut inner = self.inner.lock();
                // What came before the connection broke is still read.
                if done == 0
                    && inner.bytes.is_empty()
                    && let Some(errno) = inner.error.take()
                {
                    return Err(errno);
                }
                if inner.bytes.is_empty() && done == 0 && !inner.is_ended && !inner.is_refused {
                    return Ok(Taken::Nothing);
                }
                inner.copy(done, &mut piece, into.left(), look, parcel.is_some())
            };
            parcel = parcel.or(found);
            if len == 0 {
                break;
            }
            let put = into.put(piece.get(..len).unwrap_or_default());
            let put = match put {
                Ok(put) => put,
                Err(_) if done > 0 => break,
                Err(errno) => return Err(errno),
            };
            if look == Look::Take {
                self.inner.lock().drop_front(put);
            }
            done += put;
            if put < len || into.left() == 0 {
                break;
            }
        }
        if was_full && look == Look::Take {
            self.writer.wake(kernel, Events::OUT);
        }
        Ok(Taken::Bytes(done, parcel))
    }

    /// The writer sends no more.
    pub(crate) fn end(&self, kernel: &Kernel) {
        self.inner.lock().is_ended = true;
        self.reader.wake(kernel, Events::IN | Events::RDHUP | Events::HUP);
    }

    /// The reader takes no more. Whether it left bytes behind.
    pub(crate) fn refuse(&self, kernel: &Kernel) -> Leftover {
        let mut inner = self.inner.lock();
        inner.is_refused = true;
        let leftover = if inner.bytes.is_empty() { Leftover::None } else { Leftover::Some };
        let bytes = core::mem::take(&mut inner.bytes);
        let parcels = core::mem::take(&mut inner.parcels);
        drop(inner);
        drop(bytes);
        parcels.into_iter().for_each(|(_, parcel)| parcel.discard(kernel));
        self.writer.wake(kernel, Events::OUT | Events::ERR | Events::HUP);
        leftover
    }

    /// The connection broke: the reader's next read fails so.
    pub(crate) fn fail(&self, kernel: &Kernel, errno: Errno) {
        let mut inner = self.inner.lock();
        inner.error = Some(errno);
        inner.is_ended = true;
        drop(inner);
        self.reader.wake(kernel, Events::IN | Events::ERR | Events::HUP);
    }

    /// The error the next read would fail with, taken away.
    pub(crate) fn take_error(&self) -> Option<Errno> {
        self.inner.lock().error.take()
    }

    /// What the reader's side is ready for.
    pub(crate) fn ready_to_read(&self) -> Events {
        let inner = self.inner.lock();
        let mut events = Events::default();
        if !inner.bytes.is_empty() || inner.is_ended || inner.is_refused || inner.error.is_some() {
            events = events | Events::IN;
        }
        if inner.is_ended {
            events = events | Events::RDHUP;
        }
        if inner.error.is_some() {
            events = events | Events::ERR;
        }
        events
    }

    /// Whether a write would go on: there is room, or it fails at once.
    pub(crate) fn has_room(&self) -> bool {
        let inner = self.inner.lock();
        inner.is_refused || inner.is_ended || inner.bytes.len() < ROOM / 2
    }

    /// Whether nothing goes through any more.
    pub(crate) fn is_closed(&self) -> bool {
        let inner = self.inner.lock();
        inner.is_ended || inner.is_refused
    }

    /// Whether the reader is gone.
    pub(crate) fn is_refused(&self) -> bool {
        self.inner.lock().is_refused
    }

    /// How many bytes wait.
    pub(crate) fn len(&self) -> usize {
        self.inner.lock().bytes.len()
    }
}

/// Whether bytes were left unread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Leftover {
    Some,
    None,
}

impl Inner {
    /// Copies what may be read now, from `skipped` bytes on: up to the next parcel, whose bytes are not read together
    /// with those before it.
    fn copy(
        &mut self,
        skipped: usize,
        piece: &mut [u8],
        most: usize,
        look: Look,
        has_parcel: bool,
    ) -> (usize, Option<Parcel>) {
        let from = if look == Look::Peek { skipped } else { 0 };
        let mut parcel = None;
        let here = self.taken;
        if let Some((at, _)) = self.parcels.front()
            && *at == here
        {
            // With bytes read already, what comes along belongs to the next read.
            if skipped > 0 || has_parcel {
                return (0, None);
            }
            if look == Look::Take {
                parcel = self.parcels.pop_front().map(|(_, parcel)| parcel);
            }
        }
        let until = self.parcels.iter().map(|(at, _)| (*at - here) as usize).find(|at| *at > 0).unwrap_or(usize::MAX);
        let len = piece.len().min(most).min(until.saturating_sub(from)).min(self.bytes.len().saturating_sub(from));
        let (first, second) = self.bytes.as_slices();
        let of_first = first.get(from..).unwrap_or_default();
        let of_second = second.get(from.saturating_sub(first.len())..).unwrap_or_default();
        let here = of_first.len().min(len);
        for (to, bytes) in [(0..here, of_first), (here..len, of_second)] {
            if let (Some(to), Some(bytes)) = (piece.get_mut(to.clone()), bytes.get(..to.len())) {
                to.copy_from_slice(bytes);
            }
        }
        (len, parcel)
    }

    fn drop_front(&mut self, len: usize) {
        let len = len.min(self.bytes.len());
        self.bytes.drain(..len);
        self.taken += len as u64;
    }
}

//! Datagrams that wait, and what is sent along with bytes.

use crate::file::Open;
use crate::kernel::Kernel;
use crate::lock::Lock;
use crate::wait::WaitQueue;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_pivot::layout::sockaddr::SockAddr;
use ashore_pivot::layout::socket::Ucred;

/// What is sent along: open files, and who sends.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parcel {
    pub(crate) files: Vec<Arc<Open>>,
    pub(crate) sender: Ucred,
    /// The sender said itself who it is.
    pub(crate) is_named: bool,
}

impl Parcel {
    /// Nobody took it: the files in it are closed.
    pub(crate) fn discard(self, kernel: &Kernel) {
        self.files.into_iter().for_each(|open| kernel.close(open));
    }
}

/// A datagram.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    pub(crate) bytes: Vec<u8>,
    pub(crate) from: Option<SockAddr>,
    pub(crate) parcel: Option<Parcel>,
}

/// How many bytes of datagrams wait at most.
const ROOM: usize = 212_992;
/// What each datagram counts beside its bytes.
const OVERHEAD: usize = 256;

/// Datagrams that wait for a socket.
pub(crate) struct Mailbox {
    letters: Lock<Letters>,
    /// Who hears of them.
    pub(crate) reader: Arc<WaitQueue>,
    /// Who waits for room.
    pub(crate) room: WaitQueue,
}

#[derive(Default)]
struct Letters {
    queue: VecDeque<Letter>,
    len: usize,
    is_closed: bool,
}

/// What became of a datagram.
pub(crate) enum Posted {
    /// It waits.
    Yes,
    /// There is no room; here it is back.
    Full(Letter),
    /// Nobody reads it any more.
    Closed,
}

impl Mailbox {
    pub(crate) fn new(reader: &Arc<WaitQueue>) -> Arc<Mailbox> {
        Arc::new(Mailbox { letters: Lock::default(), reader: reader.clone(), room: WaitQueue::new() })
    }

    pub(crate) fn post(&self, kernel: &Kernel, letter: Letter) -> Posted {
        let mut letters = self.letters.lock();
        if letters.is_closed {
            return Posted::Closed;
        }
        let len = letter.bytes.len() + OVERHEAD;
        if letters.len > 0 && letters.len + len > ROOM {
            return Posted::Full(letter);
        }
        letters.len += len;
        letters.queue.push_back(letter);
        drop(letters);
        self.reader.wake(kernel, crate::file::Events::IN);
        Posted::Yes
    }

    pub(crate) fn take(&self, kernel: &Kernel) -> Option<Letter> {
        let mut letters = self.letters.lock();
        let letter = letters.queue.pop_front()?;
        letters.len -= letter.bytes.len() + OVERHEAD;
        drop(letters);
        self.room.wake(kernel, crate::file::Events::OUT);
        Some(letter)
    }

    /// The next one, which stays. What comes along stays in the box.
    pub(crate) fn peek(&self) -> Option<Letter> {
        let letters = self.letters.lock();
        letters.queue.front().map(|letter| Letter { parcel: None, ..letter.clone() })
    }

    pub(crate) fn has_letters(&self) -> bool {
        !self.letters.lock().queue.is_empty()
    }

    /// The length of the next one.
    pub(crate) fn next_len(&self) -> usize {
        self.letters.lock().queue.front().map_or(0, |letter| letter.bytes.len())
    }

    pub(crate) fn has_room(&self) -> bool {
        let letters = self.letters.lock();
        letters.is_closed || letters.len < ROOM / 2
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.letters.lock().is_closed
    }

    /// Nobody writes any more (`shutdown`, or the other end of a pair closed), or nobody reads.
    pub(crate) fn close(&self, kernel: &Kernel) {
        let mut letters = self.letters.lock();
        letters.is_closed = true;
        drop(letters);
        self.reader.wake(kernel, crate::file::Events::ANY);
        self.room.wake(kernel, crate::file::Events::ANY);
    }

    /// Throws away what waits.
    pub(crate) fn empty(&self, kernel: &Kernel) {
        let queue = core::mem::take(&mut self.letters.lock().queue);
        queue.into_iter().filter_map(|letter| letter.parcel).for_each(|parcel| parcel.discard(kernel));
    }
}

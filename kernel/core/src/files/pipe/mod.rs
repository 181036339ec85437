//! Pipes, with a name and without.

mod ring;
#[cfg(test)]
mod tests;

pub use ring::Ring;

use super::node::{Attributes, Kind, New, Node};
use crate::call::{Call, Stop, WAIT};
use crate::file::{At, Bytes, Events, File, O_ACCMODE, O_NONBLOCK, Open, OwnBytes, Status};
use crate::kernel::Kernel;
use crate::lock::Lock;
use crate::wait::WaitQueue;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::layout::ioctl::FIONREAD;
use ashore_pivot::layout::siginfo::SigInfo;
use ashore_pivot::layout::statfs::PIPEFS_MAGIC;
use ashore_pivot::{Errno, Signal};
use core::any::Any;
use core::sync::atomic::{AtomicBool, Ordering};

/// What a pipe holds.
const SIZE: usize = 64 << 10;
/// Writes up to this length are whole (`PIPE_BUF`).
const WHOLE: usize = 4096;
/// The most that `F_SETPIPE_SZ` sets.
const MOST: usize = 1 << 20;

/// What both ends of a pipe share.
#[derive(Debug)]
pub struct Pipe {
    inner: Lock<Inner>,
    queue: WaitQueue,
}

#[derive(Debug)]
struct Inner {
    ring: Ring,
    readers: u32,
    writers: u32,
    /// How many readers and writers there have ever been: who waits for one sees that it came, even if it has gone.
    readers_so_far: u64,
    writers_so_far: u64,
}

/// Which end somebody has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Side {
    Read,
    Write,
    Both,
}

impl Side {
    const fn of(flags: u32) -> Side {
        match flags & O_ACCMODE {
            0 => Side::Read,
            1 => Side::Write,
            _ => Side::Both,
        }
    }

    const fn reads(self) -> bool {
        matches!(self, Side::Read | Side::Both)
    }

    const fn writes(self) -> bool {
        matches!(self, Side::Write | Side::Both)
    }
}

/// An end of a pipe, open.
#[derive(Debug)]
pub struct End {
    pipe: Arc<Pipe>,
    side: Side,
    is_open: AtomicBool,
}

impl Default for Pipe {
    fn default() -> Self {
        let ring = Ring::new(SIZE);
        let inner = Inner { ring, readers: 0, writers: 0, readers_so_far: 0, writers_so_far: 0 };
        Pipe { inner: Lock::new(inner), queue: WaitQueue::new() }
    }
}

impl Pipe {
    fn end(self: &Arc<Pipe>, side: Side) -> Arc<End> {
        let mut inner = self.inner.lock();
        if side.reads() {
            inner.readers += 1;
            inner.readers_so_far += 1;
        }
        if side.writes() {
            inner.writers += 1;
            inner.writers_so_far += 1;
        }
        drop(inner);
        Arc::new(End { pipe: self.clone(), side, is_open: AtomicBool::new(true) })
    }

    /// Opens a pipe with a name, and waits for the other end unless the flags say otherwise.
    pub fn open_named(self: &Arc<Pipe>, call: &mut Call<'_>, flags: u32) -> Result<Arc<dyn File>, Stop> {
        let side = Side::of(flags);
        // What the call held while it waited: the end itself, and how many others there had been.
        let kept = call.progress.extra.take().and_then(|kept| kept.downcast::<(Arc<End>, u64)>().ok());
        let (end, before) = match kept {
            Some(kept) => *kept,
            None => {
                let before = self.others(side).1;
                if side == Side::Write && flags & O_NONBLOCK != 0 && self.others(side).0 == 0 {
                    return Err(Errno::ENXIO.into());
                }
                let end = self.end(side);
                self.queue.wake(call.kernel, Events::ANY);
                (end, before)
            }
        };
        self.queue.join(call.thread, Events::ANY);
        let (now, so_far) = self.others(side);
        if side == Side::Both || now > 0 || so_far > before || flags & O_NONBLOCK != 0 {
            return Ok(end);
        }
        call.progress.extra = Some(alloc::boxed::Box::new((end, before)));
        Err(WAIT)
    }

    /// How many have the other end now, and ever had.
    fn others(&self, side: Side) -> (u32, u64) {
        let inner = self.inner.lock();
        if side.reads() { (inner.writers, inner.writers_so_far) } else { (inner.readers, inner.readers_so_far) }
    }
}

/// Makes a pipe: the end to read and the end to write.
pub fn pipe(call: &Call<'_>, flags: u32) -> (Arc<Open>, Arc<Open>) {
    let visitor = call.visitor();
    let inode = call.kernel.tree.new_inode();
    let new = New { mode: 0o600, user: visitor.user, group: visitor.group, ..New::directory(0) };
    let node =
        Arc::new(PipeNode { pipe: Arc::default(), inode, attributes: Attributes::new(&new, call.kernel.wall()) });
    let open = |side, access| {
        let spot = super::Spot { node: node.clone(), dir: None, name: node.name() };
        Open::at(node.pipe.end(side), access | flags, spot)
    };
    (open(Side::Read, 0), open(Side::Write, 1))
}

/// A pipe without a name, as a file with attributes. `/proc/self/fd` opens it anew.
#[derive(Debug)]
struct PipeNode {
    pipe: Arc<Pipe>,
    inode: u64,
    attributes: Attributes,
}

/// The device of files without a place in the tree.
pub const NOWHERE: u64 = 0xe;

impl PipeNode {
    fn name(&self) -> Vec<u8> {
        alloc::format!("pipe:[{}]", self.inode).into_bytes()
    }
}

impl Node for PipeNode {
    fn status(&self) -> Status {
        Status { device: NOWHERE, inode: self.inode, ..self.attributes.status(Kind::Fifo) }
    }

    fn kind(&self) -> Kind {
        Kind::Fifo
    }

    fn attributes(&self) -> Option<&Attributes> {
        Some(&self.attributes)
    }

    /// Waits for nobody: the other end was there, and what it left behind is still to be read.
    fn open(self: Arc<Self>, call: &mut Call<'_>, flags: u32) -> Result<Arc<dyn File>, Stop> {
        let end = self.pipe.end(Side::of(flags));
        self.pipe.queue.wake(call.kernel, Events::ANY);
        Ok(end)
    }

    fn filesystem(&self) -> i64 {
        PIPEFS_MAGIC
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl End {
    /// Gives the end up, once.
    fn shut(&self) {
        if !self.is_open.swap(false, Ordering::AcqRel) {
            return;
        }
        let mut inner = self.pipe.inner.lock();
        inner.readers -= u32::from(self.side.reads());
        inner.writers -= u32::from(self.side.writes());
        if inner.readers + inner.writers == 0 {
            let most = inner.ring.most();
            inner.ring = Ring::new(most);
        }
    }

    /// What the pipe holds at most.
    pub fn size(&self) -> usize {
        self.pipe.inner.lock().ring.most()
    }

    /// Sets that.
    pub fn set_size(&self, size: usize) -> Result<usize, Errno> {
        if size > MOST {
            return Err(Errno::EPERM);
        }
        let size = size.max(WHOLE).next_power_of_two();
        let mut inner = self.pipe.inner.lock();
        if inner.ring.len() > size {
            return Err(Errno::EBUSY);
        }
        inner.ring.set_most(size);
        Ok(size)
    }
}

/// What `splice` and its like do with an end.
impl End {
    /// The end that an open file is.
    pub fn of(open: &Open) -> Option<&End> {
        open.file.as_any().downcast_ref()
    }

    /// Whether another end is of the same pipe.
    pub fn is_same_pipe(&self, other: &End) -> bool {
        Arc::ptr_eq(&self.pipe, &other.pipe)
    }

    /// Whether there are bytes; `false` at the end. Waits for them unless in haste.
    pub fn await_bytes(&self, call: &Call<'_>, is_impatient: bool) -> Result<bool, Stop> {
        let inner = self.pipe.inner.lock();
        match () {
            () if !inner.ring.is_empty() => Ok(true),
            () if inner.writers == 0 => Ok(false),
            () if is_impatient => Err(Errno::EAGAIN.into()),
            () => {
                self.pipe.queue.join(call.thread, Events::IN | Events::HUP);
                Err(WAIT)
            }
        }
    }

    /// How much room there is. Waits for some unless in haste.
    pub fn await_room(&self, call: &Call<'_>, is_impatient: bool) -> Result<usize, Stop> {
        let inner = self.pipe.inner.lock();
        if inner.readers == 0 {
            drop(inner);
            call.kernel.signal_thread(call.thread, SigInfo::kernel(Signal::PIPE));
            return Err(Errno::EPIPE.into());
        }
        match inner.ring.room() {
            0 if is_impatient => Err(Errno::EAGAIN.into()),
            0 => {
                self.pipe.queue.join(call.thread, Events::OUT | Events::ERR);
                Err(WAIT)
            }
            room => Ok(room),
        }
    }

    /// Takes bytes out.
    pub fn take(&self, kernel: &Kernel, most: usize) -> Result<Vec<u8>, Errno> {
        let mut bytes = Vec::new();
        self.pipe.inner.lock().ring.drain(&mut OwnBytes::Into(&mut bytes, most), most)?;
        self.pipe.queue.wake(kernel, Events::OUT);
        Ok(bytes)
    }

    /// The first bytes, which stay.
    pub fn peek(&self, most: usize) -> Result<Vec<u8>, Errno> {
        let mut bytes = Vec::new();
        self.pipe.inner.lock().ring.peek(&mut OwnBytes::Into(&mut bytes, most))?;
        Ok(bytes)
    }

    /// Puts bytes back that were taken.
    pub fn put_back(&self, kernel: &Kernel, bytes: &[u8]) -> Result<(), Errno> {
        if !bytes.is_empty() {
            self.pipe.inner.lock().ring.put_back(bytes)?;
            self.pipe.queue.wake(kernel, Events::IN);
        }
        Ok(())
    }

    /// Puts bytes in for which there was room, even if others have filled it meanwhile.
    pub fn give(&self, kernel: &Kernel, bytes: &[u8]) -> Result<(), Errno> {
        self.pipe.inner.lock().ring.add(bytes)?;
        self.pipe.queue.wake(kernel, Events::IN);
        Ok(())
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.shut();
    }
}

impl File for End {
    fn read(&self, call: &mut Call<'_>, open: &Open, bytes: &mut dyn Bytes, _at: At) -> Result<u64, Stop> {
        if bytes.left() == 0 {
            return Ok(0);
        }
        let (count, had_room) = {
            let mut inner = self.pipe.inner.lock();
            if inner.ring.is_empty() {
                if inner.writers == 0 {
                    return Ok(0);
                }
                if open.is_nonblocking() {
                    return Err(Errno::EAGAIN.into());
                }
                self.pipe.queue.join(call.thread, Events::IN | Events::HUP);
                return Err(WAIT);
            }
            let had_room = inner.ring.room() >= WHOLE;
            (inner.ring.drain(bytes, usize::MAX)?, had_room)
        };
        if !had_room {
            self.pipe.queue.wake(call.kernel, Events::OUT);
        }
        Ok(count as u64)
    }

    fn write(&self, call: &mut Call<'_>, open: &Open, bytes: &mut dyn Bytes, _at: At) -> Result<u64, Stop> {
        let wanted = bytes.left();
        if wanted == 0 {
            return Ok(0);
        }
        let count = {
            let mut inner = self.pipe.inner.lock();
            if inner.readers == 0 {
                drop(inner);
                call.kernel.signal_thread(call.thread, SigInfo::kernel(Signal::PIPE));
                return Err(Errno::EPIPE.into());
            }
            let room = inner.ring.room();
            if room == 0 || wanted <= WHOLE && room < wanted {
                if open.is_nonblocking() {
                    return Err(Errno::EAGAIN.into());
                }
                self.pipe.queue.join(call.thread, Events::OUT | Events::ERR);
                return Err(WAIT);
            }
            inner.ring.fill(bytes, room)?
        };
        self.pipe.queue.wake(call.kernel, Events::IN);
        Ok(count as u64)
    }

    fn ready(&self) -> Events {
        let inner = self.pipe.inner.lock();
        let mut events = Events::default();
        if self.side.reads() {
            if !inner.ring.is_empty() {
                events = events | Events::IN;
            }
            if inner.writers == 0 && inner.writers_so_far > 0 {
                events = events | Events::HUP;
            }
        }
        if self.side.writes() {
            if inner.ring.room() >= WHOLE {
                events = events | Events::OUT;
            }
            if inner.readers == 0 {
                events = events | Events::ERR;
            }
        }
        events
    }

    fn queue(&self) -> Option<&WaitQueue> {
        Some(&self.pipe.queue)
    }

    fn stat(&self, _call: &Call<'_>) -> Result<Status, Errno> {
        Ok(Status { mode: Kind::Fifo.bits() | 0o600, links: 1, ..Status::default() })
    }

    fn control(&self, call: &mut Call<'_>, _open: &Open, request: u32, arg: u64) -> Result<u64, Stop> {
        if request != FIONREAD {
            return Err(Errno::ENOTTY.into());
        }
        let count = self.pipe.inner.lock().ring.len() as u32;
        call.write(Addr(arg), &count)?;
        Ok(0)
    }

    fn closed(&self, kernel: &Kernel, _open: &Open) {
        self.shut();
        self.pipe.queue.wake(kernel, Events::ANY);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

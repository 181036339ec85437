//! What a program has open.

use crate::call::{Call, Stop};
use crate::files::{Node, Spot, Visitor};
use crate::lock::Lock;
use crate::machine::Frame;
use crate::memory::{Pages, Physical};
use crate::wait::WaitQueue;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_pivot::Errno;
use core::any::Any;
use core::ops::BitOr;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// What a file is ready for, in the numbers of `poll`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Events(pub u32);

impl Events {
    /// Bytes to read, or a connection to accept.
    pub const IN: Events = Events(0x1);
    /// Urgent bytes.
    pub const PRI: Events = Events(0x2);
    /// Room to write.
    pub const OUT: Events = Events(0x4);
    /// An error.
    pub const ERR: Events = Events(0x8);
    /// The other end is closed.
    pub const HUP: Events = Events(0x10);
    /// The other end will write no more.
    pub const RDHUP: Events = Events(0x2000);
    /// Any of them.
    pub const ANY: Events = Events(u32::MAX);

    /// Whether one of them is in both.
    pub const fn intersects(self, other: Events) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for Events {
    type Output = Events;
    fn bitor(self, other: Events) -> Events {
        Events(self.0 | other.0)
    }
}

/// Where in a file to read or write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum At {
    /// At the offset of the open file, which moves on.
    Here,
    /// At a place of the caller's; the offset stays.
    Place(u64),
}

impl At {
    /// So many bytes further.
    #[must_use]
    pub const fn plus(self, count: u64) -> At {
        match self {
            At::Here => At::Here,
            At::Place(at) => At::Place(at.saturating_add(count)),
        }
    }
}

/// The bytes a call moves, in the program's memory or in the kernel's.
///
/// A read `put`s what it found, a write `take`s what it wants; both return fewer bytes than asked for at a bad address,
/// and `EFAULT` when there was none at all.
pub trait Bytes {
    /// How many are left.
    fn left(&self) -> usize;
    /// Hands bytes to the caller of a read.
    fn put(&mut self, bytes: &[u8]) -> Result<usize, Errno>;
    /// Fetches bytes from the caller of a write.
    fn take(&mut self, into: &mut [u8]) -> Result<usize, Errno>;

    /// Hands over a part of a frame, which lies within it.
    fn put_frame(&mut self, physical: &Physical, frame: Frame, from: usize, count: usize) -> Result<usize, Errno> {
        let mut buffer = [0; PIECE];
        in_pieces(count, |done, piece| {
            let part = buffer.get_mut(..piece).unwrap_or_default();
            physical.machine.read_frame(frame, from + done, part);
            self.put(part)
        })
    }

    /// Fetches a part of a frame, which lies within it.
    fn take_frame(&mut self, physical: &Physical, frame: Frame, to: usize, count: usize) -> Result<usize, Errno> {
        let mut buffer = [0; PIECE];
        in_pieces(count, |done, piece| {
            let part = buffer.get_mut(..piece).unwrap_or_default();
            let taken = self.take(part)?;
            physical.machine.write_frame(frame, to + done, part.get(..taken).unwrap_or_default());
            Ok(taken)
        })
    }

    /// Hands over zeros.
    fn put_zeros(&mut self, count: usize) -> Result<usize, Errno> {
        const ZEROS: [u8; PIECE] = [0; PIECE];
        in_pieces(count, |_, piece| self.put(ZEROS.get(..piece).unwrap_or_default()))
    }
}

/// What is copied at once.
const PIECE: usize = 512;

/// Moves `count` bytes in pieces, until one is moved in part only. An error counts only if nothing was moved.
fn in_pieces(count: usize, mut piece: impl FnMut(usize, usize) -> Result<usize, Errno>) -> Result<usize, Errno> {
    let mut done = 0;
    while done < count {
        let wanted = (count - done).min(PIECE);
        match piece(done, wanted) {
            Err(errno) if done == 0 => return Err(errno),
            Err(_) => break,
            Ok(moved) => {
                done += moved;
                if moved < wanted {
                    break;
                }
            }
        }
    }
    Ok(done)
}

/// Bytes of the kernel's own: a read fills a vector up to its length limit, a write is fed from a slice.
#[derive(Debug)]
pub enum OwnBytes<'a> {
    /// For a read: what came so far, and how many more may.
    Into(&'a mut Vec<u8>, usize),
    /// For a write: what is left.
    From(&'a [u8]),
}

impl Bytes for OwnBytes<'_> {
    fn left(&self) -> usize {
        match self {
            OwnBytes::Into(_, left) => *left,
            OwnBytes::From(bytes) => bytes.len(),
        }
    }

    fn put(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        let OwnBytes::Into(into, left) = self else { return Err(Errno::EFAULT) };
        let part = bytes.get(..bytes.len().min(*left)).unwrap_or_default();
        into.extend_from_slice(part);
        *left -= part.len();
        Ok(part.len())
    }

    fn take(&mut self, into: &mut [u8]) -> Result<usize, Errno> {
        let OwnBytes::From(bytes) = self else { return Err(Errno::EFAULT) };
        let (part, rest) = bytes.split_at_checked(into.len()).unwrap_or((bytes, &[]));
        into.iter_mut().zip(part).for_each(|(to, byte)| *to = *byte);
        *bytes = rest;
        Ok(part.len())
    }
}

/// Something open: a regular file, a pipe's end, a socket, a timer. It is shared by everybody who has it open.
///
/// `read` and `write` say what this one ask moved. What a call moved before it had to wait is the asker's to count.
///
/// A method that must wait joins [`File::queue`] with the call's thread and says so ([`crate::call::WAIT`]), unless the
/// open file is marked not to block: then it is `EAGAIN`.
pub trait File: Send + Sync + Any {
    /// Reads. 0 is the end.
    fn read(&self, _call: &mut Call<'_>, _open: &Open, _bytes: &mut dyn Bytes, _at: At) -> Result<u64, Stop> {
        Err(Errno::EINVAL.into())
    }

    /// Writes.
    fn write(&self, _call: &mut Call<'_>, _open: &Open, _bytes: &mut dyn Bytes, _at: At) -> Result<u64, Stop> {
        Err(Errno::EINVAL.into())
    }

    /// Whether it can be read and written at places of the caller's choice (`pread`), or only in order. A blocking write
    /// to one without places is asked for again until all is written.
    fn has_places(&self) -> bool {
        false
    }

    /// What it is ready for now.
    fn ready(&self) -> Events {
        Events::IN | Events::OUT
    }

    /// Who waits for it to become ready; `None` for one that always is.
    fn queue(&self) -> Option<&WaitQueue> {
        None
    }

    /// What `fstat` says.
    fn stat(&self, call: &Call<'_>) -> Result<Status, Errno>;

    /// Moves the offset: `whence` 0 to 4 as in Linux.
    fn seek(&self, _open: &Open, _offset: i64, _whence: u32) -> Result<u64, Errno> {
        Err(Errno::ESPIPE)
    }

    /// The names in it from its offset on, for `getdents64`.
    fn list(&self, _call: &mut Call<'_>, _open: &Open, _take: crate::files::node::Take<'_>) -> Result<(), Errno> {
        Err(Errno::ENOTDIR)
    }

    /// `ioctl`.
    fn control(&self, _call: &mut Call<'_>, _open: &Open, _request: u32, _arg: u64) -> Result<u64, Stop> {
        Err(Errno::ENOTTY.into())
    }

    /// Its pages, if it can be mapped.
    fn pages(&self) -> Result<Arc<dyn Pages>, Errno> {
        Err(Errno::ENODEV)
    }

    /// Somebody closed their last descriptor of an open file of it. Sockets and pipes tell the other end here.
    fn closed(&self, _kernel: &crate::kernel::Kernel, _open: &Open) {}

    /// What `/proc/self/fd` names it, when it has no path: `pipe:[7]`.
    fn name(&self) -> alloc::string::String {
        alloc::string::String::from("anon_inode:[file]")
    }

    /// Whether `/proc/self/fd` opens it anew, though it has no place in the tree.
    fn can_reopen(&self) -> bool {
        false
    }

    /// The object itself, for those who know its type.
    fn as_any(&self) -> &dyn Any;
}

/// An open file: what `open` makes and `dup` and `fork` share.
pub struct Open {
    /// The file.
    pub file: Arc<dyn File>,
    /// The offset.
    pub offset: Lock<u64>,
    flags: AtomicU32,
    /// What locks know it by; 0 until it is first locked.
    pub(crate) lock_id: AtomicU64,
    /// Where it was found; `None` for what has no place in the tree.
    pub spot: Option<Spot>,
}

pub use ashore_pivot::layout::open::{O_ACCMODE, O_APPEND, O_NONBLOCK};
/// `O_PATH`.
pub const O_PATH: u32 = 0o10_000_000;

impl Open {
    /// An open file without a place in the tree.
    pub fn new(file: Arc<dyn File>, flags: u32) -> Arc<Open> {
        Arc::new(Open::with(file, flags, None))
    }

    /// An open file that was found.
    pub fn at(file: Arc<dyn File>, flags: u32, spot: Spot) -> Arc<Open> {
        Arc::new(Open::with(file, flags, Some(spot)))
    }

    fn with(file: Arc<dyn File>, flags: u32, spot: Option<Spot>) -> Open {
        Open { file, offset: Lock::new(0), flags: AtomicU32::new(flags), lock_id: AtomicU64::new(0), spot }
    }

    /// The flags, as `F_GETFL` gives them.
    pub fn flags(&self) -> u32 {
        self.flags.load(Ordering::Relaxed)
    }

    /// Sets the flags.
    pub fn set_flags(&self, flags: u32) {
        self.flags.store(flags, Ordering::Relaxed);
    }

    /// Whether reads and writes fail rather than wait.
    pub fn is_nonblocking(&self) -> bool {
        self.flags() & O_NONBLOCK != 0
    }

    /// Whether it may be read.
    pub fn can_read(&self) -> bool {
        matches!(self.flags() & (O_ACCMODE | O_PATH), 0 | 2)
    }

    /// Whether it may be written.
    pub fn can_write(&self) -> bool {
        matches!(self.flags() & (O_ACCMODE | O_PATH), 1 | 2)
    }

    /// Whether it stands for a place in the tree only (`O_PATH`).
    pub fn is_path(&self) -> bool {
        self.flags() & O_PATH != 0
    }

    /// The node it was opened by.
    pub fn node(&self) -> Option<&Arc<dyn Node>> {
        self.spot.as_ref().map(|spot| &spot.node)
    }

    /// What `fstat` says.
    pub fn status(&self, call: &Call<'_>) -> Result<Status, Errno> {
        match self.node() {
            Some(node) => Ok(node.status()),
            None => self.file.stat(call),
        }
    }

    /// What `/proc/self/fd` calls it: its path from the root of everything, or a name in brackets.
    pub fn path(&self, visitor: &Visitor<'_>) -> Vec<u8> {
        match &self.spot {
            Some(spot) => spot.path(visitor.kernel.tree.root(), visitor),
            None => self.file.name().into_bytes(),
        }
    }
}

impl core::fmt::Debug for Open {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Open").field("flags", &self.flags()).finish_non_exhaustive()
    }
}

/// What `stat` says of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Status {
    /// The device it is on.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
    /// Its kind and permissions.
    pub mode: u32,
    /// How many names it has.
    pub links: u32,
    /// Its owner.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// The device it stands for.
    pub rdev: u64,
    /// Its length in bytes.
    pub size: u64,
    /// What it occupies, in units of 512 bytes.
    pub blocks: u64,
    /// The best length of reads and writes.
    pub block_size: u32,
    /// When it was last read, in nanoseconds since 1970.
    pub accessed: u64,
    /// When its bytes last changed.
    pub modified: u64,
    /// When it last changed at all.
    pub changed: u64,
    /// When it was made.
    pub born: u64,
}

//! What a program has open.

use crate::call::{Call, Stop};
use crate::lock::Lock;
use crate::memory::Pages;
use crate::wait::WaitQueue;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_pivot::Errno;
use core::any::Any;
use core::ops::BitOr;
use core::sync::atomic::{AtomicU32, Ordering};

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
}

/// Something open: a regular file, a pipe's end, a socket, a timer. It is shared by everybody who has it open.
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
    /// The path it was opened by, for `/proc/self/fd`.
    pub path: Vec<u8>,
}

/// `O_NONBLOCK`.
pub const O_NONBLOCK: u32 = 0o4000;
/// `O_APPEND`.
pub const O_APPEND: u32 = 0o2000;
/// The bits that tell reading from writing.
pub const O_ACCMODE: u32 = 3;

impl Open {
    /// A new open file.
    pub fn new(file: Arc<dyn File>, flags: u32, path: Vec<u8>) -> Arc<Open> {
        Arc::new(Open { file, offset: Lock::new(0), flags: AtomicU32::new(flags), path })
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
        self.flags() & O_ACCMODE != 1
    }

    /// Whether it may be written.
    pub fn can_write(&self) -> bool {
        matches!(self.flags() & O_ACCMODE, 1 | 2)
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

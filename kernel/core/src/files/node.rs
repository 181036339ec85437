//! What the tree of files is made of.

use super::Visitor;
use crate::call::{Call, Stop};
use crate::file::{File, Status};
use crate::kernel::Kernel;
use crate::lock::Lock;
use crate::memory::Pages;
use alloc::collections::BTreeMap;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use ashore_pivot::Errno;
use ashore_pivot::layout::stat::{S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK};
use ashore_pivot::layout::statfs::TMPFS_MAGIC;
use core::any::Any;
use core::sync::atomic::{AtomicU32, Ordering};

/// What a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Bytes.
    Regular,
    /// Names of other files.
    Directory,
    /// The path of another file.
    Link,
    /// A pipe with a name.
    Fifo,
    /// A socket's name.
    Socket,
    /// A device of characters.
    Character,
    /// A device of blocks.
    Block,
}

impl Kind {
    /// The bits of a mode that say it.
    pub const fn bits(self) -> u32 {
        match self {
            Kind::Regular => S_IFREG,
            Kind::Directory => S_IFDIR,
            Kind::Link => S_IFLNK,
            Kind::Fifo => S_IFIFO,
            Kind::Socket => S_IFSOCK,
            Kind::Character => S_IFCHR,
            Kind::Block => S_IFBLK,
        }
    }

    /// What a mode says.
    pub const fn of_mode(mode: u32) -> Option<Kind> {
        Some(match mode & S_IFMT {
            S_IFREG => Kind::Regular,
            S_IFDIR => Kind::Directory,
            S_IFLNK => Kind::Link,
            S_IFIFO => Kind::Fifo,
            S_IFSOCK => Kind::Socket,
            S_IFCHR => Kind::Character,
            S_IFBLK => Kind::Block,
            _ => return None,
        })
    }
}

/// A file to be made in a directory.
#[derive(Clone, Debug)]
pub struct New {
    /// What it is.
    pub kind: Kind,
    /// Its permissions.
    pub mode: u32,
    /// Its owner.
    pub user: u32,
    /// Its group.
    pub group: u32,
    /// The device it stands for.
    pub device: u64,
    /// Where a link leads.
    pub target: Vec<u8>,
}

/// What is taken out of a directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Removal {
    /// Anything but a directory.
    File,
    /// An empty directory.
    Directory,
}

/// What becomes of a file that has the new name already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Renaming {
    /// It is replaced.
    Replace,
    /// It stays, and the call fails.
    Keep,
    /// It gets the old name.
    Exchange,
}

/// A name in a directory.
#[derive(Debug)]
pub struct Listed<'a> {
    /// The name.
    pub name: &'a [u8],
    /// The file's number.
    pub inode: u64,
    /// What it is.
    pub kind: Kind,
    /// Where to continue after it.
    pub next: u64,
}

/// Takes a name of a directory; `false` to stop before it.
pub type Take<'a> = &'a mut dyn FnMut(Listed<'_>) -> bool;

/// A file with a place in the tree, whoever has it open.
pub trait Node: Send + Sync + Any {
    /// What `stat` says.
    fn status(&self) -> Status;

    /// What it is.
    fn kind(&self) -> Kind;

    /// What can be changed about it; `None` when nothing can.
    fn attributes(&self) -> Option<&Attributes> {
        None
    }

    /// Whether extended attributes are kept of it.
    fn keeps_attributes(&self) -> bool {
        self.filesystem() == TMPFS_MAGIC
    }

    /// The file of a name in this directory. Where something is mounted on it, that.
    fn look(&self, _visitor: &Visitor<'_>, _name: &[u8]) -> Result<Arc<dyn Node>, Errno> {
        Err(Errno::ENOTDIR)
    }

    /// Makes a file in this directory.
    fn make(&self, _visitor: &Visitor<'_>, _name: &[u8], _new: &New) -> Result<Arc<dyn Node>, Errno> {
        Err(Errno::EPERM)
    }

    /// Another name for a file.
    fn link(&self, _visitor: &Visitor<'_>, _name: &[u8], _node: &Arc<dyn Node>) -> Result<(), Errno> {
        Err(Errno::EPERM)
    }

    /// Takes a name away.
    fn remove(&self, _visitor: &Visitor<'_>, _name: &[u8], _what: Removal) -> Result<(), Errno> {
        Err(Errno::EPERM)
    }

    /// Gives a file another name, perhaps in another directory of the same kind.
    fn rename(
        &self,
        _visitor: &Visitor<'_>,
        _name: &[u8],
        _to: (&Arc<dyn Node>, &[u8]),
        _how: Renaming,
    ) -> Result<(), Errno> {
        Err(Errno::EPERM)
    }

    /// Hands over the names of this directory from a place on, 0 at first.
    fn list(&self, _visitor: &Visitor<'_>, _from: u64, _take: Take<'_>) -> Result<(), Errno> {
        Err(Errno::ENOTDIR)
    }

    /// The directory a directory is in and its name there; `None` for the root and for one that was removed.
    fn parent(&self) -> Option<(Arc<dyn Node>, Vec<u8>)> {
        None
    }

    /// Where a link leads, as `readlink` gives it.
    fn target(&self, _visitor: &Visitor<'_>) -> Result<Vec<u8>, Errno> {
        Err(Errno::EINVAL)
    }

    /// The file itself that a link of the kernel's leads to, whatever its path.
    fn jump(&self, _visitor: &Visitor<'_>) -> Option<Result<super::Spot, Errno>> {
        None
    }

    /// Its pages, if it is a file that can be run.
    fn pages(&self) -> Result<Arc<dyn Pages>, Errno> {
        Err(Errno::EACCES)
    }

    /// Opens it.
    fn open(self: Arc<Self>, call: &mut Call<'_>, flags: u32) -> Result<Arc<dyn File>, Stop>;

    /// Sets the length.
    fn set_len(&self, _kernel: &Kernel, _len: u64) -> Result<(), Errno> {
        Err(Errno::EINVAL)
    }

    /// The file system it is in, by the number `statfs` gives.
    fn filesystem(&self) -> i64;

    /// Mounts another directory on this one, which is in this place.
    fn cover(&self, _with: Arc<dyn Node>) -> Result<(), Errno> {
        Err(Errno::EPERM)
    }

    /// Takes away what was mounted last on a name in this directory.
    fn uncover(&self, _name: &[u8]) -> Result<(), Errno> {
        Err(Errno::EINVAL)
    }

    /// The object itself, for those who know its type.
    fn as_any(&self) -> &dyn Any;
}

impl core::fmt::Debug for dyn Node {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?} {}", self.kind(), self.status().inode)
    }
}

/// A directory and a name in it.
pub type NameIn = (Weak<dyn Node>, Vec<u8>);

/// What a program may change about a file.
#[derive(Debug)]
pub struct Attributes {
    /// What changes together.
    pub inner: Lock<Changing>,
    /// How many names it has.
    pub links: AtomicU32,
    /// The name that it got last in the place of another, and the directory; of directories it is not kept.
    pub moved: Lock<Option<NameIn>>,
    /// What else is known of it, by names.
    pub extended: Lock<BTreeMap<Vec<u8>, Vec<u8>>>,
}

/// See [`Attributes`].
#[derive(Clone, Copy, Debug)]
pub struct Changing {
    /// Permissions.
    pub mode: u32,
    /// Owner.
    pub user: u32,
    /// Group.
    pub group: u32,
    /// When it was last read, in nanoseconds since 1970.
    pub accessed: u64,
    /// When its bytes last changed.
    pub modified: u64,
    /// When anything last changed.
    pub changed: u64,
    /// When it was made.
    pub born: u64,
}

impl Attributes {
    /// Those of a new file with one name.
    pub fn new(new: &New, now: u64) -> Attributes {
        let (mode, user, group) = (new.mode & 0o7777, new.user, new.group);
        let inner = Changing { mode, user, group, accessed: now, modified: now, changed: now, born: now };
        Attributes {
            inner: Lock::new(inner),
            links: AtomicU32::new(1),
            moved: Lock::new(None),
            extended: Lock::new(BTreeMap::new()),
        }
    }

    /// The bytes or names changed.
    pub fn modified(&self, now: u64) {
        let mut inner = self.inner.lock();
        inner.modified = now;
        inner.changed = now;
    }

    /// Something else changed.
    pub fn changed(&self, now: u64) {
        self.inner.lock().changed = now;
    }

    /// It was read. As with `relatime`, that is noted only when it was not read since the last change, or for a day.
    pub fn accessed(&self, now: impl FnOnce() -> u64) {
        let mut inner = self.inner.lock();
        if inner.accessed <= inner.modified {
            inner.accessed = now();
        }
    }

    /// One name more or fewer; the number left.
    pub fn count_link(&self, step: i32, now: u64) -> u32 {
        self.changed(now);
        self.links.fetch_add(step as u32, Ordering::AcqRel).wrapping_add(step as u32)
    }

    /// Their part of what `stat` says.
    pub fn status(&self, kind: Kind) -> Status {
        let inner = self.inner.lock();
        Status {
            mode: kind.bits() | inner.mode,
            links: self.links.load(Ordering::Relaxed),
            uid: inner.user,
            gid: inner.group,
            accessed: inner.accessed,
            modified: inner.modified,
            changed: inner.changed,
            born: inner.born,
            block_size: 4096,
            ..Status::default()
        }
    }
}

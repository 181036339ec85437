//! What handlers of file calls need again and again: the caller's memory, descriptors and paths.

use crate::call::Call;
use crate::fd::Slot;
use crate::file::{Bytes, Open};
use crate::files::walk::{Found, From, Last, PATH_MAX, reach, walk};
use crate::files::{Node, Spot};
use crate::kernel::Kernel;
use crate::limits;
use crate::machine::Frame;
use crate::memory::{MAX_MOVED, Physical, Space};
use crate::thread::Thread;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::layout::open::{AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, O_CLOEXEC};
use ashore_pivot::{Errno, IoVec, Memory};
use core::iter::{Empty, empty};
use core::ops::Deref;

/// An open file in use by a call; given back when dropped.
pub(crate) struct Using<'k> {
    kernel: &'k Kernel,
    open: Option<Arc<Open>>,
}

impl<'k> Using<'k> {
    pub(crate) fn new(kernel: &'k Kernel, open: Arc<Open>) -> Using<'k> {
        Using { kernel, open: Some(open) }
    }

    /// The open file, held once more.
    pub(crate) fn share(&self) -> Arc<Open> {
        Deref::deref(self).clone()
    }
}

impl Deref for Using<'_> {
    type Target = Arc<Open>;
    #[inline]
    fn deref(&self) -> &Arc<Open> {
        match &self.open {
            Some(open) => open,
            None => unreachable!("taken only when dropped"),
        }
    }
}

impl Drop for Using<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(open) = self.open.take() {
            self.kernel.close(open);
        }
    }
}

/// What a call with a descriptor and a path means.
pub(crate) enum Target<'k> {
    /// The descriptor itself.
    Open(Using<'k>),
    /// What the path leads to.
    Node(Arc<dyn Node>),
}

impl<'k> Call<'k> {
    /// The caller's memory.
    #[inline]
    pub(crate) fn space(&self) -> Arc<Space> {
        self.thread.space()
    }

    /// The open file of a descriptor, which may be one that only stands for a place.
    #[inline]
    pub(crate) fn open_any(&self, fd: u64) -> Result<Using<'k>, Errno> {
        let open = self.thread.parts.lock().files.get(fd)?;
        Ok(Using::new(self.kernel, open))
    }

    /// The open file of a descriptor.
    #[inline]
    pub(crate) fn open(&self, fd: u64) -> Result<Using<'k>, Errno> {
        let open = self.open_any(fd)?;
        if open.is_path() { Err(Errno::EBADF) } else { Ok(open) }
    }

    /// Gives the caller a descriptor for an open file.
    pub(crate) fn new_fd(&self, open: Arc<Open>, flags: u32) -> Result<u64, Errno> {
        self.new_fd_from(Slot { open, closes_on_exec: flags & O_CLOEXEC != 0 }, 0)
    }

    /// The same with the least number wanted.
    pub(crate) fn new_fd_from(&self, slot: Slot, least: usize) -> Result<u64, Errno> {
        self.thread.files().add(self.kernel, slot, least, self.most_fds())
    }

    /// How many descriptors the caller may have.
    pub(crate) fn most_fds(&self) -> u64 {
        self.thread.process.inner.lock().limits.soft(limits::FILES)
    }

    /// The path an argument points to.
    pub(crate) fn path(&self, nth: usize) -> Result<Vec<u8>, Errno> {
        self.space().cstr(self.addr(nth), PATH_MAX)
    }

    /// Where a path of a call begins.
    pub(crate) fn from(&self, fd: i32, path: &[u8]) -> Result<From, Errno> {
        let place = self.thread.parts.lock().place.clone();
        let (root, base) = {
            let place = place.inner.lock();
            (place.root.clone(), place.cwd.clone())
        };
        let limits = crate::files::walk::Limits::default();
        if fd == AT_FDCWD || path.first() == Some(&b'/') {
            return Ok(From { root, base, limits });
        }
        let open = self.open_any(fd as u64)?;
        let base = open.node().ok_or(Errno::ENOTDIR)?.clone();
        Ok(From { root, base, limits })
    }

    /// Follows a path.
    pub(crate) fn find(&self, fd: i32, path: &[u8], last: Last) -> Result<Found, Errno> {
        walk(&self.visitor(), &self.from(fd, path)?, path, last)
    }

    /// Follows the path of an argument, beginning at the descriptor of another.
    pub(crate) fn find_arg(&self, fd: usize, path: usize, last: Last) -> Result<Found, Errno> {
        self.find(self.int(fd), &self.path(path)?, last)
    }

    /// The file a call with a descriptor, a path and flags means.
    pub(crate) fn target(&self, fd: usize, path: usize, flags: u32) -> Result<Target<'k>, Errno> {
        let last = if flags & AT_SYMLINK_NOFOLLOW != 0 { Last::Keep } else { Last::Follow };
        let is_null = self.arg(path) == 0 && flags & AT_EMPTY_PATH != 0;
        let text = if is_null { Vec::new() } else { self.path(path)? };
        if text.is_empty() && flags & AT_EMPTY_PATH != 0 {
            if self.int(fd) == AT_FDCWD {
                let cwd = self.thread.parts.lock().place.inner.lock().cwd.clone();
                return Ok(Target::Node(cwd));
            }
            return Ok(Target::Open(self.open_any(self.arg(fd))?));
        }
        Ok(Target::Node(reach(&self.visitor(), &self.from(self.int(fd), &text)?, &text, last)?))
    }

    /// The same, and where it was found: for those who change it, which is to be told there.
    pub(crate) fn target_spot(&self, fd: usize, path: usize, flags: u32) -> Result<Spot, Errno> {
        let last = if flags & AT_SYMLINK_NOFOLLOW != 0 { Last::Keep } else { Last::Follow };
        let is_null = self.arg(path) == 0 && flags & AT_EMPTY_PATH != 0;
        let text = if is_null { Vec::new() } else { self.path(path)? };
        if !text.is_empty() || flags & AT_EMPTY_PATH == 0 {
            return self.find(self.int(fd), &text, last)?.spot();
        }
        if self.int(fd) == AT_FDCWD {
            let cwd = self.thread.parts.lock().place.inner.lock().cwd.clone();
            return Ok(Spot::directory(cwd));
        }
        self.open_any(self.arg(fd))?.spot.clone().ok_or(Errno::EBADF)
    }

    /// Writes bytes to an address.
    pub(crate) fn put_bytes(&self, at: Addr, bytes: &[u8]) -> Result<(), Errno> {
        Memory::write(&*self.space(), at, bytes)
    }
}

/// Bytes in the caller's memory: a piece, and perhaps more of them.
pub(crate) struct UserBytes<'a, R = alloc::vec::IntoIter<IoVec>> {
    thread: &'a Arc<Thread>,
    /// Fetched when it is first needed: many reads and writes move nothing.
    space: Option<Arc<Space>>,
    /// The present piece.
    at: u64,
    len: usize,
    /// The pieces after it.
    rest: R,
    after: usize,
}

impl<'a> UserBytes<'a, Empty<IoVec>> {
    /// One piece of memory.
    #[inline]
    pub(crate) fn one(thread: &'a Arc<Thread>, at: u64, len: u64) -> Result<Self, Errno> {
        if len > i64::MAX as u64 {
            return Err(Errno::EINVAL);
        }
        let len = len.min(MAX_MOVED) as usize;
        Ok(UserBytes { thread, space: None, at, len, rest: empty(), after: 0 })
    }
}

impl<'a> UserBytes<'a> {
    /// Many.
    pub(crate) fn many(thread: &'a Arc<Thread>, at: u64, count: u64) -> Result<UserBytes<'a>, Errno> {
        let space = thread.space();
        let pieces = space.iovecs(Addr(at), count)?;
        let after = pieces.iter().map(|piece| piece.len as usize).sum();
        let rest = pieces.into_iter();
        Ok(UserBytes { thread, space: Some(space), at: 0, len: 0, rest, after })
    }
}

impl<R: Iterator<Item = IoVec>> UserBytes<'_, R> {
    /// Leaves out what was moved already.
    pub(crate) fn skip(&mut self, mut count: u64) {
        while count > 0 && self.next() {
            let step = count.min(self.len as u64);
            self.advance(step as usize);
            count -= step;
        }
    }

    /// Makes the present piece one that is not empty, if there is one.
    fn next(&mut self) -> bool {
        while self.len == 0 {
            let Some(piece) = self.rest.next() else { return false };
            (self.at, self.len) = (piece.base, piece.len as usize);
            self.after -= self.len;
        }
        true
    }

    fn advance(&mut self, count: usize) {
        self.at = self.at.wrapping_add(count as u64);
        self.len -= count;
    }

    /// Moves up to `count` bytes piece by piece; `copy` says how many it moved of those at an address.
    fn each(
        &mut self,
        count: usize,
        mut copy: impl FnMut(&Space, Addr, usize, usize) -> usize,
    ) -> Result<usize, Errno> {
        let mut done = 0;
        while done < count && self.next() {
            let step = (count - done).min(self.len);
            let at = Addr(self.at);
            let space = self.space.get_or_insert_with(|| self.thread.space());
            let moved = copy(space, at, done, step).min(step);
            self.advance(moved);
            done += moved;
            if moved < step {
                if done == 0 {
                    return Err(Errno::EFAULT);
                }
                break;
            }
        }
        Ok(done)
    }
}

impl<R: Iterator<Item = IoVec>> Bytes for UserBytes<'_, R> {
    fn left(&self) -> usize {
        self.len + self.after
    }

    fn put(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        self.each(bytes.len(), |space, at, done, step| {
            space.copy_out(at, bytes.get(done..done + step).unwrap_or_default())
        })
    }

    fn take(&mut self, into: &mut [u8]) -> Result<usize, Errno> {
        self.each(into.len(), |space, at, done, step| {
            space.copy_in(at, into.get_mut(done..done + step).unwrap_or_default())
        })
    }

    fn put_frame(&mut self, _physical: &Physical, frame: Frame, from: usize, count: usize) -> Result<usize, Errno> {
        self.each(count, |space, at, done, step| space.copy_out_frame(at, (frame, from + done), step))
    }

    fn take_frame(&mut self, _physical: &Physical, frame: Frame, to: usize, count: usize) -> Result<usize, Errno> {
        self.each(count, |space, at, done, step| space.copy_in_frame(at, (frame, to + done), step))
    }
}

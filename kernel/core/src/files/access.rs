//! Who may do what with a file.

use super::node::{Attributes, Kind, Node};
use crate::call::Call;
use crate::kernel::Kernel;
use crate::thread::Thread;
use alloc::sync::Arc;
use ashore_pivot::Errno;

/// May read: a directory's names.
pub const READ: u32 = 4;
/// May write: change a directory's names.
pub const WRITE: u32 = 2;
/// May run: look names up in a directory.
pub const EXECUTE: u32 = 1;

/// Whose eyes see the tree.
#[derive(Clone, Copy, Debug)]
pub struct Visitor<'a> {
    /// The kernel.
    pub kernel: &'a Kernel,
    /// The thread; `None` for the kernel itself.
    pub thread: Option<&'a Arc<Thread>>,
    /// The user that counts.
    pub user: u32,
    /// The group that counts.
    pub group: u32,
}

impl<'a> Visitor<'a> {
    /// The kernel itself, which may do everything.
    pub const fn kernel(kernel: &'a Kernel) -> Visitor<'a> {
        Visitor { kernel, thread: None, user: 0, group: 0 }
    }

    /// The time of day.
    pub fn now(&self) -> u64 {
        self.kernel.wall()
    }

    /// Fails with `EACCES` unless all of `wanted` (of [`READ`], [`WRITE`], [`EXECUTE`]) is allowed.
    pub fn check(&self, node: &dyn Node, wanted: u32) -> Result<(), Errno> {
        // The first user may do everything but run what nobody may run.
        if self.user == 0 && (wanted & EXECUTE == 0 || node.kind() == Kind::Directory) {
            return Ok(());
        }
        let status = node.status();
        let granted = if self.user == 0 {
            if status.mode & 0o111 != 0 { READ | WRITE | EXECUTE } else { READ | WRITE }
        } else if status.uid == self.user {
            status.mode >> 6
        } else if status.gid == self.group || self.is_member(status.gid) {
            status.mode >> 3
        } else {
            status.mode
        };
        if wanted & !granted & 7 == 0 { Ok(()) } else { Err(Errno::EACCES) }
    }

    /// Fails with `EACCES` unless names may be looked up in a directory.
    #[inline]
    pub fn check_search(&self, dir: &dyn Node) -> Result<(), Errno> {
        if self.user == 0 { Ok(()) } else { self.check(dir, EXECUTE) }
    }

    fn is_member(&self, group: u32) -> bool {
        self.thread.is_some_and(|thread| thread.process.inner.lock().groups.contains(&group))
    }

    /// Fails with `EPERM` unless the visitor owns a file; gives what may be changed of it.
    pub fn owned<'n>(&self, node: &'n dyn Node) -> Result<&'n Attributes, Errno> {
        let attributes = node.attributes().ok_or(Errno::EPERM)?;
        let owner = attributes.inner.lock().user;
        if self.user == 0 || self.user == owner { Ok(attributes) } else { Err(Errno::EPERM) }
    }

    /// Whether a name in a directory may be taken away: in a sticky directory only one's own.
    pub fn check_sticky(&self, dir: &dyn Node, node: &dyn Node) -> Result<(), Errno> {
        if self.user == 0 {
            return Ok(());
        }
        // Not by their status: the caller may hold the directory's lock.
        let of = |node: &dyn Node| node.attributes().map(|attributes| *attributes.inner.lock());
        let (Some(dir), Some(file)) = (of(dir), of(node)) else { return Err(Errno::EPERM) };
        let is_mine = dir.user == self.user || file.user == self.user;
        if dir.mode & 0o1000 == 0 || is_mine { Ok(()) } else { Err(Errno::EPERM) }
    }
}

impl Call<'_> {
    /// The tree as the caller sees it.
    pub fn visitor(&self) -> Visitor<'_> {
        let [_, user, _, _, group, _] = self.thread.process.inner.lock().ids;
        Visitor { kernel: self.kernel, thread: Some(self.thread), user, group }
    }

    /// The same with the real user and group, for `access`.
    pub fn real_visitor(&self) -> Visitor<'_> {
        let [user, _, _, group, _, _] = self.thread.process.inner.lock().ids;
        Visitor { kernel: self.kernel, thread: Some(self.thread), user, group }
    }
}

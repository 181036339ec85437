//! Directories.

use super::{Regular, Tmpfs, names::Names, plain::Plain};
use crate::call::{Call, Stop};
use crate::file::{File, Status};
use crate::files::Visitor;
use crate::files::node::{Attributes, Kind, Listed, New, Node, Removal, Renaming, Take};
use crate::lock::{Held, Lock};
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use ashore_pivot::Errno;
use ashore_pivot::layout::statfs::TMPFS_MAGIC;
use core::any::Any;
use core::sync::atomic::Ordering;

/// A directory.
pub struct Directory {
    fs: Arc<Tmpfs>,
    inode: u64,
    attributes: Attributes,
    me: Weak<Directory>,
    inner: Lock<Inner>,
}

struct Inner {
    entries: Names,
    parent: Option<(Weak<dyn Node>, Vec<u8>)>,
    is_gone: bool,
}

/// Names that are listed have numbers from here on; `.` and `..` come before them.
const FIRST: u64 = 2;

impl Directory {
    /// A new directory, which is in another one, or nowhere.
    pub(super) fn make_node(
        fs: &Arc<Tmpfs>,
        new: &New,
        now: u64,
        parent: Option<(Weak<dyn Node>, Vec<u8>)>,
    ) -> Arc<dyn Node> {
        let attributes = Attributes::new(new, now);
        attributes.links.store(2, Ordering::Relaxed);
        let inner = Inner { entries: Names::default(), parent, is_gone: false };
        let inode = fs.new_inode();
        Arc::new_cyclic(|me| Directory { fs: fs.clone(), inode, attributes, me: me.clone(), inner: Lock::new(inner) })
    }

    fn me(&self) -> Weak<dyn Node> {
        self.me.clone()
    }

    fn size(inner: &Inner) -> u64 {
        (inner.entries.len() as u64 + 2) * 20
    }

    /// Whether `node` is this directory or below it.
    fn holds(&self, node: &Arc<dyn Node>) -> bool {
        let mut at = Some(node.clone());
        while let Some(node) = at {
            if core::ptr::addr_eq(Arc::as_ptr(&node), self) {
                return true;
            }
            at = node.parent().map(|(parent, _)| parent);
        }
        false
    }

    /// Says that the directory was removed; fails when it holds something. The caller holds its parent's lock and
    /// the structure's, so nobody else takes two directories.
    fn go(&self) -> Result<(), Errno> {
        let mut inner = self.inner.lock_also();
        if !inner.entries.is_empty() {
            return Err(Errno::ENOTEMPTY);
        }
        inner.is_gone = true;
        Ok(())
    }

    /// A directory of this file system.
    fn of(node: &Arc<dyn Node>) -> Option<&Directory> {
        node.as_any().downcast_ref()
    }

    fn place(&self, node: &Arc<dyn Node>, name: &[u8]) {
        if let Some(dir) = Directory::of(node) {
            // Below one or two that are held, as the structure is.
            dir.inner.lock_also().parent = Some((self.me(), name.to_vec()));
        } else if let Some(attributes) = node.attributes() {
            *attributes.moved.lock() = Some((self.me(), name.to_vec()));
        }
    }

    /// Renames within this directory or between two; both locks are held, `to` is `None` for the same one.
    fn move_entry(
        &self,
        visitor: &Visitor<'_>,
        (from, name): (&mut Inner, &[u8]),
        (to_dir, to, to_name): (&Directory, Option<&mut Inner>, &[u8]),
        how: Renaming,
    ) -> Result<(), Errno> {
        let source = from.entries.get(name).ok_or(Errno::ENOENT)?;
        let (node, is_mounted) = (source.node.clone(), source.mounted.is_some());
        let target = match &to {
            Some(to) => to.entries.get(to_name),
            None => from.entries.get(to_name),
        };
        let target = target.map(|entry| (entry.node.clone(), entry.mounted.is_some()));
        let is_dir = node.kind() == Kind::Directory;
        if is_mounted || target.as_ref().is_some_and(|(_, is_mounted)| *is_mounted) {
            return Err(Errno::EBUSY);
        }
        visitor.check_sticky(self, &*node)?;
        let is_target_gone = to.as_ref().is_some_and(|to| to.is_gone);
        if is_target_gone {
            return Err(Errno::ENOENT);
        }
        if let Some((there, _)) = &target {
            if Arc::ptr_eq(&node, there) {
                return Ok(());
            }
            visitor.check_sticky(to_dir, &**there)?;
            match how {
                Renaming::Keep => return Err(Errno::EEXIST),
                Renaming::Exchange => {}
                Renaming::Replace => match (is_dir, Directory::of(there)) {
                    (true, Some(there)) => there.go()?,
                    (true, None) => return Err(Errno::ENOTDIR),
                    (false, Some(_)) => return Err(Errno::EISDIR),
                    (false, None) => {}
                },
            }
        } else if how == Renaming::Exchange {
            return Err(Errno::ENOENT);
        }
        let now = visitor.now();
        from.take(name);
        let mut to = to;
        let into = match &mut to {
            Some(to) => &mut **to,
            None => &mut *from,
        };
        into.take(to_name);
        into.put(to_name, node.clone());
        to_dir.place(&node, to_name);
        if is_dir && to.is_some() {
            self.attributes.count_link(-1, now);
            to_dir.attributes.count_link(1, now);
        }
        if let Some(attributes) = node.attributes() {
            attributes.changed(now);
        }
        if let Some((there, _)) = target {
            let is_there_dir = there.kind() == Kind::Directory;
            if how == Renaming::Exchange {
                from.put(name, there.clone());
                self.place(&there, name);
                if is_there_dir && to.is_some() {
                    to_dir.attributes.count_link(-1, now);
                    self.attributes.count_link(1, now);
                }
            } else {
                lose_link(&there, now);
                if is_there_dir {
                    to_dir.attributes.count_link(-1, now);
                }
            }
        }
        self.attributes.modified(now);
        to_dir.attributes.modified(now);
        Ok(())
    }
}

/// A file lost one of its names.
fn lose_link(node: &Arc<dyn Node>, now: u64) {
    if let Some(attributes) = node.attributes() {
        if node.kind() == Kind::Directory {
            attributes.links.store(0, Ordering::Release);
            attributes.changed(now);
        } else {
            attributes.count_link(-1, now);
        }
    }
}

impl Inner {
    fn put(&mut self, name: &[u8], node: Arc<dyn Node>) {
        self.entries.put(name, node, FIRST);
    }

    fn take(&mut self, name: &[u8]) -> Option<Arc<dyn Node>> {
        self.entries.take(name)
    }
}

impl Node for Directory {
    fn status(&self) -> Status {
        let size = Directory::size(&self.inner.lock());
        Status { device: self.fs.device, inode: self.inode, size, ..self.attributes.status(Kind::Directory) }
    }

    fn kind(&self) -> Kind {
        Kind::Directory
    }

    fn attributes(&self) -> Option<&Attributes> {
        Some(&self.attributes)
    }

    fn look(&self, _visitor: &Visitor<'_>, name: &[u8]) -> Result<Arc<dyn Node>, Errno> {
        let inner = self.inner.lock();
        let entry = inner.entries.get(name).ok_or(Errno::ENOENT)?;
        Ok(entry.mounted.as_ref().unwrap_or(&entry.node).clone())
    }

    fn make(&self, visitor: &Visitor<'_>, name: &[u8], new: &New) -> Result<Arc<dyn Node>, Errno> {
        let now = visitor.now();
        let mut inner = self.inner.lock();
        if inner.entries.get(name).is_some() {
            return Err(Errno::EEXIST);
        }
        if inner.is_gone {
            return Err(Errno::ENOENT);
        }
        let mut new = new.clone();
        {
            let attributes = self.attributes.inner.lock();
            if attributes.mode & 0o2000 != 0 {
                new.group = attributes.group;
                if new.kind == Kind::Directory {
                    new.mode |= 0o2000;
                }
            }
        }
        let node: Arc<dyn Node> = match new.kind {
            Kind::Directory => Directory::make_node(&self.fs, &new, now, Some((self.me(), name.to_vec()))),
            Kind::Regular => Regular::new(&self.fs, &new, now),
            Kind::Link | Kind::Fifo | Kind::Socket | Kind::Character | Kind::Block => {
                Plain::make_node(&self.fs, &new, now)
            }
        };
        if new.kind == Kind::Directory {
            self.attributes.links.fetch_add(1, Ordering::AcqRel);
        }
        inner.put(name, node.clone());
        self.attributes.modified(now);
        Ok(node)
    }

    fn link(&self, visitor: &Visitor<'_>, name: &[u8], node: &Arc<dyn Node>) -> Result<(), Errno> {
        if node.kind() == Kind::Directory {
            return Err(Errno::EPERM);
        }
        if node.status().device != self.fs.device {
            return Err(Errno::EXDEV);
        }
        let now = visitor.now();
        let mut inner = self.inner.lock();
        if inner.entries.get(name).is_some() {
            return Err(Errno::EEXIST);
        }
        let attributes = node.attributes().ok_or(Errno::EPERM)?;
        if inner.is_gone {
            return Err(Errno::ENOENT);
        }
        attributes.count_link(1, now);
        inner.put(name, node.clone());
        self.attributes.modified(now);
        Ok(())
    }

    fn remove(&self, visitor: &Visitor<'_>, name: &[u8], what: Removal) -> Result<(), Errno> {
        let now = visitor.now();
        let _structure = (what == Removal::Directory).then(|| self.fs.structure.lock());
        let mut inner = self.inner.lock();
        let entry = inner.entries.get(name).ok_or(Errno::ENOENT)?;
        let dir = Directory::of(&entry.node);
        match (what, dir) {
            (Removal::File, Some(_)) => return Err(Errno::EISDIR),
            (Removal::Directory, None) => return Err(Errno::ENOTDIR),
            _ if entry.mounted.is_some() => return Err(Errno::EBUSY),
            (Removal::File, None) => visitor.check_sticky(self, &*entry.node)?,
            (Removal::Directory, Some(dir)) => {
                visitor.check_sticky(self, dir)?;
                dir.go()?;
                self.attributes.links.fetch_sub(1, Ordering::AcqRel);
            }
        }
        let node = inner.take(name);
        drop(inner);
        self.attributes.modified(now);
        if let Some(node) = node {
            lose_link(&node, now);
        }
        Ok(())
    }

    fn rename(
        &self,
        visitor: &Visitor<'_>,
        name: &[u8],
        (to, to_name): (&Arc<dyn Node>, &[u8]),
        how: Renaming,
    ) -> Result<(), Errno> {
        let to_dir = Directory::of(to).filter(|to| Arc::ptr_eq(&to.fs, &self.fs)).ok_or(Errno::EXDEV)?;
        let _structure = self.fs.structure.lock();
        if core::ptr::eq(self, to_dir) {
            return self.move_entry(visitor, (&mut self.inner.lock(), name), (self, None, to_name), how);
        }
        // A directory cannot go below itself, nor be exchanged with one above it.
        let child = |dir: &Directory, name: &[u8]| dir.inner.lock().entries.get(name).map(|entry| entry.node.clone());
        if child(self, name).as_ref().and_then(Directory::of).is_some_and(|dir| dir.holds(to)) {
            return Err(Errno::EINVAL);
        }
        let here: Arc<dyn Node> = self.me.upgrade().ok_or(Errno::ENOENT)?;
        if child(to_dir, to_name).as_ref().and_then(Directory::of).is_some_and(|dir| dir.holds(&here)) {
            return Err(if how == Renaming::Exchange { Errno::EINVAL } else { Errno::ENOTEMPTY });
        }
        // Nobody else holds two directories, so the order does not matter.
        let mut from: Held<'_, Inner> = self.inner.lock();
        let mut into = to_dir.inner.lock_also();
        self.move_entry(visitor, (&mut from, name), (to_dir, Some(&mut into), to_name), how)
    }

    fn list(&self, visitor: &Visitor<'_>, from: u64, take: Take<'_>) -> Result<(), Errno> {
        self.attributes.accessed(|| visitor.now());
        if from == 0 && !take(Listed { name: b".", inode: self.inode, kind: Kind::Directory, next: 1 }) {
            return Ok(());
        }
        if from <= 1 {
            let inode = self.parent().map_or(self.inode, |(parent, _)| parent.status().inode);
            if !take(Listed { name: b"..", inode, kind: Kind::Directory, next: FIRST }) {
                return Ok(());
            }
        }
        let inner = self.inner.lock();
        for (number, name) in inner.entries.since(from) {
            let Some(entry) = inner.entries.get(name) else { continue };
            let inode = inode_of(&entry.node);
            if !take(Listed { name, inode, kind: entry.node.kind(), next: number + 1 }) {
                break;
            }
        }
        Ok(())
    }

    fn parent(&self) -> Option<(Arc<dyn Node>, Vec<u8>)> {
        let inner = self.inner.lock();
        let (parent, name) = inner.parent.as_ref().filter(|_| !inner.is_gone)?;
        Some((parent.upgrade()?, name.clone()))
    }

    fn open(self: Arc<Self>, _call: &mut Call<'_>, _flags: u32) -> Result<Arc<dyn File>, Stop> {
        Ok(Arc::new(crate::files::directory::DirectoryFile(self)))
    }

    fn filesystem(&self) -> i64 {
        TMPFS_MAGIC
    }

    fn cover(&self, with: Arc<dyn Node>) -> Result<(), Errno> {
        let (parent, name) = self.parent().ok_or(Errno::EBUSY)?;
        let parent = Directory::of(&parent).ok_or(Errno::EPERM)?;
        if let Some(root) = Directory::of(&with) {
            root.inner.lock().parent = Some((parent.me(), name.clone()));
        }
        let mut inner = parent.inner.lock();
        inner.entries.get_mut(&name).ok_or(Errno::ENOENT)?.mounted = Some(with);
        Ok(())
    }

    fn uncover(&self, name: &[u8]) -> Result<(), Errno> {
        let mut inner = self.inner.lock();
        let entry = inner.entries.get_mut(name).ok_or(Errno::ENOENT)?;
        entry.mounted.take().map(drop).ok_or(Errno::EINVAL)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A file's number, without the lock of a directory below one that is locked.
fn inode_of(node: &Arc<dyn Node>) -> u64 {
    Directory::of(node).map_or_else(|| node.status().inode, |dir| dir.inode)
}

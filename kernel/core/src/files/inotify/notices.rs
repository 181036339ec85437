//! Who watches what, and what happens to it.
//!
//! Every call that changes or uses a file says so here. As long as nobody watches anything, which is nearly always, that is a
//! look at one number.

use super::{Inotify, News};
use crate::file::Open;
use crate::files::node::{Kind, Node};
use crate::files::{Spot, Visitor};
use crate::kernel::Kernel;
use crate::lock::Lock;
use alloc::collections::BTreeMap;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use ashore_pivot::Errno;
use ashore_pivot::layout::event::*;
use core::sync::atomic::{AtomicU32, Ordering};

/// Instances there may be (`max_user_instances`).
const MOST_INSTANCES: u32 = 128;
/// Watches there may be (`max_user_watches`).
const MOST_WATCHES: u32 = 65_536;

/// What a file is known by: its device and its number there, which no other file ever gets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Key(u64, u64);

/// What a file is known by.
pub(super) fn key_of(node: &dyn Node) -> Key {
    let status = node.status();
    Key(status.device, status.inode)
}

/// An instance and its watch.
type Watcher = (Weak<Inotify>, i32);

/// All watches of all instances.
#[derive(Default)]
pub struct Notices {
    watches: Lock<BTreeMap<Key, Vec<Watcher>>>,
    /// How many there are, to look without the lock.
    count: AtomicU32,
    instances: AtomicU32,
    cookie: AtomicU32,
}

/// `IN_ISDIR` for a directory.
fn is_dir(node: &dyn Node) -> u32 {
    if node.kind() == Kind::Directory { IN_ISDIR } else { 0 }
}

impl Notices {
    /// Counts an instance.
    pub(super) fn begin(&self) -> Result<(), Errno> {
        let one_more = |count| (count < MOST_INSTANCES).then_some(count + 1);
        self.instances.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).map(drop).map_err(|_| Errno::EMFILE)
    }

    /// Counts it no more.
    pub(super) fn end(&self) {
        self.instances.fetch_sub(1, Ordering::AcqRel);
    }

    /// Enters a watch.
    pub(super) fn enter(&self, key: Key, who: &Weak<Inotify>, wd: i32) -> Result<(), Errno> {
        let mut watches = self.watches.lock();
        if self.count.load(Ordering::Acquire) >= MOST_WATCHES {
            return Err(Errno::ENOSPC);
        }
        self.count.fetch_add(1, Ordering::AcqRel);
        watches.entry(key).or_default().push((who.clone(), wd));
        Ok(())
    }

    /// Takes an instance's watch away.
    pub(super) fn leave(&self, key: Key, who: &Weak<Inotify>) {
        let mut watches = self.watches.lock();
        let Some(all) = watches.get_mut(&key) else { return };
        let before = all.len();
        all.retain(|(other, _)| !Weak::ptr_eq(other, who));
        self.count.fetch_sub((before - all.len()) as u32, Ordering::AcqRel);
        if all.is_empty() {
            watches.remove(&key);
        }
    }

    /// Whether nobody watches anything.
    #[inline]
    pub fn is_idle(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 0
    }

    /// Those who watch a file.
    fn watchers(&self, key: Key) -> Vec<(Arc<Inotify>, i32)> {
        let watches = self.watches.lock();
        let all = watches.get(&key).into_iter().flatten();
        all.filter_map(|(who, wd)| Some((who.upgrade()?, *wd))).collect()
    }

    fn tell(&self, kernel: &Kernel, node: &dyn Node, news: News<'_>) {
        self.watchers(key_of(node)).into_iter().for_each(|(who, wd)| who.tell(kernel, wd, news));
    }

    /// Something happened to a file itself.
    pub fn itself(&self, kernel: &Kernel, node: &dyn Node, mask: u32) {
        if !self.is_idle() {
            self.tell(kernel, node, News { mask: mask | is_dir(node), name: b"", cookie: 0, is_unlinked: false });
        }
    }

    /// Something happened to a name in a directory, and to nothing else.
    pub fn in_directory(&self, kernel: &Kernel, (dir, name): (&dyn Node, &[u8]), mask: u32) {
        if !self.is_idle() {
            self.tell(kernel, dir, News { mask, name, cookie: 0, is_unlinked: false });
        }
    }

    /// A file was made in a directory.
    pub fn made(&self, kernel: &Kernel, at: (&dyn Node, &[u8]), node: &dyn Node) {
        if !self.is_idle() {
            self.in_directory(kernel, at, IN_CREATE | is_dir(node));
        }
    }

    /// Something happened to a file that was found or opened somewhere: its directory hears of it first.
    pub fn about(&self, kernel: &Kernel, spot: &Spot, mask: u32) {
        if self.is_idle() {
            return;
        }
        let mask = mask | is_dir(&*spot.node);
        if let Some(place) = spot.place(&Visitor::kernel(kernel)) {
            let is_unlinked = !place.is_there;
            self.tell(kernel, &*place.dir, News { mask, name: &place.name, cookie: 0, is_unlinked });
        }
        self.itself(kernel, &*spot.node, mask);
    }

    /// Something happened to an open file.
    pub fn open(&self, kernel: &Kernel, open: &Open, mask: u32) {
        if let Some(spot) = open.spot.as_ref().filter(|_| !open.is_path()) {
            self.about(kernel, spot, mask);
        }
    }

    /// An open file is closed by its last holder.
    pub fn closed(&self, kernel: &Kernel, open: Open) {
        self.open(kernel, &open, if open.can_write() { IN_CLOSE_WRITE } else { IN_CLOSE_NOWRITE });
        let node = open.node().cloned();
        drop(open);
        if let Some(node) = node {
            self.let_go(kernel, node);
        }
    }

    /// A name was taken away; the caller held the file last, perhaps.
    pub fn removed(&self, kernel: &Kernel, (dir, name): (&dyn Node, &[u8]), node: Arc<dyn Node>) {
        if self.is_idle() {
            return;
        }
        let is_dir = is_dir(&*node);
        if is_dir == 0 {
            self.itself(kernel, &*node, IN_ATTRIB);
        }
        self.let_go(kernel, node);
        self.in_directory(kernel, (dir, name), IN_DELETE | is_dir);
    }

    /// A file got another name, in the place of another one perhaps.
    pub fn renamed(&self, kernel: &Kernel, node: &dyn Node, from: (&dyn Node, &[u8]), to: (&dyn Node, &[u8])) {
        if self.is_idle() {
            return;
        }
        let cookie = self.cookie.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        for ((dir, name), mask) in [(from, IN_MOVED_FROM), (to, IN_MOVED_TO)] {
            self.tell(kernel, dir, News { mask: mask | is_dir(node), name, cookie, is_unlinked: false });
        }
    }

    /// Gives a file up; whoever watches it hears of its end if that was it.
    pub fn let_go(&self, kernel: &Kernel, node: Arc<dyn Node>) {
        let is_nameless =
            |node: &dyn Node| node.attributes().is_some_and(|attributes| attributes.links.load(Ordering::Acquire) == 0);
        if self.is_idle() || !is_nameless(&*node) {
            return;
        }
        let key = key_of(&*node);
        drop(node);
        self.watchers(key).into_iter().for_each(|(who, wd)| who.gone(kernel, wd));
    }
}

//! What happens to files, told to those who asked: an instance of inotify.
//!
//! [`Notices`] knows who watches what and is told of every change; it hands events to the instances that want them, where
//! they wait to be read.

pub mod notices;
#[cfg(test)]
mod tests;

pub use notices::Notices;

use super::Node;
use crate::call::{Call, Stop, WAIT};
use crate::file::{At, Bytes, Events, File, Open, Status};
use crate::kernel::Kernel;
use crate::lock::Lock;
use crate::wait::WaitQueue;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::Errno;
use ashore_pivot::layout::event::*;
use ashore_pivot::layout::ioctl::FIONREAD;
use core::any::Any;
use notices::{Key, key_of};

/// What an instance keeps for its reader at most (`max_queued_events`).
const MOST_EVENTS: usize = 16384;
/// Bits of a mask that are events one may ask for.
const ASKED: u32 = 0xfff;

/// What is kept of an event.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Event {
    wd: i32,
    mask: u32,
    cookie: u32,
    name: Vec<u8>,
}

impl Event {
    /// The bytes of the name as they are read: the zero at its end and as many more as make it whole records.
    fn name_len(&self) -> usize {
        if self.name.is_empty() { 0 } else { (self.name.len() + 1).next_multiple_of(InotifyEvent::LEN) }
    }

    fn len(&self) -> usize {
        InotifyEvent::LEN + self.name_len()
    }

    fn encode(&self) -> Vec<u8> {
        let Event { wd, mask, cookie, .. } = *self;
        let mut bytes = InotifyEvent { wd, mask, cookie, len: self.name_len() as u32 }.encode().to_vec();
        bytes.extend_from_slice(&self.name);
        bytes.resize(self.len(), 0);
        bytes
    }
}

/// A file that is watched.
struct Watch {
    key: Key,
    /// The events wanted, and how they are told.
    mask: u32,
    /// The file, if it is one that can go away.
    node: Option<Weak<dyn Node>>,
}

#[derive(Default)]
struct Inner {
    watches: BTreeMap<i32, Watch>,
    by_key: BTreeMap<Key, i32>,
    last: i32,
    events: VecDeque<Event>,
}

impl Inner {
    /// Keeps an event, unless it says what the last one says. Where there is no room for it, it is lost, and that is told.
    fn push(&mut self, kernel: &Kernel, event: Event) {
        let overflow = Event { wd: -1, mask: IN_Q_OVERFLOW, cookie: 0, name: Vec::new() };
        let has_room = self.events.len() < MOST_EVENTS && !kernel.physical.is_scarce();
        let event = if has_room { event } else { overflow };
        let says_same = |last: &Event| (last.wd, last.mask, &last.name) == (event.wd, event.mask, &event.name);
        let is_known = self.events.back().is_some_and(|last| last.mask & IN_IGNORED == 0 && says_same(last));
        if !is_known {
            self.events.push_back(event);
        }
    }

    /// Takes a watch away and says so; what it watched.
    fn remove(&mut self, kernel: &Kernel, wd: i32) -> Option<Key> {
        let watch = self.watches.remove(&wd)?;
        self.by_key.remove(&watch.key);
        self.push(kernel, Event { wd, mask: IN_IGNORED, cookie: 0, name: Vec::new() });
        Some(watch.key)
    }
}

/// What happened to a file, or to a name in a directory.
#[derive(Clone, Copy, Debug)]
pub struct News<'a> {
    /// What: an event's bit, and `IN_ISDIR`.
    pub mask: u32,
    /// The name; empty for the file itself.
    pub name: &'a [u8],
    /// What the two halves of a rename have in common.
    pub cookie: u32,
    /// Whether the name is not in the directory any more.
    pub is_unlinked: bool,
}

/// An instance.
pub struct Inotify {
    me: Weak<Inotify>,
    inner: Lock<Inner>,
    queue: WaitQueue,
}

impl Inotify {
    /// An instance that watches nothing; `EMFILE` when there are too many.
    pub fn new(kernel: &Kernel) -> Result<Arc<Inotify>, Errno> {
        kernel.tree.notices.begin()?;
        Ok(Arc::new_cyclic(|me| Inotify { me: me.clone(), inner: Lock::default(), queue: WaitQueue::new() }))
    }

    /// The instance that a file is.
    pub fn of(open: &Open) -> Result<&Inotify, Errno> {
        open.file.as_any().downcast_ref().ok_or(Errno::EINVAL)
    }

    /// Watches a file, or watches it for something else; the number of the watch.
    pub fn add(&self, kernel: &Kernel, node: &Arc<dyn Node>, mask: u32) -> Result<i32, Errno> {
        let key = key_of(&**node);
        let wanted = mask & (ASKED | IN_ONESHOT | IN_EXCL_UNLINK) | IN_UNMOUNT;
        let mut inner = self.inner.lock();
        if let Some(&wd) = inner.by_key.get(&key) {
            if mask & IN_MASK_CREATE != 0 {
                return Err(Errno::EEXIST);
            }
            if let Some(watch) = inner.watches.get_mut(&wd) {
                watch.mask = if mask & IN_MASK_ADD != 0 { watch.mask | wanted } else { wanted };
            }
            return Ok(wd);
        }
        if kernel.physical.is_scarce() {
            return Err(Errno::ENOSPC);
        }
        inner.last = inner.last.checked_add(1).ok_or(Errno::ENOSPC)?;
        let wd = inner.last;
        kernel.tree.notices.enter(key, &self.me, wd)?;
        let node = node.attributes().map(|_| Arc::downgrade(node));
        inner.watches.insert(wd, Watch { key, mask: wanted, node });
        inner.by_key.insert(key, wd);
        Ok(wd)
    }

    /// Watches a file no more.
    pub fn remove(&self, kernel: &Kernel, wd: i32) -> Result<(), Errno> {
        let key = self.inner.lock().remove(kernel, wd).ok_or(Errno::EINVAL)?;
        kernel.tree.notices.leave(key, &self.me);
        self.queue.wake(kernel, Events::IN);
        Ok(())
    }

    /// Something happened to what a watch watches.
    fn tell(&self, kernel: &Kernel, wd: i32, news: News<'_>) {
        let done_with = {
            let mut inner = self.inner.lock();
            let Some(watch) = inner.watches.get(&wd) else { return };
            let mask = watch.mask;
            if news.mask & mask & ASKED == 0 || news.is_unlinked && mask & IN_EXCL_UNLINK != 0 {
                return;
            }
            // Of a file itself that moves or goes nobody is told whether it is a directory.
            let hidden = if news.mask & (IN_MOVE_SELF | IN_DELETE_SELF) != 0 { IN_ISDIR } else { 0 };
            let mask_told = news.mask & !hidden;
            inner.push(kernel, Event { wd, mask: mask_told, cookie: news.cookie, name: news.name.to_vec() });
            if mask & IN_ONESHOT != 0 { inner.remove(kernel, wd) } else { None }
        };
        if let Some(key) = done_with {
            kernel.tree.notices.leave(key, &self.me);
        }
        self.queue.wake(kernel, Events::IN);
    }

    /// What a watch watches has gone, if it has.
    fn gone(&self, kernel: &Kernel, wd: i32) {
        let is_gone = |watch: &Watch| watch.node.as_ref().is_some_and(|node| node.strong_count() == 0);
        if !self.inner.lock().watches.get(&wd).is_some_and(is_gone) {
            return;
        }
        self.tell(kernel, wd, News { mask: IN_DELETE_SELF, name: b"", cookie: 0, is_unlinked: false });
        // Unless that was to be told once.
        let _ = self.remove(kernel, wd);
    }
}

impl File for Inotify {
    fn read(&self, call: &mut Call<'_>, open: &Open, bytes: &mut dyn Bytes, _at: At) -> Result<u64, Stop> {
        let mut done = 0;
        self.queue.join(call.thread, Events::IN);
        loop {
            let event = {
                let mut inner = self.inner.lock();
                match inner.events.front() {
                    None => break,
                    Some(event) if event.len() > bytes.left() && done == 0 => return Err(Errno::EINVAL.into()),
                    Some(event) if event.len() > bytes.left() => break,
                    Some(_) => inner.events.pop_front(),
                }
            };
            let Some(event) = event.map(|event| event.encode()) else { break };
            match bytes.put(&event) {
                Ok(count) if count == event.len() => done += count as u64,
                // An event that could not be handed over whole is lost.
                Ok(_) | Err(_) if done == 0 => return Err(Errno::EFAULT.into()),
                Ok(_) | Err(_) => break,
            }
        }
        match done {
            0 if open.is_nonblocking() => Err(Errno::EAGAIN.into()),
            0 => Err(WAIT),
            done => Ok(done),
        }
    }

    fn ready(&self) -> Events {
        if self.inner.lock().events.is_empty() { Events::default() } else { Events::IN }
    }

    fn queue(&self) -> Option<&WaitQueue> {
        Some(&self.queue)
    }

    fn stat(&self, _call: &Call<'_>) -> Result<Status, Errno> {
        Ok(super::eventfd::nameless_status())
    }

    fn seek(&self, _open: &Open, _offset: i64, _whence: u32) -> Result<u64, Errno> {
        Ok(0)
    }

    fn control(&self, call: &mut Call<'_>, _open: &Open, request: u32, arg: u64) -> Result<u64, Stop> {
        if request != FIONREAD {
            return Err(Errno::ENOTTY.into());
        }
        let count: usize = self.inner.lock().events.iter().map(Event::len).sum();
        call.write(Addr(arg), &(count as u32))?;
        Ok(0)
    }

    fn closed(&self, kernel: &Kernel, _open: &Open) {
        let keys: Vec<Key> = self.inner.lock().by_key.keys().copied().collect();
        keys.into_iter().for_each(|key| kernel.tree.notices.leave(key, &self.me));
        kernel.tree.notices.end();
    }

    fn name(&self) -> String {
        String::from("anon_inode:inotify")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

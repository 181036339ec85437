//! Waiting for many files at once.
//!
//! Every file that is watched tells its instance when it changes; what may be ready waits in a list. A wait goes through
//! the list and asks each file what it is ready for now. So a wait costs what is ready, not what is watched.

#[cfg(test)]
mod tests;

use crate::call::{Call, Stop};
use crate::file::{Events, File, Open, Status};
use crate::kernel::Kernel;
use crate::lock::Lock;
use crate::wait::{WaitQueue, Watcher};
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use ashore_pivot::Errno;
use ashore_pivot::layout::event::{EPOLLET, EPOLLEXCLUSIVE, EPOLLONESHOT, EPOLLWAKEUP, EpollEvent};
use core::any::Any;

/// Events that are always told.
const ALWAYS: u32 = Events::ERR.0 | Events::HUP.0;
/// Bits that say how events are told.
const MANNER: u32 = EPOLLET | EPOLLONESHOT | EPOLLEXCLUSIVE | EPOLLWAKEUP;
/// Instances that watch one another.
const MOST_DEEP: u32 = 5;

/// An instance.
pub struct Epoll {
    me: Weak<Epoll>,
    inner: Lock<Inner>,
    queue: WaitQueue,
}

#[derive(Default)]
struct Inner {
    items: BTreeMap<u64, Item>,
    /// Items by descriptor and open file.
    by_file: BTreeMap<(u32, usize), u64>,
    /// Items that may be ready, each once.
    ready: VecDeque<u64>,
    next: u64,
}

/// Held while an instance comes to watch another one: two at once could close a circle, and what is ready is asked for without end.
static NESTING: Lock<()> = Lock::new(());

/// A file that is watched.
struct Item {
    open: Weak<Open>,
    key: (u32, usize),
    /// What is waited for; nothing after an event that was to be the only one.
    events: u32,
    data: u64,
    is_listed: bool,
}

impl Item {
    fn interest(&self) -> u32 {
        if self.events & !MANNER == 0 { 0 } else { self.events & !MANNER | ALWAYS }
    }
}

/// What to do with a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// Watch it.
    Add,
    /// Watch it for something else.
    Modify,
    /// Watch it no more.
    Remove,
}

fn address(open: &Arc<Open>) -> usize {
    Arc::as_ptr(open).addr()
}

impl Epoll {
    /// An instance that watches nothing.
    pub fn new() -> Arc<Epoll> {
        Arc::new_cyclic(|me| Epoll { me: me.clone(), inner: Lock::default(), queue: WaitQueue::new() })
    }

    /// The instance that a file is.
    pub fn of(open: &Open) -> Option<&Epoll> {
        open.file.as_any().downcast_ref()
    }

    fn watcher(&self) -> Weak<dyn Watcher> {
        self.me.clone()
    }

    /// Changes what is watched.
    pub fn change(
        &self,
        kernel: &Kernel,
        (fd, open): (u32, &Arc<Open>),
        change: Change,
        event: EpollEvent,
    ) -> Result<(), Errno> {
        let queue = open.file.queue().ok_or(Errno::EPERM)?;
        let _nesting = Epoll::of(open).map(|_| NESTING.lock());
        if let Some(other) = Epoll::of(open) {
            if core::ptr::eq(self, other) {
                return Err(Errno::EINVAL);
            }
            if change == Change::Add && (other.reaches(self, 0) || other.depth(0) >= MOST_DEEP) {
                return Err(Errno::ELOOP);
            }
        }
        let key = (fd, address(open));
        let known = {
            let inner = self.inner.lock();
            // The weak hold of an item keeps others from its file's address.
            inner.by_file.get(&key).copied()
        };
        match (change, known) {
            (Change::Add, Some(_)) => return Err(Errno::EEXIST),
            (Change::Modify | Change::Remove, None) => return Err(Errno::ENOENT),
            (Change::Remove, Some(token)) => {
                queue.unwatch(&self.watcher(), token);
                self.inner.lock().forget(token);
                return Ok(());
            }
            (Change::Modify, Some(token)) => {
                if event.events & EPOLLEXCLUSIVE != 0 {
                    return Err(Errno::EINVAL);
                }
                let mut inner = self.inner.lock();
                let item = inner.items.get_mut(&token).ok_or(Errno::ENOENT)?;
                (item.events, item.data) = (event.events, event.data);
                let interest = Events(item.interest());
                drop(inner);
                queue.unwatch(&self.watcher(), token);
                queue.watch(self.watcher(), token, interest);
                self.look(kernel, token, open);
            }
            (Change::Add, None) => {
                let mut inner = self.inner.lock();
                inner.forget_closed(fd);
                let token = inner.next;
                inner.next += 1;
                let (events, data) = (event.events, event.data);
                let item = Item { open: Arc::downgrade(open), key, events, data, is_listed: false };
                let interest = Events(item.interest());
                inner.items.insert(token, item);
                inner.by_file.insert(key, token);
                drop(inner);
                queue.watch(self.watcher(), token, interest);
                self.look(kernel, token, open);
            }
        }
        Ok(())
    }

    /// Lists an item if its file is ready now.
    fn look(&self, kernel: &Kernel, token: u64, open: &Open) {
        let events = open.file.ready();
        if events != Events::default() {
            self.changed(kernel, token, events);
        }
    }

    /// What of the watched files is ready, up to a number of them.
    pub fn harvest(&self, kernel: &Kernel, most: usize) -> Vec<EpollEvent> {
        let mut events = Vec::new();
        let mut held = Vec::new();
        {
            let mut inner = self.inner.lock();
            // Each item listed now is looked at once: those that stay ready are listed again behind the others.
            for _ in 0..inner.ready.len() {
                if events.len() >= most {
                    break;
                }
                let Some(token) = inner.ready.pop_front() else { break };
                inner.ask(token, &mut events, &mut held);
            }
        }
        held.into_iter().for_each(|open| kernel.close(open));
        events
    }

    /// The queue of those who wait for this instance.
    pub fn waiters(&self) -> &WaitQueue {
        &self.queue
    }

    fn watched(&self) -> Vec<Arc<Open>> {
        self.inner.lock().items.values().filter_map(|item| item.open.upgrade()).collect()
    }

    /// Whether it watches another one, directly or not.
    fn reaches(&self, other: &Epoll, depth: u32) -> bool {
        depth < MOST_DEEP
            && self
                .watched()
                .iter()
                .filter_map(|open| Epoll::of(open))
                .any(|watched| core::ptr::eq(watched, other) || watched.reaches(other, depth + 1))
    }

    fn depth(&self, depth: u32) -> u32 {
        if depth >= MOST_DEEP {
            return depth;
        }
        let watched = self.watched();
        watched.iter().filter_map(|open| Epoll::of(open)).map(|watched| watched.depth(depth + 1)).max().unwrap_or(depth)
    }
}

impl Inner {
    fn forget(&mut self, token: u64) {
        if let Some(item) = self.items.remove(&token) {
            self.by_file.remove(&item.key);
            if item.is_listed {
                self.ready.retain(|listed| *listed != token);
            }
        }
    }

    /// Forgets files that were closed and had this descriptor.
    fn forget_closed(&mut self, fd: u32) {
        let known = self.by_file.range((fd, 0)..=(fd, usize::MAX)).map(|(_, token)| *token);
        let is_closed = |token: &u64| self.items.get(token).is_none_or(|item| item.open.strong_count() == 0);
        let closed: Vec<u64> = known.filter(is_closed).collect();
        closed.into_iter().for_each(|token| self.forget(token));
    }

    /// Asks the file of a listed item what it is ready for. `held` keeps the file until the lock is let go.
    fn ask(&mut self, token: u64, events: &mut Vec<EpollEvent>, held: &mut Vec<Arc<Open>>) {
        let Some(item) = self.items.get_mut(&token) else { return };
        item.is_listed = false;
        let Some(open) = item.open.upgrade() else {
            let key = item.key;
            self.items.remove(&token);
            self.by_file.remove(&key);
            return;
        };
        let now = open.file.ready().0 & item.interest();
        held.push(open);
        if now == 0 {
            return;
        }
        events.push(EpollEvent { events: now, data: item.data });
        if item.events & EPOLLONESHOT != 0 {
            item.events &= MANNER;
        } else if item.events & EPOLLET == 0 {
            item.is_listed = true;
            self.ready.push_back(token);
        }
    }
}

impl Watcher for Epoll {
    fn changed(&self, kernel: &Kernel, token: u64, events: Events) {
        {
            let mut inner = self.inner.lock();
            let Some(item) = inner.items.get_mut(&token) else { return };
            if item.is_listed || item.interest() & events.0 == 0 {
                return;
            }
            item.is_listed = true;
            inner.ready.push_back(token);
        }
        self.queue.wake(kernel, Events::IN);
    }
}

impl File for Epoll {
    fn ready(&self) -> Events {
        // Beside the one that watches this one; there are no circles.
        let inner = self.inner.lock_also();
        let is_ready = inner.ready.iter().any(|token| {
            inner.items.get(token).is_some_and(|item| {
                // Dropping what was upgraded here may be the last hold; the file then is told by nobody, which only an
                // instance that is closed at the same moment can see.
                item.open.upgrade().is_some_and(|open| open.file.ready().0 & item.interest() != 0)
            })
        });
        if is_ready { Events::IN } else { Events::default() }
    }

    fn queue(&self) -> Option<&WaitQueue> {
        Some(&self.queue)
    }

    fn stat(&self, _call: &Call<'_>) -> Result<Status, Errno> {
        Ok(super::eventfd::nameless_status())
    }

    fn control(&self, _call: &mut Call<'_>, _open: &Open, _request: u32, _arg: u64) -> Result<u64, Stop> {
        Err(Errno::ENOTTY.into())
    }

    fn closed(&self, kernel: &Kernel, _open: &Open) {
        let items: Vec<(u64, Weak<Open>)> =
            self.inner.lock().items.iter().map(|(token, item)| (*token, item.open.clone())).collect();
        for (token, open) in items {
            let Some(open) = open.upgrade() else { continue };
            if let Some(queue) = open.file.queue() {
                queue.unwatch(&self.watcher(), token);
            }
            kernel.close(open);
        }
    }

    fn name(&self) -> String {
        String::from("anon_inode:[eventpoll]")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

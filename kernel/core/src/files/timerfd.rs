//! A timer as a file.

use crate::call::{Call, Stop, WAIT};
use crate::file::{At, Bytes, Events, File, Open, Status};
use crate::kernel::Kernel;
use crate::lock::Lock;
use crate::machine::Nanos;
use crate::timers::{Expire, TimerId};
use crate::wait::WaitQueue;
use alloc::string::String;
use alloc::sync::{Arc, Weak};
use ashore_pivot::Errno;
use core::any::Any;

/// A timer.
#[derive(Debug)]
pub struct TimerFd {
    me: Weak<TimerFd>,
    inner: Lock<Inner>,
    queue: WaitQueue,
    /// Whether it counts the time of day.
    pub is_wall: bool,
}

#[derive(Debug, Default)]
struct Inner {
    /// When it expires next, by the time since the start.
    next: Option<Nanos>,
    interval: Nanos,
    /// How often it expired since it was last read.
    expired: u64,
    id: Option<TimerId>,
}

impl Inner {
    /// Counts what has expired by now.
    fn count(&mut self, now: Nanos) {
        let Some(next) = self.next.filter(|next| *next <= now) else { return };
        if self.interval == 0 {
            self.expired += 1;
            self.next = None;
            return;
        }
        let times = (now - next) / self.interval + 1;
        self.expired += times;
        self.next = Some(next.saturating_add(times.saturating_mul(self.interval)));
    }
}

impl TimerFd {
    /// A timer that is off.
    pub fn new(is_wall: bool) -> Arc<TimerFd> {
        Arc::new_cyclic(|me| TimerFd { me: me.clone(), inner: Lock::default(), queue: WaitQueue::new(), is_wall })
    }

    /// Sets it: when it expires first, by the time since the start, and how often then. Gives what was left before.
    pub fn set(&self, kernel: &Kernel, next: Option<Nanos>, interval: Nanos) -> (Nanos, Nanos) {
        let (before, id) = {
            let mut inner = self.inner.lock();
            inner.count(kernel.now());
            let before = TimerFd::left(&inner, kernel.now());
            let id = inner.id.take();
            *inner = Inner { next, interval, expired: 0, id: None };
            (before, id)
        };
        id.into_iter().for_each(|id| kernel.timers.remove(id));
        self.arm(kernel);
        before
    }

    /// What is left until it expires, and how often it does.
    pub fn get(&self, kernel: &Kernel) -> (Nanos, Nanos) {
        let mut inner = self.inner.lock();
        inner.count(kernel.now());
        TimerFd::left(&inner, kernel.now())
    }

    fn left(inner: &Inner, now: Nanos) -> (Nanos, Nanos) {
        (inner.next.map_or(0, |next| next.saturating_sub(now).max(1)), inner.interval)
    }

    fn arm(&self, kernel: &Kernel) {
        let mut inner = self.inner.lock();
        if let Some(next) = inner.next {
            let me: Weak<dyn Expire> = self.me.clone();
            inner.id = Some(kernel.timers.add_other(next, me));
        }
    }
}

impl Expire for TimerFd {
    fn expired(self: Arc<Self>, kernel: &Kernel, now: Nanos) {
        self.inner.lock().count(now);
        self.arm(kernel);
        self.queue.wake(kernel, Events::IN);
    }
}

impl File for TimerFd {
    fn read(&self, call: &mut Call<'_>, open: &Open, bytes: &mut dyn Bytes, _at: At) -> Result<u64, Stop> {
        if bytes.left() < 8 {
            return Err(Errno::EINVAL.into());
        }
        let expired = {
            let mut inner = self.inner.lock();
            if inner.expired == 0 {
                if open.is_nonblocking() {
                    return Err(Errno::EAGAIN.into());
                }
                self.queue.join(call.thread, Events::IN);
                return Err(WAIT);
            }
            core::mem::take(&mut inner.expired)
        };
        bytes.put(&expired.to_le_bytes())?;
        Ok(8)
    }

    fn ready(&self) -> Events {
        if self.inner.lock().expired > 0 { Events::IN } else { Events::default() }
    }

    fn queue(&self) -> Option<&WaitQueue> {
        Some(&self.queue)
    }

    fn stat(&self, _call: &Call<'_>) -> Result<Status, Errno> {
        Ok(super::eventfd::nameless_status())
    }

    fn closed(&self, kernel: &Kernel, _open: &Open) {
        let id = self.inner.lock().id.take();
        id.into_iter().for_each(|id| kernel.timers.remove(id));
    }

    fn name(&self) -> String {
        String::from("anon_inode:[timerfd]")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

//! kqueue on epoll.
//!
//! The guest's kqueue descriptor is an epoll descriptor, so that select, poll, nesting, close and close-on-exec work
//! by themselves. What is watched and how to tell it is remembered beside it ([`queue`]); news that epoll cannot have -
//! user events, files that are always ready - wait in a list, and an event descriptor in the set (the bell) wakes
//! whoever waits. Some sources need a descriptor of ours; those have high numbers.
//!
//! Two halves of kqueue cannot be had: the error of a socket in `fflags` of an EOF (Linux gives it only by taking it
//! away from the program), and low-water marks (`NOTE_LOWAT`).

mod change;
pub mod filters;
mod poller;
pub mod queue;
pub mod record;
#[cfg(test)]
mod tests;
mod wait;

pub use filters::Filter;
pub use record::Layout;

use crate::{Answer, Args, Ctx, Fail};
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_base::{Addr, Bytes};
use ashore_pivot::{Errno, Sys};
use core::sync::atomic::AtomicBool;
use poller::{CLOEXEC, Set};
use queue::{Queue, ev};
use record::Event;
use spin::Mutex;

/// What a system must supply.
pub struct Words {
    /// The numbers of its filters.
    pub filters: &'static [(i32, Filter)],
    /// The units of its timers.
    pub timer: filters::timer::Units,
    /// Whether events repeat `EV_ADD`.
    pub keeps_add: bool,
    /// Whether any change, not only `EV_ADD`, takes `udata` and the rest over.
    pub changes_by_any: bool,
    /// Whether `EV_DELETE` wins over an `EV_ADD` in the same change.
    pub delete_beats_add: bool,
    /// Whether `EV_RECEIPT` exists.
    pub has_receipt: bool,
    /// The `NOTE_*` bit of a file that lost one of several names.
    pub unlink_note: u32,
    /// Whether a change of filter 0 is passed over.
    pub skips_zero: bool,
}

impl Words {
    /// The filter of a number.
    pub fn filter(&self, number: i32) -> Option<Filter> {
        self.filters.iter().find(|(value, _)| *value == number).map(|(_, filter)| *filter)
    }
}

/// The kqueues of a process.
#[derive(Default)]
pub struct Events {
    table: Mutex<Table>,
    /// Whether a note ever asked for a signal.
    counts_signals: AtomicBool,
}

#[derive(Default)]
struct Table {
    /// Each descriptor of a kqueue; a duplicated one stands twice.
    queues: Vec<(i32, Arc<Queue>)>,
    /// Descriptors that a fork copied although it should not have: closed by the child's next call that may.
    orphans: Vec<i32>,
}

impl Table {
    /// Each kqueue, once.
    fn each(&self) -> Vec<Arc<Queue>> {
        let mut each: Vec<Arc<Queue>> = Vec::with_capacity(self.queues.len());
        for (_, queue) in &self.queues {
            if !each.iter().any(|other| Arc::ptr_eq(other, queue)) {
                each.push(queue.clone());
            }
        }
        each
    }
}

impl Events {
    /// Forks with all locks held; the child has no kqueues.
    pub fn around_fork(&self, fork: &mut dyn FnMut() -> Result<i32, Errno>) -> Result<i32, Errno> {
        let mut table = self.table.lock();
        let queues = table.each();
        let locked: Vec<_> = queues.iter().map(|queue| queue.lock()).collect();
        let result = fork();
        if result == Ok(0) {
            for mut inner in locked {
                table.orphans.extend([inner.bell, inner.watcher].into_iter().filter(|fd| *fd >= 0));
                let hidden = inner.sources().filter(|(_, source)| source.is_hidden).map(|(_, source)| source.fd);
                table.orphans.extend(hidden);
            }
            let numbers: Vec<i32> = table.queues.drain(..).map(|(fd, _)| fd).collect();
            table.orphans.extend(numbers);
        }
        result
    }

    fn queues(&self) -> Vec<Arc<Queue>> {
        self.table.lock().each()
    }

    fn find(&self, fd: i32) -> Option<Arc<Queue>> {
        self.table.lock().queues.iter().find(|(number, _)| *number == fd).map(|(_, queue)| queue.clone())
    }
}

/// To be called in the child of a fork: it has no kqueues.
pub fn in_child(ctx: &Ctx<'_>) {
    if let Ok(bsd) = ctx.bsd() {
        close_orphans(ctx, &bsd.events);
    }
}

/// Closes, in the child of a fork, what it should not have got.
fn close_orphans(ctx: &Ctx<'_>, events: &Events) {
    let orphans = core::mem::take(&mut events.table.lock().orphans);
    for fd in orphans {
        poller::close(ctx, fd);
    }
}

/// `kqueue()`.
pub fn kqueue(ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    create(ctx, 0)
}

/// NetBSD's `kqueue1(flags)`, whose flags are `O_*`. The descriptor is never read or written, so that
/// only close-on-exec has a meaning.
pub fn kqueue1(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    const O_CLOEXEC: u64 = 0x40_0000;
    create(ctx, if args[0] & O_CLOEXEC != 0 { CLOEXEC } else { 0 })
}

/// FreeBSD's `kqueuex(flags)`.
pub fn kqueuex(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    const KQUEUE_CLOEXEC: u32 = 1;
    match args[0] as u32 {
        0 => create(ctx, 0),
        KQUEUE_CLOEXEC => create(ctx, CLOEXEC),
        _ => Err(Errno::EINVAL.into()),
    }
}

fn create(ctx: &mut Ctx<'_>, flags: u64) -> Answer {
    let events = &ctx.bsd()?.events;
    close_orphans(ctx, events);
    let fd = ctx.call(Sys::EPOLL_CREATE1, [flags, 0, 0, 0, 0, 0])?;
    let mut table = events.table.lock();
    table.queues.retain(|(number, _)| *number != fd as i32);
    table.queues.push((fd as i32, Arc::new(Queue::default())));
    Ok(fd.into())
}

/// `kevent` with 32-byte records.
pub fn kevent_classic(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    kevent(ctx, args, &Layout::CLASSIC)
}

/// `kevent` with 64-byte records.
pub fn kevent_extended(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    kevent(ctx, args, &Layout::EXTENDED)
}

/// `kevent` with 40-byte records.
pub fn kevent_wide(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    kevent(ctx, args, &Layout::WIDE)
}

/// `kevent` with 72-byte records.
pub fn kevent_wide_extended(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    kevent(ctx, args, &Layout::WIDE_EXTENDED)
}

/// `kevent(kq, changes, nchanges, events, nevents, timeout)`.
fn kevent(ctx: &mut Ctx<'_>, args: &Args, layout: &Layout) -> Answer {
    let bsd = ctx.bsd()?;
    let words = bsd.family.events;
    let fd = args[0] as i32;
    let queue = bsd.events.find(fd).or_else(|| find_duplicate(ctx, &bsd.events, fd)).ok_or(Errno::EBADF)?;
    let patience = patience(ctx, Addr(args[5]))?;
    let (changes, into) = (Addr(args[1]), Addr(args[3]));
    let change_count = (args[2] as i32).max(0) as u64;
    let room = (args[4] as i32).max(0) as usize;
    let set = Set { ctx, epoll: fd };

    let mut events = Vec::new();
    if change_count > 0 {
        let bytes = ctx.read_vec(changes, change_count * layout.size as u64)?;
        let changes: Vec<Event> = bytes.chunks_exact(layout.size).filter_map(|bytes| layout.decode(bytes)).collect();
        events = apply(set, words, &queue, &changes, room)?;
    }
    if events.is_empty() && room > 0 {
        events = wait::wait(set, words, &queue, room, patience)?;
    }
    if !events.is_empty() {
        let mut bytes = Vec::with_capacity(events.len() * layout.size);
        events.iter().for_each(|event| layout.encode(event, &mut bytes));
        ctx.write(into, &bytes)?;
    }
    Ok((events.len() as u64).into())
}

/// The time to wait for, from a `struct timespec`.
fn patience(ctx: &Ctx<'_>, at: Addr) -> Result<wait::Patience, Errno> {
    const SECOND: u64 = 1_000_000_000;
    if at.is_null() {
        return Ok(None);
    }
    let time: [u8; 16] = ctx.read(at)?;
    let time = Bytes(&time);
    let (seconds, nanos) = (time.u64(0).ok_or(Errno::EFAULT)?, time.u64(8).ok_or(Errno::EFAULT)?);
    if nanos >= SECOND || (seconds as i64) < 0 {
        return Err(Errno::EINVAL);
    }
    // A longer time than Linux takes is as good as for ever.
    Ok(Some(seconds.saturating_mul(SECOND).saturating_add(nanos).min(i64::MAX as u64)))
}

/// Applies changes in order; what failed or is to be receipted, as events. Without room for a failure it is the
/// call's.
fn apply(set: Set<'_, '_>, words: &Words, queue: &Queue, changes: &[Event], room: usize) -> Result<Vec<Event>, Fail> {
    let mut told = Vec::new();
    let mut inner = queue.lock();
    let mut rest = changes;
    while let Some((change, after)) = rest.split_first() {
        rest = after;
        if change.filter == 0 && words.skips_zero {
            continue;
        }
        let change = Event { flags: change.flags & !ev::SYSFLAGS, ..*change };
        if let Some((next, after)) = rest.split_first()
            && change::apply_pair(set, words, &mut inner, &change, next)
        {
            rest = after;
            continue;
        }
        let result = change::apply(set, words, &mut inner, &change);
        if result.is_ok() && (change.flags & ev::RECEIPT == 0 || !words.has_receipt) {
            continue;
        }
        if told.len() >= room {
            match result {
                Err(errno) => return Err(errno.into()),
                Ok(()) => continue,
            }
        }
        let data = result.err().map_or(0, |errno| i64::from((set.ctx.os.errno)(errno)));
        told.push(Event { flags: ev::ERROR, data, ..change });
    }
    Ok(told)
}

/// The kqueue that `fd` is a duplicate of, made unseen.
fn find_duplicate(ctx: &Ctx<'_>, events: &Events, fd: i32) -> Option<Arc<Queue>> {
    const KCMP_FILE: u64 = 0;
    let queues = events.table.lock().queues.clone();
    if queues.is_empty() || fd < 0 {
        return None;
    }
    let pid = ctx.call(Sys::GETPID, [0; 6]).ok()?;
    let is_same = |number: i32| ctx.call(Sys::KCMP, [pid, pid, KCMP_FILE, number as u64, fd as u64, 0]) == Ok(0);
    let (_, queue) = queues.iter().find(|(number, _)| is_same(*number))?;
    events.table.lock().queues.push((fd, queue.clone()));
    Some(queue.clone())
}

/// To be called before a descriptor of the program is closed, or replaced by another: its notes go, and
/// with the last descriptor of a kqueue all of its.
pub fn closed(ctx: &Ctx<'_>, fd: i32) {
    let Ok(bsd) = ctx.bsd() else { return };
    let (queues, ended) = {
        let mut table = bsd.events.table.lock();
        if table.queues.is_empty() && table.orphans.is_empty() {
            return;
        }
        let at = table.queues.iter().position(|(number, _)| *number == fd);
        let mine = at.map(|at| table.queues.swap_remove(at).1);
        let is_last = |queue: &Arc<Queue>| !table.queues.iter().any(|(_, other)| Arc::ptr_eq(other, queue));
        let ended = mine.filter(is_last);
        (table.queues.clone(), ended)
    };
    close_orphans(ctx, &bsd.events);
    for (epoll, queue) in &queues {
        let set = Set { ctx, epoll: *epoll };
        let mut inner = queue.lock();
        for filter in Filter::OF_DESCRIPTORS {
            if let Some(handle) = inner.find(fd as u64, filter)
                && let Some(source) = inner.remove(handle)
            {
                // An edge-triggered entry of a file that stays open elsewhere tells what nobody listens to; that
                // costs less than taking each out, since most leave by themselves.
                if source.polled != 0 && (source.polled & poller::epoll::ET == 0 || source.is_hidden) {
                    set.forget(source.fd);
                }
                filters::descriptor::dispose(ctx, &mut inner, &source);
            }
        }
    }
    if let Some(queue) = ended {
        end(ctx, &queue);
    }
}

/// Ends a kqueue whose last descriptor is about to go: who waits on it learns that.
fn end(ctx: &Ctx<'_>, queue: &Queue) {
    queue.close();
    let mut inner = queue.lock();
    if inner.bell >= 0 {
        poller::ring(ctx.linux(), inner.bell);
        poller::close(ctx, inner.bell);
        inner.bell = -1;
    }
    if inner.watcher >= 0 {
        poller::close(ctx, inner.watcher);
        inner.watcher = -1;
    }
    for source in inner.drain() {
        filters::descriptor::dispose(ctx, &mut inner, &source);
    }
}

/// The descriptors behind the kqueues, which the program did not open and must not close.
pub fn hidden(ctx: &Ctx<'_>) -> Vec<i32> {
    let Ok(bsd) = ctx.bsd() else { return Vec::new() };
    let mut hidden = Vec::new();
    for queue in bsd.events.queues() {
        let mut inner = queue.lock();
        hidden.extend([inner.bell, inner.watcher].into_iter().filter(|fd| *fd >= 0));
        hidden.extend(inner.sources().filter(|(_, source)| source.is_hidden).map(|(_, source)| source.fd));
    }
    hidden
}

/// To be called after a descriptor of the program was duplicated.
pub fn duplicated(ctx: &Ctx<'_>, old: i32, new: i32) {
    let Ok(bsd) = ctx.bsd() else { return };
    let mut table = bsd.events.table.lock();
    let queue = table.queues.iter().find(|(number, _)| *number == old).map(|(_, queue)| queue.clone());
    if let Some(queue) = queue {
        table.queues.push((new, queue));
    }
}

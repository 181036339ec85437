//! Waits for events and tells them.

use super::filters::{Filter, descriptor, process, steady, timer, user, vnode};
use super::poller::{Set, epoll};
use super::queue::{Handle, Inner, Kind, Note, Queue, Source, ev};
use super::record::Event;
use super::{Words, change};
use crate::Ctx;
use alloc::vec::Vec;
use ashore_base::Bytes;
use ashore_pivot::{Arg, Errno, Sys};

/// How many epoll events one wait takes at most: as many as Go asks for, and the bell.
const BATCH: usize = 65;

/// How long to wait, in nanoseconds; `None` for ever.
pub type Patience = Option<u64>;

/// The events a wait found.
struct Found {
    room: usize,
    events: Vec<Event>,
    measures: Vec<(usize, descriptor::Measure)>,
}

impl Found {
    fn is_full(&self) -> bool {
        self.events.len() >= self.room
    }
}

/// Waits for at most `room` events, at least one unless the time is over.
pub fn wait(
    set: Set<'_, '_>,
    words: &Words,
    queue: &Queue,
    room: usize,
    patience: Patience,
) -> Result<Vec<Event>, Errno> {
    let mut found = Found { room, events: Vec::new(), measures: Vec::new() };
    let deadline = match patience {
        Some(nanos) if nanos != 0 => Some(now(set.ctx).saturating_add(nanos)),
        _ => None,
    };
    let mut left = patience;
    loop {
        if queue.has_news() {
            let mut inner = queue.lock();
            tell_news(set, &mut inner, &mut found);
        }
        let shut = !found.events.is_empty();
        let count = poll(set, words, queue, &mut found, if shut { Some(0) } else { left });
        if queue.is_closed() {
            return Err(Errno::EBADF);
        }
        match count {
            // A signal that is only counted here is news, not an interruption.
            Err(Errno::RESTART) if !shut => return Err(Errno::RESTART_UNLESS_HANDLED),
            Err(errno) if !shut => return Err(errno),
            _ if !found.events.is_empty() => break,
            Ok(0) => break,
            // What came was nobody's any more.
            _ => {}
        }
        match deadline {
            Some(deadline) => left = Some(deadline.saturating_sub(now(set.ctx))),
            None if left == Some(0) => break,
            None => {}
        }
    }
    for (at, what) in &found.measures {
        if let Some(event) = found.events.get_mut(*at) {
            descriptor::measure(set.ctx, event, *what);
        }
    }
    Ok(found.events)
}

/// Asks the epoll set once; how many of its events there were.
fn poll(set: Set<'_, '_>, words: &Words, queue: &Queue, found: &mut Found, patience: Patience) -> Result<usize, Errno> {
    let room = found.room.saturating_sub(found.events.len()).saturating_add(1).min(BATCH);
    if found.is_full() {
        return Ok(0);
    }
    let mut small = [0; BATCH * epoll::RECORD];
    let Some(records) = small.get_mut(..room * epoll::RECORD) else { return Ok(0) };
    let count = epoll_wait(set, records, room, patience)?;
    if count == 0 {
        return Ok(0);
    }
    let mut inner = queue.lock();
    for record in records.chunks_exact(epoll::RECORD).take(count) {
        let record = Bytes(record);
        let (Some(bits), Some(word)) = (record.u32(0), record.u64(4)) else { continue };
        match Handle(word) {
            Handle::BELL => tell_news(set, &mut inner, found),
            Handle::WATCHER => {
                vnode::arrive(set, words, &mut inner);
                tell_news(set, &mut inner, found);
            }
            handle => hear(set, &mut inner, handle, bits, found),
        }
    }
    if inner.active_len() > 0 {
        set.ring(&mut inner);
    }
    Ok(count)
}

fn epoll_wait(set: Set<'_, '_>, records: &mut [u8], room: usize, patience: Patience) -> Result<usize, Errno> {
    const SIGSET_LEN: u64 = 8;
    let mut time = [0; 16];
    let (seconds, nanos) = time.split_at_mut(8);
    if let Some(patience) = patience {
        seconds.copy_from_slice(&(patience / 1_000_000_000).to_le_bytes());
        nanos.copy_from_slice(&(patience % 1_000_000_000).to_le_bytes());
    }
    let when = if patience.is_some() { Arg::In(&time) } else { Arg::Word(0) };
    let args = &mut [set.epoll.into(), Arg::Out(records), Arg::Word(room as u64), when, 0u64.into(), SIGSET_LEN.into()];
    let linux = set.ctx.linux();
    let count = match patience {
        Some(0) => linux.call_with(Sys::EPOLL_PWAIT2, args)?,
        _ => linux.wait_with(Sys::EPOLL_PWAIT2, args)?,
    };
    Ok(count as usize)
}

fn now(ctx: &Ctx<'_>) -> u64 {
    const CLOCK_MONOTONIC: u64 = 1;
    let mut time = [0; 16];
    let _ = ctx.call_with(Sys::CLOCK_GETTIME, &mut [CLOCK_MONOTONIC.into(), Arg::Out(&mut time)]);
    let time = Bytes(&time);
    let (seconds, nanos) = (time.u64(0).unwrap_or(0), time.u64(8).unwrap_or(0));
    seconds.saturating_mul(1_000_000_000).saturating_add(nanos)
}

/// Tells what sources have news of their own, each once.
fn tell_news(set: Set<'_, '_>, inner: &mut Inner, found: &mut Found) {
    for _ in 0..inner.active_len() {
        if found.is_full() {
            break;
        }
        let Some(handle) = inner.next_active() else { break };
        tell(set, inner, handle, found);
        if inner.source(handle).is_some_and(|source| source.has_news()) {
            inner.queue(handle);
        }
    }
}

/// Takes in an event of the epoll set and tells it.
fn hear(set: Set<'_, '_>, inner: &mut Inner, handle: Handle, bits: u32, found: &mut Found) {
    let Some(source) = inner.source(handle) else { return };
    match source.kind {
        Kind::Descriptor => descriptor::arrive(source, bits),
        Kind::Timer => timer::arrive(set.ctx, source),
        Kind::Process => process::arrive(set.ctx, source),
        Kind::Steady | Kind::User | Kind::Signal(_) | Kind::Vnode(_) => {}
    }
    tell(set, inner, handle, found);
    let Some(source) = inner.source(handle) else { return };
    if !source.has_news() {
        return;
    }
    // There was no room for it. The set tells again what is so, but not what it told as an edge.
    if source.polled & epoll::ET != 0 || matches!(source.kind, Kind::Timer) {
        inner.queue(handle);
    } else {
        source.notes.iter_mut().flatten().for_each(|note| note.fired = 0);
    }
}

/// Tells the news of a source's notes, as far as there is room.
fn tell(set: Set<'_, '_>, inner: &mut Inner, handle: Handle, found: &mut Found) {
    for n in 0..2 {
        let Some(source) = inner.source(handle) else { return };
        let Some(note) = source.notes.get(n).and_then(Option::as_ref) else { continue };
        if !note.enabled || note.fired == 0 {
            continue;
        }
        if found.is_full() {
            return;
        }
        let filter = note.filter;
        let is_told = match report(set.ctx, source, note) {
            Some((event, measure)) => {
                if let Some(measure) = measure {
                    found.measures.push((found.events.len(), measure));
                }
                found.events.push(event);
                true
            }
            None => {
                if matches!(source.kind, Kind::Steady) {
                    vnode::watch_growth(set, inner, handle);
                }
                false
            }
        };
        after(set, inner, handle, filter, is_told);
    }
}

fn report(ctx: &Ctx<'_>, source: &Source, note: &Note) -> Option<(Event, Option<descriptor::Measure>)> {
    match source.kind {
        Kind::Descriptor => Some(descriptor::report(source, note)),
        Kind::Steady => steady::report(ctx, source, note).map(|event| (event, None)),
        Kind::Process => process::report(source, note).map(|event| (event, None)),
        Kind::User => Some((user::report(source, note), None)),
        Kind::Vnode(_) => Some((vnode::report(source, note), None)),
        Kind::Timer | Kind::Signal(_) => Some((note.event(source.ident), None)),
    }
}

/// What becomes of a note that was told, or that had nothing to tell after all.
fn after(set: Set<'_, '_>, inner: &mut Inner, handle: Handle, filter: Filter, is_told: bool) {
    let Some(source) = inner.source(handle) else { return };
    let is_level = matches!(source.kind, Kind::Steady | Kind::User | Kind::Vnode(_));
    let is_over = matches!(source.kind, Kind::Process);
    let Some(note) = source.note(filter) else { return };
    if note.flags & ev::ONESHOT != 0 && (is_told || is_over) {
        change::delete(set, inner, handle, filter);
        return;
    }
    if note.is_edge() || !is_level || !is_told {
        note.fired = 0;
        note.count = 0;
    }
    if note.flags & ev::DISPATCH != 0 && is_told {
        note.enabled = false;
        let _ = descriptor::refresh(set, inner, handle);
    }
}

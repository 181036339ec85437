//! Applies what a program asks: notes added, changed, removed.

use super::Words;
use super::filters::{Filter, descriptor, process, signal, timer, user, vnode};
use super::poller::{Set, check_open, epoll};
use super::queue::{Handle, Inner, Kind, Note, ev};
use super::record::Event;
use ashore_pivot::Errno;

/// The actions of a change, which an event does not repeat.
const ACTIONS: u32 = ev::DELETE | ev::ENABLE | ev::DISABLE | ev::FORCEONESHOT | ev::KEEPUDATA | ev::RECEIPT;

/// Applies one change.
pub fn apply(set: Set<'_, '_>, words: &Words, inner: &mut Inner, change: &Event) -> Result<(), Errno> {
    let filter = words.filter(change.filter).ok_or(Errno::EINVAL)?;
    let handle = match inner.find(change.ident, filter) {
        Some(handle) if change.flags & ev::DELETE != 0 && (change.flags & ev::ADD == 0 || words.delete_beats_add) => {
            delete(set, inner, handle, filter);
            return Ok(());
        }
        Some(handle) => {
            touch(set, words, inner, handle, filter, change)?;
            handle
        }
        None if change.flags & ev::ADD != 0 => return attach(set, words, inner, change, filter),
        None => {
            if filter.is_of_descriptor() {
                check_open(set.ctx, change.ident)?;
            }
            return Err(Errno::ENOENT);
        }
    };
    settle(set, inner, handle)
}

/// Applies two changes at once when they are what Go asks for each connection: READ and WRITE, both new. `false`
/// when they are not, or when that failed: one by one then, so that each gets its own error.
pub fn apply_pair(set: Set<'_, '_>, words: &Words, inner: &mut Inner, read: &Event, write: &Event) -> bool {
    let filters = [words.filter(read.filter), words.filter(write.filter)];
    let is_pair = filters == [Some(Filter::Read), Some(Filter::Write)]
        && read.ident == write.ident
        && read.flags == write.flags
        && read.flags & !(ev::CLEAR | ev::ONESHOT | ev::DISPATCH) == ev::ADD
        && Filter::OF_DESCRIPTORS.iter().all(|filter| inner.find(read.ident, *filter).is_none());
    let notes = [(read, Filter::Read), (write, Filter::Write)];
    is_pair
        && descriptor::attach_pair(set, inner, read.ident, notes.map(|(change, filter)| note(words, change, filter)))
            .is_ok_and(|handle| settle(set, inner, handle).is_ok())
}

fn note(words: &Words, change: &Event, filter: Filter) -> Note {
    let kept = if words.keeps_add { ACTIONS } else { ACTIONS | ev::ADD };
    Note {
        filter,
        number: change.filter,
        flags: change.flags & !kept,
        enabled: change.flags & ev::DISABLE == 0,
        wanted: change.fflags,
        param: change.data,
        udata: change.udata,
        ext: change.ext,
        fired: 0,
        count: 0,
    }
}

fn attach(set: Set<'_, '_>, words: &Words, inner: &mut Inner, change: &Event, filter: Filter) -> Result<(), Errno> {
    let note = note(words, change, filter);
    let handle = match filter {
        Filter::Read | Filter::Write | Filter::Except => descriptor::attach(set, inner, change.ident, note)?,
        Filter::Timer => timer::attach(set, words, inner, change.ident, note)?,
        Filter::Proc => process::attach(set, inner, change.ident, note)?,
        Filter::User => inner.insert(super::queue::Source::new(change.ident, Kind::User, note)),
        Filter::Vnode => vnode::attach(set, inner, change.ident, note)?,
        Filter::Signal => signal::attach(set, inner, change.ident, note)?,
    };
    settle(set, inner, handle)
}

fn touch(
    set: Set<'_, '_>,
    words: &Words,
    inner: &mut Inner,
    handle: Handle,
    filter: Filter,
    change: &Event,
) -> Result<(), Errno> {
    let is_add = change.flags & ev::ADD != 0;
    let Some(source) = inner.source(handle) else { return Ok(()) };
    let is_steady = matches!(source.kind, Kind::Steady);
    let is_timer = matches!(source.kind, Kind::Timer);
    let Some(note) = source.note(filter) else { return Ok(()) };
    if change.flags & ev::FORCEONESHOT != 0 {
        note.flags |= ev::ONESHOT;
        note.fired |= if filter == Filter::Write { epoll::OUT } else { epoll::IN };
    }
    if change.flags & ev::ENABLE != 0 {
        note.enabled = true;
    } else if change.flags & ev::DISABLE != 0 {
        note.enabled = false;
    }
    if is_add || words.changes_by_any {
        if change.flags & ev::KEEPUDATA == 0 {
            note.udata = change.udata;
            note.ext = change.ext;
        }
        match filter {
            Filter::User => {}
            Filter::Timer if !is_add => {}
            _ => {
                note.wanted = change.fflags;
                note.param = change.data;
            }
        }
    }
    if filter == Filter::User {
        user::touch(note, change);
    }
    if is_steady && note.enabled {
        descriptor::fire_steady(source);
    }
    if is_timer && is_add {
        timer::touch(set.ctx, words, source)?;
    }
    if filter == Filter::Vnode {
        return vnode::touch(set, inner, handle);
    }
    descriptor::refresh(set, inner, handle)
}

/// Removes a note, and its source when that was the last.
pub fn delete(set: Set<'_, '_>, inner: &mut Inner, handle: Handle, filter: Filter) {
    match inner.remove_note(handle, filter) {
        Some(source) => {
            // Closing a second descriptor of a file would leave its entry in the set.
            if source.polled != 0 {
                set.forget(source.fd);
            }
            descriptor::dispose(set.ctx, inner, &source);
        }
        None => {
            let _ = descriptor::refresh(set, inner, handle);
        }
    }
}

/// Tells those who wait when a source has news of its own.
fn settle(set: Set<'_, '_>, inner: &mut Inner, handle: Handle) -> Result<(), Errno> {
    if let Some(source) = inner.source(handle)
        && source.has_news()
        && !source.is_queued
    {
        inner.queue(handle);
        set.ring(inner);
    }
    Ok(())
}

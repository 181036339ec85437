//! SIGNAL: how often a signal came to the process, whatever the program does with it.
//!
//! A signal that the calling threads block is counted when one of them unblocks it; the BSDs count it at once.

use super::Filter;
use crate::bsd::events::Events;
use crate::bsd::events::poller::{self, Set};
use crate::bsd::events::queue::{Handle, Inner, Kind, Note, Source, ev};
use ashore_pivot::{Errno, Linux, Signal};
use core::sync::atomic::Ordering;

/// Counts a signal from now on.
pub fn attach(set: Set<'_, '_>, inner: &mut Inner, ident: u64, mut note: Note) -> Result<Handle, Errno> {
    let signal = (set.ctx.os.signal_from)(ident).ok_or(Errno::EINVAL)?;
    set.ctx.kernel.watch_signal(signal)?;
    set.ctx.bsd()?.events.counts_signals.store(true, Ordering::Release);
    note.flags |= ev::CLEAR;
    let handle = inner.insert(Source::new(ident, Kind::Signal(signal), note));
    // Whoever takes the signal can ring the bell, but not make it.
    set.ring(inner);
    Ok(handle)
}

/// Counts a signal that came. Called by the process where it takes signals in, never in a host's handler.
pub fn arrive(linux: &dyn Linux, events: &Events, signal: Signal) {
    if !events.counts_signals.load(Ordering::Acquire) {
        return;
    }
    for queue in events.queues() {
        let mut inner = queue.lock();
        let is_it = |source: &Source| matches!(source.kind, Kind::Signal(of) if of == signal);
        let Some((handle, source)) = inner.sources().find(|(_, source)| is_it(source)) else { continue };
        if let Some(note) = source.note(Filter::Signal) {
            note.fired = 1;
            note.count += 1;
        }
        if source.has_news() {
            inner.queue(handle);
            poller::ring(linux, inner.bell);
        }
    }
}

//! TIMER: time that passes, on a timer descriptor of ours.

use crate::Ctx;
use crate::bsd::events::Words;
use crate::bsd::events::poller::{self, CLOEXEC, NONBLOCK, Set};
use crate::bsd::events::queue::{Handle, Inner, Kind, Note, Source, ev};
use ashore_pivot::{Arg, Errno, Sys};

/// The units of a system's timers.
pub struct Units {
    /// The `NOTE_*` bits that name a unit.
    pub mask: u32,
    /// What they name, in nanoseconds.
    pub units: &'static [(u32, u64)],
    /// `NOTE_ABSTIME`: the time is one of the real-time clock; 0 where the system lacks it.
    pub absolute: u32,
    /// Whether a period of 0 is refused; elsewhere it is the shortest there is.
    pub refuses_zero: bool,
    /// Whether adding a timer again starts it anew.
    pub restarts: bool,
}

const CLOCK_REALTIME: u64 = 0;
const CLOCK_MONOTONIC: u64 = 1;
const TFD_TIMER_ABSTIME: u64 = 1;

/// When a timer goes off, and then how often.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    is_absolute: bool,
    first_nanos: u64,
    every_nanos: u64,
}

fn plan(units: &Units, note: &Note) -> Result<Plan, Errno> {
    if note.wanted & !(units.mask | units.absolute) != 0 && units.mask != 0 {
        return Err(Errno::EINVAL);
    }
    let unit = note.wanted & units.mask;
    let (_, nanos) = units.units.iter().find(|(bits, _)| *bits == unit).ok_or(Errno::EINVAL)?;
    let count = u64::try_from(note.param).map_err(|_| Errno::EINVAL)?;
    let is_absolute = note.wanted & units.absolute != 0;
    if count == 0 && units.refuses_zero && !is_absolute {
        return Err(Errno::EINVAL);
    }
    let is_once = note.flags & ev::ONESHOT != 0;
    // A time of 0 would stop the timer; the end of time must fit Linux's signed seconds.
    let first_nanos = match count {
        0 if is_once || is_absolute => 1,
        0 => *nanos,
        _ => count.saturating_mul(*nanos).min(i64::MAX as u64),
    };
    let every_nanos = if is_once || is_absolute { 0 } else { first_nanos };
    Ok(Plan { is_absolute, first_nanos, every_nanos })
}

/// Adds a timer.
pub fn attach(set: Set<'_, '_>, words: &Words, inner: &mut Inner, ident: u64, mut note: Note) -> Result<Handle, Errno> {
    let plan = plan(&words.timer, &note)?;
    let clock = if plan.is_absolute { CLOCK_REALTIME } else { CLOCK_MONOTONIC };
    let fd = set.ctx.call(Sys::TIMERFD_CREATE, [clock, CLOEXEC | NONBLOCK, 0, 0, 0, 0])?;
    let fd = poller::hide(set.ctx, fd as i32);
    note.flags |= ev::CLEAR;
    let mut source = Source::new(ident, Kind::Timer, note);
    source.fd = fd;
    source.is_hidden = true;
    let handle = inner.insert(source);
    let started = start(set.ctx, fd, &plan).and_then(|()| super::descriptor::refresh(set, inner, handle));
    if let Err(errno) = started {
        inner.remove(handle);
        poller::close(set.ctx, fd);
        return Err(errno);
    }
    Ok(handle)
}

/// Starts a timer anew after its note changed.
pub fn touch(ctx: &Ctx<'_>, words: &Words, source: &Source) -> Result<(), Errno> {
    let Some(note) = source.notes.iter().flatten().next() else { return Ok(()) };
    if words.timer.restarts { start(ctx, source.fd, &plan(&words.timer, note)?) } else { Ok(()) }
}

fn start(ctx: &Ctx<'_>, fd: i32, plan: &Plan) -> Result<(), Errno> {
    const SECOND: u64 = 1_000_000_000;
    let words = [plan.every_nanos, plan.first_nanos].map(|nanos| [nanos / SECOND, nanos % SECOND]);
    let mut spec = [0; 32];
    for (into, word) in spec.chunks_exact_mut(8).zip(words.as_flattened()) {
        into.copy_from_slice(&word.to_le_bytes());
    }
    let flags = if plan.is_absolute { TFD_TIMER_ABSTIME } else { 0 };
    ctx.call_with(Sys::TIMERFD_SETTIME, &mut [fd.into(), flags.into(), Arg::In(&spec), 0u64.into()]).map(drop)
}

/// Takes in that the timer went off: how often since it was last read.
pub fn arrive(ctx: &Ctx<'_>, source: &mut Source) {
    let mut times = [0; 8];
    let read = ctx.call_with(Sys::READ, &mut [source.fd.into(), Arg::Out(&mut times), 8u64.into()]);
    if read == Ok(8)
        && let Some(note) = source.notes.iter_mut().flatten().next()
    {
        note.fired = 1;
        note.count = note.count.saturating_add(u64::from_le_bytes(times) as i64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bsd::events::filters::Filter;

    fn note(flags: u32, wanted: u32, param: i64) -> Note {
        let number = -7;
        let filter = Filter::Timer;
        Note { filter, number, flags, enabled: true, wanted, param, udata: 0, ext: [0; 4], fired: 0, count: 0 }
    }

    #[test]
    fn units_are_each_systems_own() {
        let freebsd = &crate::freebsd::FAMILY.events.timer;
        let netbsd = &crate::netbsd::FAMILY.events.timer;
        let dragonfly = &crate::dragonfly::FAMILY.events.timer;
        let first = |units, wanted| plan(units, &note(0, wanted, 3)).map(|plan| plan.first_nanos);
        assert_eq!(first(freebsd, 0), Ok(3_000_000));
        assert_eq!(first(freebsd, 1), Ok(3_000_000_000));
        assert_eq!(first(freebsd, 8), Ok(3));
        assert_eq!(first(freebsd, 3), Err(Errno::EINVAL));
        assert_eq!(first(netbsd, 0), Ok(3_000_000));
        assert_eq!(first(netbsd, 3), Ok(3));
        assert_eq!(first(dragonfly, 0), Ok(3_000_000));
    }

    #[test]
    fn once_and_absolute_have_no_period() {
        let units = &crate::freebsd::FAMILY.events.timer;
        let once = plan(units, &note(ev::ONESHOT, 0, 0)).expect("a plan");
        assert_eq!(once, Plan { is_absolute: false, first_nanos: 1, every_nanos: 0 });
        let at = plan(units, &note(0, 0x11, 1_700_000_000)).expect("a plan");
        assert_eq!((at.is_absolute, at.every_nanos), (true, 0));
        assert_eq!(plan(units, &note(0, 1, -1)), Err(Errno::EINVAL));
        assert_eq!(plan(units, &note(0, 1, i64::MAX)).map(|plan| plan.first_nanos), Ok(i64::MAX as u64));
    }
}

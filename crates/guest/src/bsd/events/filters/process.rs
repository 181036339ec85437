//! PROC: a process that ends, by a process descriptor of ours.
//!
//! Forks and execs of other processes cannot be seen this way; a note for them is accepted and tells of the end.

use crate::Ctx;
use crate::bsd::events::poller::{self, Set};
use crate::bsd::events::queue::{Handle, Inner, Kind, Note, Source, ev};
use crate::bsd::events::record::Event;
use ashore_base::Bytes;
use ashore_pivot::{Arg, Errno, Signal, Sys};

/// `NOTE_EXIT`, the same on the three systems.
const EXIT: u32 = 0x8000_0000;

/// Watches a process.
pub fn attach(set: Set<'_, '_>, inner: &mut Inner, ident: u64, mut note: Note) -> Result<Handle, Errno> {
    if note.wanted & !EXIT != 0 {
        set.ctx.kernel.note("EVFILT_PROC tells of exits only, not of forks and execs");
    }
    let pid = i32::try_from(ident).ok().filter(|pid| *pid > 0).ok_or(Errno::ESRCH)?;
    let fd = set.ctx.call(Sys::PIDFD_OPEN, [pid as u64, 0, 0, 0, 0, 0]);
    let fd = fd.map_err(|errno| if errno == Errno::EINVAL { Errno::ESRCH } else { errno })?;
    let fd = poller::hide(set.ctx, fd as i32);
    note.flags |= ev::CLEAR;
    let mut source = Source::new(ident, Kind::Process, note);
    source.fd = fd;
    source.is_hidden = true;
    let handle = inner.insert(source);
    if let Err(errno) = super::descriptor::refresh(set, inner, handle) {
        inner.remove(handle);
        poller::close(set.ctx, fd);
        return Err(errno);
    }
    Ok(handle)
}

/// Takes in that the process ended: the note is told once and goes.
pub fn arrive(ctx: &Ctx<'_>, source: &mut Source) {
    let fd = source.fd;
    let Some(note) = source.notes.iter_mut().flatten().next() else { return };
    note.flags |= ev::ONESHOT | ev::EOF;
    note.fired = EXIT;
    note.count = i64::from(status(ctx, fd).unwrap_or(0));
}

/// The event of a process that ended; `None` when the program did not ask for that.
pub fn report(source: &Source, note: &Note) -> Option<Event> {
    let fflags = note.wanted & EXIT;
    (fflags != 0).then(|| Event { fflags, ..note.event(source.ident) })
}

/// The wait status of a child that ended, in the guest's words; the child stays to be waited for.
fn status(ctx: &Ctx<'_>, fd: i32) -> Option<i32> {
    const P_PIDFD: u64 = 3;
    const WNOHANG: u64 = 1;
    const WEXITED: u64 = 4;
    const WNOWAIT: u64 = 0x0100_0000;
    const CLD_EXITED: u32 = 1;
    const CLD_DUMPED: u32 = 3;
    const CORE: i32 = 0x80;
    let mut info = [0; 128];
    let how = WEXITED | WNOHANG | WNOWAIT;
    let args = &mut [P_PIDFD.into(), fd.into(), Arg::Out(&mut info), how.into(), 0u64.into()];
    ctx.call_with(Sys::WAITID, args).ok()?;
    let info = Bytes(&info);
    let (code, status) = (info.u32(8)?, info.u32(24)?);
    if code == CLD_EXITED {
        return Some((status as i32 & 0xff) << 8);
    }
    let signal = (ctx.os.signal)(Signal::new(u64::from(status))?) as i32;
    Some(if code == CLD_DUMPED { signal | CORE } else { signal })
}

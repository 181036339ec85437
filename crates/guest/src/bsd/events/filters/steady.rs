//! READ and WRITE on what never makes anybody wait: files, directories, some devices. epoll refuses them.

use super::Filter;
use crate::Ctx;
use crate::bsd::events::queue::{Note, Source};
use crate::bsd::events::record::Event;
use ashore_base::Bytes;
use ashore_pivot::{Arg, Sys};

/// The event of a note; `None` for a file that is read to its end.
pub fn report(ctx: &Ctx<'_>, source: &Source, note: &Note) -> Option<Event> {
    let mut event = note.event(source.ident);
    if note.filter == Filter::Read
        && let Some(left) = left(ctx, source.fd)
    {
        if left == 0 {
            return None;
        }
        event.data = left;
    }
    Some(event)
}

/// How far the offset of a regular file is from its end; `None` for other files.
fn left(ctx: &Ctx<'_>, fd: i32) -> Option<i64> {
    const S_IFMT: u32 = 0o170_000;
    const S_IFREG: u32 = 0o100_000;
    const SEEK_CUR: u64 = 1;
    let mut stat = [0; 144];
    ctx.call_with(Sys::FSTAT, &mut [fd.into(), Arg::Out(&mut stat)]).ok()?;
    let stat = Bytes(&stat);
    if stat.u32(24)? & S_IFMT != S_IFREG {
        return None;
    }
    let at = ctx.call(Sys::LSEEK, [fd as u64, 0, SEEK_CUR, 0, 0, 0]).ok()?;
    Some((stat.u64(48)? as i64).wrapping_sub(at as i64))
}

//! Reading and writing.

use super::user::UserBytes;
use crate::call::{Answer, Call, Row, Stop, Why};
use crate::file::{At, Bytes, File, Open};
use ashore_pivot::layout::event::{IN_ACCESS, IN_MODIFY};
use ashore_pivot::layout::fcntl::{RWF_APPEND, RWF_DSYNC, RWF_HIPRI, RWF_NOWAIT, RWF_SYNC};
use ashore_pivot::{Errno, IoVec, Sys};
use core::iter::Empty;

/// The calls of this topic.
pub(crate) const ROWS: &[Row] = &[
    Row::new(Sys::READ, read),
    Row::new(Sys::WRITE, write),
    Row::new(Sys::READV, readv),
    Row::new(Sys::WRITEV, writev),
    Row::new(Sys::PREAD64, pread),
    Row::new(Sys::PWRITE64, pwrite),
    Row::new(Sys::PREADV, preadv),
    Row::new(Sys::PWRITEV, pwritev),
    Row::new(Sys::PREADV2, preadv2),
    Row::new(Sys::PWRITEV2, pwritev2),
    Row::new(Sys::LSEEK, lseek),
];

/// Whether bytes come or go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Read,
    Write,
}

impl Way {
    /// What those hear who watch the file.
    const fn news(self) -> u32 {
        match self {
            Way::Read => IN_ACCESS,
            Way::Write => IN_MODIFY,
        }
    }
}

/// Which memory of the caller's they are in: the one piece, or the many, of the second and third argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Shape {
    One,
    Many,
}

fn read(call: &mut Call<'_>) -> Answer {
    transfer_with(call, Way::Read, At::Here, one)
}

fn write(call: &mut Call<'_>) -> Answer {
    transfer_with(call, Way::Write, At::Here, one)
}

fn readv(call: &mut Call<'_>) -> Answer {
    transfer(call, Way::Read, Shape::Many, At::Here)
}

fn writev(call: &mut Call<'_>) -> Answer {
    transfer(call, Way::Write, Shape::Many, At::Here)
}

fn pread(call: &mut Call<'_>) -> Answer {
    let at = place(call)?;
    transfer(call, Way::Read, Shape::One, at)
}

fn pwrite(call: &mut Call<'_>) -> Answer {
    let at = place(call)?;
    transfer(call, Way::Write, Shape::One, at)
}

fn preadv(call: &mut Call<'_>) -> Answer {
    let at = place(call)?;
    transfer(call, Way::Read, Shape::Many, at)
}

fn pwritev(call: &mut Call<'_>) -> Answer {
    let at = place(call)?;
    transfer(call, Way::Write, Shape::Many, at)
}

fn preadv2(call: &mut Call<'_>) -> Answer {
    let at = place_or_here(call)?;
    transfer(call, Way::Read, Shape::Many, at)
}

fn pwritev2(call: &mut Call<'_>) -> Answer {
    let at = place_or_here(call)?;
    transfer(call, Way::Write, Shape::Many, at)
}

/// The place in the file that the fourth argument names.
fn place(call: &Call<'_>) -> Result<At, Stop> {
    let at = call.arg(3);
    if at > i64::MAX as u64 { Err(Errno::EINVAL.into()) } else { Ok(At::Place(at)) }
}

fn place_or_here(call: &Call<'_>) -> Result<At, Stop> {
    let flags = call.arg(5) as u32;
    if flags & !(RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND) != 0 {
        return Err(Errno::EOPNOTSUPP.into());
    }
    if call.arg(3) == u64::MAX { Ok(At::Here) } else { place(call) }
}

/// Moves bytes between a file and the caller. What a call moved before it had to wait is in its progress.
fn transfer(call: &mut Call<'_>, way: Way, shape: Shape, at: At) -> Answer {
    match shape {
        Shape::One => transfer_with(call, way, at, one),
        Shape::Many => transfer_with(call, way, at, |call| UserBytes::many(call.thread, call.arg(1), call.arg(2))),
    }
}

/// The one piece of memory of a call.
#[inline]
fn one<'k>(call: &Call<'k>) -> Result<UserBytes<'k, Empty<IoVec>>, Errno> {
    UserBytes::one(call.thread, call.arg(1), call.arg(2))
}

/// Hot: reads and writes of one piece have it to themselves.
#[inline(always)]
fn transfer_with<'k, R: Iterator<Item = IoVec>>(
    call: &mut Call<'k>,
    way: Way,
    at: At,
    pieces: impl FnOnce(&Call<'k>) -> Result<UserBytes<'k, R>, Errno>,
) -> Answer {
    let open = call.open(call.arg(0))?;
    let is_allowed = match way {
        Way::Read => open.can_read(),
        Way::Write => open.can_write(),
    };
    if !is_allowed {
        return Err(Errno::EBADF.into());
    }
    if let At::Place(_) = at
        && !open.file.has_places()
    {
        return Err(Errno::ESPIPE.into());
    }
    let mut bytes = pieces(call)?;
    if call.progress.done > 0 {
        bytes.skip(call.progress.done);
    }
    let result = match way {
        Way::Read => open.file.read(call, &open, &mut bytes, at),
        Way::Write => write_all(call, &open, &mut bytes, at),
    };
    let result = finish(call, result);
    if let Ok(count) = result {
        match way {
            Way::Read => call.thread.moved.read(count),
            Way::Write => call.thread.moved.written(count),
        }
        if !call.kernel.tree.notices.is_idle() && count > 0 {
            call.kernel.tree.notices.open(call.kernel, &open, way.news());
        }
    }
    result
}

/// Writes; what a stream has no room for now is written when it has.
#[inline]
fn write_all(call: &mut Call<'_>, open: &Open, bytes: &mut dyn Bytes, at: At) -> Answer {
    loop {
        let wanted = bytes.left() as u64;
        let count = open.file.write(call, open, bytes, at)?;
        if count >= wanted || bytes.left() == 0 || count == 0 || open.file.has_places() || open.is_nonblocking() {
            return Ok(count);
        }
        call.progress.done += count;
    }
}

/// What a call gives that may have moved bytes before it came to this result.
pub(super) fn finish(call: &Call<'_>, result: Answer) -> Answer {
    let before = call.progress.done;
    match result {
        Ok(count) => Ok(before + count),
        Err(Stop::Wait(_)) if call.why == Why::Signal && before > 0 => Ok(before),
        Err(Stop::Errno(_)) if before > 0 => Ok(before),
        stop => stop,
    }
}

fn lseek(call: &mut Call<'_>) -> Answer {
    let open = call.open(call.arg(0))?;
    Ok(open.file.seek(&open, call.arg(1) as i64, call.arg(2) as u32)?)
}

/// Copies from one file to another through the kernel, as much as there is at once.
pub(super) fn copy(
    call: &mut Call<'_>,
    from: (&dyn File, &Open, At),
    to: (&dyn File, &Open, At),
    most: u64,
) -> Result<u64, Stop> {
    let mut done = 0;
    let (mut read_at, mut write_at) = (from.2, to.2);
    while done < most {
        let mut buffer = alloc::vec::Vec::new();
        let wanted = (most - done).min(COPIED_AT_ONCE) as usize;
        let mut bytes = crate::file::OwnBytes::Into(&mut buffer, wanted);
        let count = match from.0.read(call, from.1, &mut bytes, read_at) {
            Ok(0) => break,
            Ok(count) => count,
            Err(_) if done > 0 => break,
            Err(stop) => return Err(stop),
        };
        call.kernel.tree.notices.open(call.kernel, from.1, IN_ACCESS);
        let mut bytes = crate::file::OwnBytes::From(&buffer);
        let written = match to.0.write(call, to.1, &mut bytes, write_at) {
            Ok(written) => written,
            Err(stop) => {
                put_back(from, count);
                if done > 0 {
                    break;
                }
                return Err(stop);
            }
        };
        done += written;
        call.kernel.tree.notices.open(call.kernel, to.1, IN_MODIFY);
        (read_at, write_at) = (read_at.plus(written), write_at.plus(written));
        if written < count {
            put_back(from, count - written);
            break;
        }
        if bytes.left() > 0 || count < wanted as u64 {
            break;
        }
    }
    call.thread.moved.read(done);
    call.thread.moved.written(done);
    Ok(done)
}

/// What was read and not written is to be read again.
fn put_back((file, open, at): (&dyn File, &Open, At), count: u64) {
    if at == At::Here {
        let _ = file.seek(open, -(count as i64), 1);
    }
}

/// Bytes of a copy that are in the kernel's memory at a time.
const COPIED_AT_ONCE: u64 = 64 << 10;

//! Moving bytes through pipes: between them, from and to files and sockets, and out of the caller's memory.
//!
//! What is taken out of a pipe and finds no room where it goes is put back in front. Bytes are copied; that pages could be
//! handed over instead is something only the time tells.

use super::copy::{moved, place};
use super::io::finish;
use super::user::{UserBytes, Using};
use crate::call::{Answer, Call, Row, Stop, Why};
use crate::file::{At, Bytes, O_APPEND, O_NONBLOCK, Open, OwnBytes};
use crate::files::Kind;
use crate::files::pipe::End;
use crate::memory::MAX_MOVED;
use crate::net::Socket;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_pivot::layout::event::{IN_ACCESS, IN_MODIFY};
use ashore_pivot::layout::fcntl::{SPLICE_F_GIFT, SPLICE_F_MORE, SPLICE_F_MOVE, SPLICE_F_NONBLOCK};
use ashore_pivot::{Errno, Sys};

/// The calls of this topic.
pub(crate) const ROWS: &[Row] =
    &[Row::new(Sys::SPLICE, splice), Row::new(Sys::TEE, tee), Row::new(Sys::VMSPLICE, vmsplice)];

/// Flags of these calls: that pages may move, that more comes and that pages are a gift change nothing here.
const SPLICE_F_ALL: u32 = SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT;
/// Bytes that are under way at a time.
const AT_ONCE: u64 = 64 << 10;

/// One side of a move.
struct Side<'k> {
    open: Using<'k>,
    at: At,
}

impl Side<'_> {
    fn pipe(&self) -> Option<&End> {
        End::of(&self.open)
    }

    /// Whether bytes can be moved from it, or to it, at all: not what is only a descriptor, nor from a device.
    fn is_movable(&self, refused: &[Kind]) -> bool {
        let is_file = self.open.node().is_some_and(|node| !refused.contains(&node.kind()));
        is_file || self.is_socket()
    }

    fn is_socket(&self) -> bool {
        self.open.file.as_any().downcast_ref::<Socket>().is_some()
    }

    fn told(&self, call: &Call<'_>, mask: u32) {
        call.kernel.tree.notices.open(call.kernel, &self.open, mask);
    }
}

/// Whether pipes are not to be waited for: the caller says so, or one of them is open that way.
fn is_impatient(flags: u32, ends: &[&Open]) -> bool {
    flags & SPLICE_F_NONBLOCK != 0 || ends.iter().any(|open| End::of(open).is_some() && open.is_nonblocking())
}

/// The two files of a call.
fn both<'k>(call: &Call<'k>, input: usize, output: usize) -> Result<(Using<'k>, Using<'k>), Errno> {
    let (input, output) = (call.open(call.arg(input))?, call.open(call.arg(output))?);
    if input.can_read() && output.can_write() { Ok((input, output)) } else { Err(Errno::EBADF) }
}

fn splice(call: &mut Call<'_>) -> Answer {
    let (most, flags) = (call.arg(4).min(MAX_MOVED), call.arg(5) as u32);
    if most == 0 {
        return Ok(0);
    }
    if flags & !SPLICE_F_ALL != 0 {
        return Err(Errno::EINVAL.into());
    }
    let (input, output) = both(call, 0, 2)?;
    let (is_from_pipe, is_to_pipe) = (End::of(&input).is_some(), End::of(&output).is_some());
    if is_from_pipe && !call.addr(1).is_null() || is_to_pipe && !call.addr(3).is_null() {
        return Err(Errno::ESPIPE.into());
    }
    let (from, to) = (place(call, 1)?, place(call, 3)?);
    let (mut input, mut output) = (Side { open: input, at: from }, Side { open: output, at: to });
    let is_placeless = |side: &Side<'_>| side.at != At::Here && !side.open.file.has_places();
    let is_movable = input.is_movable(&[Kind::Directory, Kind::Character]) && output.is_movable(&[Kind::Directory]);
    if is_placeless(&input) || is_placeless(&output) || !is_movable {
        return Err(Errno::EINVAL.into());
    }
    let is_impatient = is_impatient(flags, &[&input.open, &output.open]);
    let count = match (input.pipe(), output.pipe()) {
        (None, None) => return Err(Errno::EINVAL.into()),
        (Some(one), Some(other)) if one.is_same_pipe(other) => return Err(Errno::EINVAL.into()),
        (_, Some(_)) => into_pipe(call, &mut input, &output, (most, is_impatient))?,
        (Some(_), None) => out_of_pipe(call, &input, &mut output, (most, is_impatient))?,
    };
    if count > 0 {
        input.told(call, IN_ACCESS);
        output.told(call, IN_MODIFY);
    }
    moved(call, call.addr(1), from, count)?;
    moved(call, call.addr(3), to, count)?;
    Ok(count)
}

/// Moves until enough was moved or a step has nothing; that it must wait or fails counts only at the start.
fn steps(most: u64, mut step: impl FnMut(u64) -> Result<u64, Stop>) -> Result<u64, Stop> {
    let mut done = 0;
    while done < most {
        match step((most - done).min(AT_ONCE)) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(stop) if done == 0 => return Err(stop),
            Err(_) => break,
        }
    }
    Ok(done)
}

/// From anything into a pipe, as much as there is room for.
fn into_pipe(
    call: &mut Call<'_>,
    input: &mut Side<'_>,
    output: &Side<'_>,
    (most, is_impatient): (u64, bool),
) -> Answer {
    let Some(to) = output.pipe() else { return Err(Errno::EINVAL.into()) };
    let impatient = (is_impatient && input.is_socket()).then(|| {
        // A socket is not waited for either.
        Open::new(input.open.file.clone(), input.open.flags() | O_NONBLOCK)
    });
    steps(most, |wanted| {
        if let Some(from) = input.pipe()
            && !from.await_bytes(call, is_impatient)?
        {
            return Ok(0);
        }
        let room = to.await_room(call, is_impatient)? as u64;
        let mut bytes = Vec::new();
        let mut into = OwnBytes::Into(&mut bytes, wanted.min(room) as usize);
        let open: &Open = impatient.as_deref().unwrap_or(&input.open);
        let count = input.open.file.read(call, open, &mut into, input.at)?;
        input.at = input.at.plus(count);
        to.give(call.kernel, &bytes)?;
        Ok(count)
    })
}

/// From a pipe into anything that is none.
fn out_of_pipe(
    call: &mut Call<'_>,
    input: &Side<'_>,
    output: &mut Side<'_>,
    (most, is_impatient): (u64, bool),
) -> Answer {
    let Some(from) = input.pipe() else { return Err(Errno::EINVAL.into()) };
    if output.at != At::Here && output.open.flags() & O_APPEND != 0 {
        return Err(Errno::EINVAL.into());
    }
    steps(most, |wanted| {
        if !from.await_bytes(call, is_impatient)? {
            return Ok(0);
        }
        let bytes = from.take(call.kernel, wanted as usize)?;
        let written = output.open.file.write(call, &output.open, &mut OwnBytes::From(&bytes), output.at);
        let count = *written.as_ref().unwrap_or(&0);
        from.put_back(call.kernel, bytes.get(count as usize..).unwrap_or_default())?;
        output.at = output.at.plus(count);
        written
    })
}

fn tee(call: &mut Call<'_>) -> Answer {
    let (most, flags) = (call.arg(2).min(AT_ONCE), call.arg(3) as u32);
    if flags & !SPLICE_F_ALL != 0 {
        return Err(Errno::EINVAL.into());
    }
    if most == 0 {
        return Ok(0);
    }
    let (input, output) = both(call, 0, 1)?;
    let (Some(from), Some(to)) = (End::of(&input), End::of(&output)) else { return Err(Errno::EINVAL.into()) };
    if from.is_same_pipe(to) {
        return Err(Errno::EINVAL.into());
    }
    let is_impatient = is_impatient(flags, &[&input, &output]);
    if !from.await_bytes(call, is_impatient)? {
        return Ok(0);
    }
    let room = to.await_room(call, is_impatient)?;
    let bytes = from.peek(room.min(most as usize))?;
    to.give(call.kernel, &bytes)?;
    Ok(bytes.len() as u64)
}

fn vmsplice(call: &mut Call<'_>) -> Answer {
    let flags = call.arg(3) as u32;
    if flags & !SPLICE_F_ALL != 0 {
        return Err(Errno::EINVAL.into());
    }
    let open = call.open(call.arg(0))?;
    let mut bytes = UserBytes::many(call.thread, call.arg(1), call.arg(2))?;
    if bytes.left() == 0 {
        return Ok(0);
    }
    End::of(&open).ok_or(Errno::EBADF)?;
    // The same end, as one that waits or does not: only the call's own flag counts.
    let patience = if flags & SPLICE_F_NONBLOCK != 0 { O_NONBLOCK } else { 0 };
    let end = Open::new(open.file.clone(), open.flags() & !O_NONBLOCK | patience);
    if !open.can_write() {
        return end.file.read(call, &end, &mut bytes, At::Here);
    }
    let result = write_all(call, &end, &mut bytes);
    finish(call, result)
}

/// Writes all of the caller's memory to a pipe, waiting for room if need be.
fn write_all(call: &mut Call<'_>, end: &Arc<Open>, bytes: &mut UserBytes<'_>) -> Answer {
    bytes.skip(call.progress.done);
    loop {
        let count = end.file.write(call, end, bytes, At::Here)?;
        if bytes.left() == 0 || count == 0 || end.is_nonblocking() || call.why == Why::Signal {
            return Ok(count);
        }
        call.progress.done += count;
    }
}

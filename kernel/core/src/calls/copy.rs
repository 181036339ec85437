//! Copying between files without the caller's memory.

use super::io::copy;
use crate::call::{Answer, Call, Row};
use crate::file::{At, Open};
use alloc::sync::Arc;
use ashore_base::Addr;
use ashore_pivot::{Errno, Sys};

/// The calls of this topic.
pub(crate) const ROWS: &[Row] = &[Row::new(Sys::SENDFILE, sendfile), Row::new(Sys::COPY_FILE_RANGE, copy_file_range)];

/// The place in a file that a pointer argument names, if it is not null.
pub(super) fn place(call: &Call<'_>, nth: usize) -> Result<At, Errno> {
    let at = call.addr(nth);
    if at.is_null() {
        return Ok(At::Here);
    }
    let place: u64 = call.read(at)?;
    if place > i64::MAX as u64 { Err(Errno::EINVAL) } else { Ok(At::Place(place)) }
}

/// Tells the caller where the place is after a copy.
pub(super) fn moved(call: &Call<'_>, at: Addr, before: At, count: u64) -> Result<(), Errno> {
    match before.plus(count) {
        At::Here => Ok(()),
        At::Place(place) => call.write(at, &place),
    }
}

fn sendfile(call: &mut Call<'_>) -> Answer {
    let (output, input) = (call.open(call.arg(0))?, call.open(call.arg(1))?);
    if !input.can_read() || !output.can_write() {
        return Err(Errno::EBADF.into());
    }
    let at = place(call, 2)?;
    if !input.file.has_places() {
        return Err(if at == At::Here { Errno::EINVAL } else { Errno::ESPIPE }.into());
    }
    let most = call.arg(3).min(crate::memory::MAX_MOVED);
    let count = copy(call, (&*input.file, &input, at), (&*output.file, &output, At::Here), most)?;
    moved(call, call.addr(2), at, count)?;
    Ok(count)
}

fn copy_file_range(call: &mut Call<'_>) -> Answer {
    if call.arg(5) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let (input, output) = (call.open(call.arg(0))?, call.open(call.arg(2))?);
    if !input.can_read() || !output.can_write() || output.flags() & crate::file::O_APPEND != 0 {
        return Err(Errno::EBADF.into());
    }
    let regular = |open: &Open| {
        open.node().map(|node| node.kind()).map_or(Err(Errno::EINVAL), |kind| match kind {
            crate::files::Kind::Regular => Ok(()),
            crate::files::Kind::Directory => Err(Errno::EISDIR),
            _ => Err(Errno::EINVAL),
        })
    };
    regular(&input)?;
    regular(&output)?;
    let (from, to) = (place(call, 1)?, place(call, 3)?);
    let most = call.arg(4).min(crate::memory::MAX_MOVED);
    check_apart((&input, from), (&output, to), most)?;
    let count = copy(call, (&*input.file, &input, from), (&*output.file, &output, to), most)?;
    moved(call, call.addr(1), from, count)?;
    moved(call, call.addr(3), to, count)?;
    Ok(count)
}

/// Fails when both are one file and the copy would write what it reads.
fn check_apart((input, from): (&Open, At), (output, to): (&Open, At), most: u64) -> Result<(), Errno> {
    let (Some(node), Some(other)) = (input.node(), output.node()) else { return Ok(()) };
    let at = |open: &Open, at| match at {
        At::Here => *open.offset.lock(),
        At::Place(place) => place,
    };
    let (from, to) = (at(input, from), at(output, to));
    let count = most.min(node.status().size.saturating_sub(from));
    let do_meet = to < from.saturating_add(count) && from < to.saturating_add(count);
    if do_meet && Arc::ptr_eq(node, other) { Err(Errno::EINVAL) } else { Ok(()) }
}

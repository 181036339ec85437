//! `sendfile`, which FreeBSD and DragonFly share: a range of a file, with bytes before and after it.

use super::{calls::fd, host};
use crate::{Answer, Args, Ctx, Fail};
use ashore_base::Addr;
use ashore_pivot::{Arg, Errno, Sys};

/// The most one call of Linux transfers.
const CHUNK: u64 = 0x7fff_f000;

/// `sendfile(fd, s, offset, nbytes, struct sf_hdtr *, off_t *sbytes, flags)`.
///
/// What was sent is told through `sbytes`, in failure too; the result itself is 0. Zero `nbytes` mean the rest of the file.
pub fn sendfile(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let [file, socket, offset, count, around, sent_at, ..] = *args;
    if (offset as i64) < 0 {
        return Err(Errno::EINVAL.into());
    }
    check_ends(ctx, fd(file), fd(socket))?;
    let around = if around == 0 { Around::default() } else { Around::read(ctx, Addr(around))? };
    let mut sent = 0;
    let result = send_all(ctx, &around, [file, socket, offset, count], &mut sent);
    if sent_at != 0 {
        ctx.write(Addr(sent_at), &sent.to_le_bytes())?;
    }
    match result {
        Ok(()) => Ok(0.into()),
        // Part of it may have gone: the call tells how much, and is never made again by the system.
        Err(errno) => Err(Fail::Linux(errno.never_restart())),
    }
}

/// The source must be a file of bytes, the other end a connected stream.
fn check_ends(ctx: &Ctx<'_>, file: i32, socket: i32) -> Result<(), Errno> {
    const MODE_AT: usize = 24;
    const S_IFMT: u32 = 0o170_000;
    const S_IFREG: u32 = 0o100_000;
    let mut stat = [0; 144];
    ctx.call_with(Sys::FSTAT, &mut [file.into(), Arg::Out(&mut stat)])?;
    let mode = stat.get(MODE_AT..).and_then(|bytes| bytes.first_chunk()).map_or(0, |bytes| u32::from_le_bytes(*bytes));
    if mode & S_IFMT != S_IFREG || host::kind(ctx, socket)? != host::SOCK_STREAM {
        return Err(Errno::EINVAL);
    }
    Ok(())
}

/// `struct sf_hdtr`: two vectors of memory.
#[derive(Default)]
struct Around {
    before: (u64, u64),
    after: (u64, u64),
}

impl Around {
    fn read(ctx: &Ctx<'_>, at: Addr) -> Result<Around, Errno> {
        let vector = |at: Addr| Ok::<_, Errno>((ctx.read_u64(at)?, u64::from(ctx.read_u32(at.plus(8))?)));
        Ok(Around { before: vector(at)?, after: vector(at.plus(16))? })
    }
}

fn send_all(ctx: &Ctx<'_>, around: &Around, words: [u64; 4], sent: &mut u64) -> Result<(), Errno> {
    let [file, socket, offset, count] = words;
    send_vector(ctx, socket, around.before, sent)?;
    let mut at = offset;
    let mut left = if count == 0 { u64::MAX } else { count };
    while left > 0 {
        let mut position = at.to_le_bytes();
        let mut args = [socket.into(), file.into(), Arg::Out(&mut position), left.min(CHUNK).into()];
        let moved = ctx.wait_with(Sys::SENDFILE, &mut args)?;
        if moved == 0 {
            break;
        }
        *sent += moved;
        at = at.wrapping_add(moved);
        left -= moved.min(left);
    }
    send_vector(ctx, socket, around.after, sent)
}

/// Sends a vector; a short write counts as a full buffer.
fn send_vector(ctx: &Ctx<'_>, socket: u64, (at, pieces): (u64, u64), sent: &mut u64) -> Result<(), Errno> {
    if at == 0 || pieces == 0 {
        return Ok(());
    }
    let mut want = 0u64;
    for n in 0..pieces.min(1024) {
        want = want.saturating_add(ctx.read_u64(Addr(at).plus(n * 16 + 8))?);
    }
    let moved = ctx.wait(Sys::WRITEV, [socket, at, pieces, 0, 0, 0])?;
    *sent += moved;
    if moved < want { Err(Errno::EAGAIN) } else { Ok(()) }
}

//! `sendmmsg` and `recvmmsg`: several messages in one call.

use super::calls::fd;
use super::message::{self, MsgHdr};
use crate::{Answer, Args, Ctx, Fail};
use ashore_base::Addr;
use ashore_pivot::{Errno, Sys};

/// `struct mmsghdr`: a header, the length of what was transferred, and padding.
const SIZE: u64 = MsgHdr::SIZE + 8;
/// More messages than this in one call are cut, as the systems do.
const MAX: u32 = 1024;
/// `MSG_DONTWAIT` of the three systems.
const MSG_DONTWAIT: u32 = 0x80;

/// What a call answers after `done` messages and an error: the error only counts when it is the first thing that happened.
fn after(done: u32, fail: Fail) -> Answer {
    if done == 0 { Err(fail) } else { Ok(u64::from(done).into()) }
}

/// `sendmmsg(s, struct mmsghdr *, count, flags)`.
pub fn sendmmsg(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let (at, count, flags) = (Addr(args[1]), (args[2] as u32).min(MAX), args[3] as u32);
    for n in 0..count {
        let at = at.plus(u64::from(n) * SIZE);
        let sent = MsgHdr::read(ctx, at)
            .map_err(Fail::from)
            .and_then(|header| message::send(ctx, fd(args[0]), &header, flags));
        match sent {
            Ok(sent) => ctx.write(at.plus(MsgHdr::SIZE), &(sent as u32).to_le_bytes())?,
            Err(fail) => return after(n, fail),
        }
    }
    Ok(u64::from(count).into())
}

/// `recvmmsg(s, struct mmsghdr *, count, flags, const struct timespec *)`.
pub fn recvmmsg(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let (at, count, mut flags) = (Addr(args[1]), (args[2] as u32).min(MAX), args[3] as u32);
    let deadline = deadline(ctx, Addr(args[4]))?;
    let only_first_waits = flags & ctx.bsd()?.family.sockets.msg_waitforone != 0;
    for n in 0..count {
        let at = at.plus(u64::from(n) * SIZE);
        match message::receive(ctx, fd(args[0]), at, flags) {
            Ok(got) => ctx.write(at.plus(MsgHdr::SIZE), &(got as u32).to_le_bytes())?,
            Err(errno) => return after(n, errno.into()),
        }
        if only_first_waits {
            flags |= MSG_DONTWAIT;
        }
        // The time is looked at after each message only, there as here.
        if deadline.is_some_and(|deadline| now(ctx).is_ok_and(|now| now >= deadline)) {
            return Ok(u64::from(n + 1).into());
        }
    }
    Ok(u64::from(count).into())
}

fn deadline(ctx: &Ctx<'_>, at: Addr) -> Result<Option<i128>, Errno> {
    if at == Addr::NULL {
        return Ok(None);
    }
    let (seconds, nanos) = (ctx.read_u64(at)? as i64, ctx.read_u64(at.plus(8))? as i64);
    if !(0..1_000_000_000).contains(&nanos) || seconds < 0 {
        return Err(Errno::EINVAL);
    }
    Ok(Some(now(ctx)? + nanoseconds(seconds, nanos)))
}

fn nanoseconds(seconds: i64, nanos: i64) -> i128 {
    i128::from(seconds) * 1_000_000_000 + i128::from(nanos)
}

/// The monotonic clock in nanoseconds.
fn now(ctx: &Ctx<'_>) -> Result<i128, Errno> {
    const CLOCK_MONOTONIC: u64 = 1;
    let mut time = [0; 16];
    ctx.call_with(Sys::CLOCK_GETTIME, &mut [CLOCK_MONOTONIC.into(), ashore_pivot::Arg::Out(&mut time)])?;
    let half =
        |n: usize| time.get(n..).and_then(|bytes| bytes.first_chunk()).map_or(0, |bytes| i64::from_le_bytes(*bytes));
    Ok(nanoseconds(half(0), half(8)))
}

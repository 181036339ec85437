//! NetBSD's parking: one permission per thread, remembered when it comes first.

use super::read_timespec;
use crate::{Answer, Args, Ctx, Fail, ParkEnd, Timeout, Value};
use ashore_base::Addr;
use ashore_pivot::{Arg, Errno, Sys};

/// NetBSD's clocks, and Linux's of the same meaning.
const CLOCK_REALTIME: i32 = 0;
const CLOCK_MONOTONIC: i32 = 3;
const LINUX_MONOTONIC: i32 = 1;
/// The time is a time, not how long.
const TIMER_ABSTIME: u32 = 1;
/// How many threads one call wakes.
const UNPARK_MAX: u64 = 1024;

/// `___lwp_park60(clock_id, flags, ts, unpark, hint, unparkhint)`.
pub fn park60(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let clock = match args[0] as i32 {
        CLOCK_REALTIME => 0,
        CLOCK_MONOTONIC => LINUX_MONOTONIC,
        _ => return Err(Errno::EINVAL.into()),
    };
    let at = Addr(args[2]);
    let is_absolute = args[1] as u32 & TIMER_ABSTIME != 0;
    let timeout = match (at.is_null(), is_absolute) {
        (true, _) => Timeout::Never,
        (false, true) => Timeout::At { clock, nanos: read_timespec(ctx, at)? },
        (false, false) => Timeout::In(read_timespec(ctx, at)?),
    };
    unpark_first(ctx, args[3])?;
    let Timeout::In(nanos) = timeout else { return park(ctx, timeout) };
    // A relative time is what is left of it afterwards, so it is waited for as a time: one look at the
    // clock before, and one after only when the wait ended early.
    let deadline = now(ctx)?.saturating_add(nanos);
    let answer = park(ctx, Timeout::At { clock: LINUX_MONOTONIC, nanos: deadline });
    let left = match answer {
        Err(Fail::Linux(Errno::ETIMEDOUT)) => 0,
        _ => deadline.saturating_sub(now(ctx)?),
    };
    let left = [left / 1_000_000_000, left % 1_000_000_000].map(u64::to_le_bytes);
    ctx.write(at, left.as_flattened())?;
    answer
}

/// `_lwp_park(ts, unpark, hint, unparkhint)`, the older call: the time is always a time.
pub fn park50(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let timeout = match args[0] {
        0 => Timeout::Never,
        at => Timeout::At { clock: 0, nanos: read_timespec(ctx, Addr(at))? },
    };
    unpark_first(ctx, args[1])?;
    park(ctx, timeout)
}

fn unpark_first(ctx: &Ctx<'_>, target: u64) -> Result<(), Fail> {
    let target = u64::from(target as u32);
    if target != 0 && !ctx.kernel.unpark(target) {
        return Err(Errno::ESRCH.into());
    }
    Ok(())
}

fn park(ctx: &Ctx<'_>, timeout: Timeout) -> Answer {
    match ctx.kernel.park(timeout) {
        ParkEnd::Unparked => Ok(Value::One(0)),
        ParkEnd::Already => Err(Errno::EALREADY.into()),
        ParkEnd::TimedOut => Err(Errno::ETIMEDOUT.into()),
        ParkEnd::Interrupted => Err(Errno::EINTR.into()),
    }
}

fn now(ctx: &Ctx<'_>) -> Result<u64, Errno> {
    let mut time = [0; 16];
    ctx.call_with(Sys::CLOCK_GETTIME, &mut [LINUX_MONOTONIC.into(), Arg::Out(&mut time)])?;
    let time = ashore_base::Bytes(&time);
    Ok(time.u64(0).unwrap_or(0).saturating_mul(1_000_000_000).saturating_add(time.u64(8).unwrap_or(0)))
}

/// `_lwp_unpark(target, hint)`.
pub fn unpark(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let target = u64::from(args[0] as u32);
    if ctx.kernel.unpark(target) { Ok(Value::One(0)) } else { Err(Errno::ESRCH.into()) }
}

/// `_lwp_unpark_all(targets, ntargets, hint)`: without targets, how many one call takes.
pub fn unpark_all(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    if args[0] == 0 {
        return Ok(Value::One(UNPARK_MAX));
    }
    if args[1] == 0 || args[1] > UNPARK_MAX {
        return Err(Errno::EINVAL.into());
    }
    for target in ctx.read_vec(Addr(args[0]), 4 * args[1])?.as_chunks::<4>().0 {
        // One that is gone needs no waking.
        ctx.kernel.unpark(u64::from(u32::from_le_bytes(*target)));
    }
    Ok(Value::One(0))
}

/// `_lwp_wakeup(target)`: ends a sleep; only parking is known here.
pub fn wakeup(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    unpark(ctx, args)
}

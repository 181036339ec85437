//! Sleeping, and the timers of a process.

use super::clock::{Clock, clock_of, now};
use super::timeval::{MICROS, NANOS, Time};
use crate::{Answer, Args, Ctx, Fail};
use ashore_base::Addr;
use ashore_pivot::{Arg, Errno, Sys};

/// Linux's clock a plain sleep is measured by, and its flag for a time instead of a duration.
const MONOTONIC: i32 = 1;
const TIMER_ABSTIME: u64 = 1;

/// `nanosleep(rqtp, rmtp)`. Never restarted: a handler that ran ends it.
pub fn nanosleep(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let (wanted, rest) = (Addr(args[0]), Addr(args[1]));
    if rest.is_null() {
        // The common case needs nobody's arithmetic.
        return match ctx.wait(Sys::NANOSLEEP, [wanted.0, 0, 0, 0, 0, 0]) {
            Ok(_) => Ok(0.into()),
            Err(Errno::EINVAL) => sleep_of(ctx, wanted).map(|_| 0.into()),
            Err(errno) => Err(errno.never_restart().into()),
        };
    }
    match sleep_of(ctx, wanted)? {
        Some(wanted) => sleep_for(ctx, MONOTONIC, wanted, rest),
        None => Ok(0.into()),
    }
}

/// The duration at `at`, or `None` when it is over at once.
fn sleep_of(ctx: &Ctx<'_>, at: Addr) -> Result<Option<Time>, Fail> {
    let wanted = ctx.timespec(at)?;
    match wanted.rest {
        0..NANOS if wanted.sec >= 0 => Ok(Some(wanted)),
        0..NANOS if ctx.bsd()?.family.process.negative_sleep_is_over => Ok(None),
        _ => Err(Errno::EINVAL.into()),
    }
}

/// Sleeps by a Linux clock and says at `rest` how much of a disturbed sleep is left.
fn sleep_for(ctx: &Ctx<'_>, clock: i32, wanted: Time, rest: Addr) -> Answer {
    let end = now(ctx.linux(), clock)?.nanos() + wanted.nanos();
    let until = Time::of_nanos(end.min(i128::from(i64::MAX) * i128::from(NANOS))).bytes();
    let mut words = [clock.into(), TIMER_ABSTIME.into(), Arg::In(&until), 0.into()];
    let Err(errno) = ctx.wait_with(Sys::CLOCK_NANOSLEEP, &mut words) else { return Ok(0.into()) };
    let errno = errno.never_restart();
    if errno == Errno::EINTR && !rest.is_null() {
        let left = (end - now(ctx.linux(), clock)?.nanos()).max(0);
        ctx.write(rest, &Time::of_nanos(left).bytes())?;
    }
    Err(errno.into())
}

/// `clock_nanosleep(clock, flags, rqtp, rmtp)`. The result is the error itself, not a carry and an error.
pub fn clock_nanosleep(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let Clock::Linux(clock) = clock_of(ctx.bsd()?, args[0])? else { return Err(Errno::EINVAL.into()) };
    if args[1] as u32 == 0 {
        return match sleep_of(ctx, Addr(args[2]))? {
            Some(wanted) => sleep_for(ctx, clock, wanted, Addr(args[3])),
            None => Ok(0.into()),
        };
    }
    let until = [clock as u64, TIMER_ABSTIME, args[2], 0, 0, 0];
    Ok(ctx.wait(Sys::CLOCK_NANOSLEEP, until).map_err(Errno::never_restart)?.into())
}

/// The timers' numbers, the same on Linux: real, virtual, profiling.
fn which(word: u64) -> Result<u64, Errno> {
    let which = u64::from(word as u32);
    if which <= 2 { Ok(which) } else { Err(Errno::EINVAL) }
}

/// `setitimer(which, itv, oitv)`; both records may be null.
pub fn setitimer(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let which = which(args[0])?;
    if args[1] == 0 {
        return get_timer(ctx, which, Addr(args[2]));
    }
    let (interval, value) = (ctx.timeval(Addr(args[1]))?, ctx.timeval(Addr(args[1]).plus(16))?);
    if !(0..MICROS).contains(&interval.rest) || !(0..MICROS).contains(&value.rest) {
        return Err(Errno::EINVAL.into());
    }
    let (mut new, mut old) = ([0; 32], [0; 32]);
    new[..16].copy_from_slice(&interval.bytes());
    new[16..].copy_from_slice(&value.bytes());
    ctx.call_with(Sys::SETITIMER, &mut [which.into(), Arg::In(&new), Arg::Out(&mut old)])?;
    if args[2] != 0 {
        ctx.write(Addr(args[2]), &old)?;
    }
    Ok(0.into())
}

/// `getitimer(which, itv)`.
pub fn getitimer(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    get_timer(ctx, which(args[0])?, Addr(args[1]))
}

fn get_timer(ctx: &Ctx<'_>, which: u64, into: Addr) -> Answer {
    if !into.is_null() {
        // Linux writes 8 bytes of microseconds; as a short number and zero padding they are the same.
        ctx.call(Sys::GETITIMER, [which, into.0, 0, 0, 0, 0])?;
    }
    Ok(0.into())
}

//! Timers that are descriptors.

use super::clock::{Clock, clock_of};
use crate::bsd::files::open;
use crate::{Answer, Args, Ctx};
use ashore_pivot::{Errno, Sys};

/// Linux's: the time is one of the clock, and end when the clock is set.
const ABSOLUTE: u64 = 1;
const CANCEL_ON_SET: u64 = 2;

/// `timerfd_create(clock, flags)`: of the open flags, non-blocking and close-on-exec.
pub fn timerfd_create(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let Clock::Linux(clock) = clock_of(ctx.bsd()?, args[0])? else { return Err(Errno::EINVAL.into()) };
    let flags = open::flags_to_linux(ctx.bsd()?.family.files, args[1] as u32);
    Ok(ctx.call(Sys::TIMERFD_CREATE, [clock as u64, u64::from(flags), 0, 0, 0, 0])?.into())
}

/// `timerfd_settime(fd, flags, new, old)`: the flags have Linux's values on both systems that have the call.
pub fn timerfd_settime(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let flags = u64::from(args[1] as u32);
    if flags & !(ABSOLUTE | CANCEL_ON_SET) != 0 {
        return Err(Errno::EINVAL.into());
    }
    Ok(ctx.call(Sys::TIMERFD_SETTIME, [args[0], flags, args[2], args[3], 0, 0])?.into())
}

/// `timerfd_gettime(fd, current)`.
pub fn timerfd_gettime(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    Ok(ctx.call(Sys::TIMERFD_GETTIME, [args[0], args[1], 0, 0, 0, 0])?.into())
}

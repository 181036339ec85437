//! Timers of a process that send signals: POSIX timers.

use super::clock::{Clock, clock_of};
use crate::{Answer, Args, Ctx};
use ashore_base::Addr;
use ashore_pivot::{Arg, Errno, Signal, Sys};

/// How a timer tells, in the guest's numbers.
mod guest {
    pub const NONE: u32 = 0;
    pub const SIGNAL: u32 = 1;
    pub const THREAD_ID: u32 = 4;
}

/// The same in Linux's.
mod linux {
    pub const SIGNAL: u32 = 0;
    pub const NONE: u32 = 1;
    pub const THREAD_ID: u32 = 4;
}

/// `timer_create(clock, evp, timerid)`: no event means SIGALRM with the timer's id.
pub fn timer_create(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let Clock::Linux(clock) = clock_of(ctx.bsd()?, args[0])? else { return Err(Errno::EINVAL.into()) };
    let mut id = [0; 4];
    if args[1] == 0 {
        ctx.call_with(Sys::TIMER_CREATE, &mut [clock.into(), 0.into(), Arg::Out(&mut id)])?;
    } else {
        let event = event(ctx, Addr(args[1]))?;
        ctx.call_with(Sys::TIMER_CREATE, &mut [clock.into(), Arg::In(&event), Arg::Out(&mut id)])?;
    }
    ctx.write(Addr(args[2]), &id)?;
    Ok(0.into())
}

/// Linux's `struct sigevent` for the guest's: {notify, signo, value, thread} becomes {value, signo, notify, thread}.
fn event(ctx: &Ctx<'_>, at: Addr) -> Result<[u8; 64], Errno> {
    let (notify, number) = (ctx.read_u32(at)?, ctx.read_u32(at.plus(4))?);
    let value = ctx.read_u64(at.plus(8))?;
    let signal = || (ctx.os.signal_from)(u64::from(number)).ok_or(Errno::EINVAL);
    let (notify, signal, thread) = match notify {
        guest::NONE => (linux::NONE, Signal(0), 0),
        guest::SIGNAL => (linux::SIGNAL, signal()?, 0),
        guest::THREAD_ID => {
            let id = u64::from(ctx.read_u32(at.plus(16))?);
            (linux::THREAD_ID, signal()?, ctx.kernel.host_tid(id).ok_or(Errno::EINVAL)?)
        }
        _ => return Err(Errno::EINVAL),
    };
    let low = u128::from(value) | u128::from(signal.0) << 64 | u128::from(notify) << 96;
    let mut event = [0; 64];
    let parts = low.to_le_bytes().into_iter().chain(thread.to_le_bytes());
    event.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
    Ok(event)
}

/// `timer_delete(timerid)`.
pub fn timer_delete(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    Ok(ctx.call(Sys::TIMER_DELETE, [args[0], 0, 0, 0, 0, 0])?.into())
}

/// `timer_settime(timerid, flags, value, ovalue)`: the record and the one flag are Linux's.
pub fn timer_settime(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    Ok(ctx.call(Sys::TIMER_SETTIME, [args[0], args[1], args[2], args[3], 0, 0])?.into())
}

/// `timer_gettime(timerid, value)`.
pub fn timer_gettime(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    Ok(ctx.call(Sys::TIMER_GETTIME, [args[0], args[1], 0, 0, 0, 0])?.into())
}

/// `timer_getoverrun(timerid)`.
pub fn timer_getoverrun(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    Ok(ctx.call(Sys::TIMER_GETOVERRUN, [args[0], 0, 0, 0, 0, 0])?.into())
}

/// `clock_getcpuclockid2(id, which, clockid)`: this process's clock or this thread's.
pub fn clock_getcpuclockid(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    const PROCESS: u32 = 0;
    const THREAD: u32 = 1;
    let clocks = ctx.bsd()?.family.process.clocks;
    let own = ctx.call(Sys::GETPID, [0; 6])?;
    let linux = match args[1] as u32 {
        PROCESS if args[0] == 0 || args[0] == own => super::PROCESS_TIME,
        THREAD if args[0] == 0 || args[0] == ctx.thread.id => Clock::Linux(3),
        PROCESS | THREAD => return Err(Errno::ESRCH.into()),
        _ => return Err(Errno::EINVAL.into()),
    };
    // The last of the numbers with this meaning is the POSIX one.
    let clock = clocks.iter().rfind(|clock| clock.is == linux).ok_or(Errno::EINVAL)?;
    ctx.write(Addr(args[2]), &clock.guest.to_le_bytes())?;
    Ok(0.into())
}

//! Clocks.

use super::timeval::{MICROS, NANOS, Time};
use crate::bsd::state::Bsd;
use crate::{Answer, Args, Ctx, Quick};
use ashore_base::Addr;
use ashore_pivot::{Arg, Errno, Linux, Sys};

/// Linux's clocks.
mod linux {
    pub const REALTIME: i32 = 0;
    pub const PROCESS_CPUTIME: i32 = 2;
}

/// One of the guest's clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockMap {
    /// The guest's number.
    pub guest: u32,
    /// What it is.
    pub is: Clock,
}

/// What a clock is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// Linux's clock of this number.
    Linux(i32),
    /// Linux's clock of this number, in whole seconds.
    Seconds(i32),
    /// The time this process computed in its own code.
    User,
}

/// The row of one of the guest's clocks.
pub const fn clock(guest: u32, is: Clock) -> ClockMap {
    ClockMap { guest, is }
}

/// The guest's clock of this number.
pub fn clock_of(bsd: &Bsd, id: u64) -> Result<Clock, Errno> {
    let clocks = bsd.family.process.clocks;
    clocks.iter().find(|clock| clock.guest == id as u32).map(|clock| clock.is).ok_or(Errno::EINVAL)
}

/// `clock_gettime(clock, tp)`.
pub fn clock_gettime(quick: &Quick<'_>, args: &Args) -> Answer {
    let linux = quick.linux;
    let time = match clock_of(quick.bsd()?, args[0])? {
        // The record is the same, so Linux writes it itself: this is the hot path.
        Clock::Linux(id) => return Ok(linux.call(Sys::CLOCK_GETTIME, [id as u64, args[1], 0, 0, 0, 0])?.into()),
        Clock::Seconds(id) => Time { rest: 0, ..now(linux, id)? },
        Clock::User => user_time(linux)?,
    };
    quick.memory.write(Addr(args[1]), &time.bytes())?;
    Ok(0.into())
}

/// The time of a Linux clock.
pub fn now(linux: &dyn Linux, id: i32) -> Result<Time, Errno> {
    let mut bytes = [0; 16];
    linux.call_with(Sys::CLOCK_GETTIME, &mut [id.into(), Arg::Out(&mut bytes)])?;
    Ok(Time::from_bytes(bytes))
}

fn user_time(linux: &dyn Linux) -> Result<Time, Errno> {
    let mut usage = [0; 144];
    linux.call_with(Sys::GETRUSAGE, &mut [0.into(), Arg::Out(&mut usage)])?;
    let user = usage.first_chunk::<16>().copied().unwrap_or_default();
    let user = Time::from_bytes(user);
    Ok(Time { sec: user.sec, rest: user.rest.saturating_mul(NANOS / MICROS) })
}

/// `clock_getres(clock, tp)`; the pointer may be null.
pub fn clock_getres(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let resolution = match clock_of(ctx.bsd()?, args[0])? {
        Clock::Linux(id) => return Ok(ctx.call(Sys::CLOCK_GETRES, [id as u64, args[1], 0, 0, 0, 0])?.into()),
        Clock::Seconds(_) => Time { sec: 1, rest: 0 },
        Clock::User => Time { sec: 0, rest: NANOS / MICROS },
    };
    if args[1] != 0 {
        ctx.write(Addr(args[1]), &resolution.bytes())?;
    }
    Ok(0.into())
}

/// `clock_settime(clock, tp)`: only real time can be set.
pub fn clock_settime(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    match clock_of(ctx.bsd()?, args[0])? {
        Clock::Linux(linux::REALTIME) => Ok(ctx.call(Sys::CLOCK_SETTIME, [0, args[1], 0, 0, 0, 0])?.into()),
        _ => Err(Errno::EINVAL.into()),
    }
}

/// `gettimeofday(tp, tzp)`; both may be null. The time zone of the kernel is a thing of the past: zeros.
pub fn gettimeofday(quick: &Quick<'_>, args: &Args) -> Answer {
    if args[0] != 0 {
        let time = now(quick.linux, linux::REALTIME)?;
        // Short microseconds have zero padding, which is what 8 bytes of a small number are.
        quick.memory.write(Addr(args[0]), &Time { rest: time.rest / (NANOS / MICROS), ..time }.bytes())?;
    }
    if args[1] != 0 {
        quick.memory.write(Addr(args[1]), &[0; 8])?;
    }
    Ok(0.into())
}

/// `settimeofday(tp, tzp)`.
pub fn settimeofday(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    if args[0] == 0 {
        return Ok(0.into());
    }
    let time = ctx.timeval(Addr(args[0]))?;
    if !(0..MICROS).contains(&time.rest) {
        return Err(Errno::EINVAL.into());
    }
    Ok(ctx.call_with(Sys::SETTIMEOFDAY, &mut [Arg::In(&time.bytes()), 0.into()])?.into())
}

/// Linux's clock that counts the time this process used.
pub const PROCESS_TIME: Clock = Clock::Linux(linux::PROCESS_CPUTIME);

//! Clocks, sleeping, timers.

use crate::alarms::{Alarm, Sends};
use crate::call::{Answer, Call, Restart, Row, Why};
use crate::machine::Nanos;
use crate::process::Process;
use crate::quick::{Caller, Reply};
use alloc::sync::Arc;
use ashore_base::Addr;
use ashore_pivot::layout::sigaction::{SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD_ID, Sigevent};
use ashore_pivot::layout::siginfo::SigInfo;
use ashore_pivot::layout::time::*;
use ashore_pivot::{Errno, Signal, Sys};

/// The calls of this topic.
pub(crate) const ROWS: &[Row] = &[
    Row::new(Sys::CLOCK_GETTIME, clock_gettime),
    Row::new(Sys::CLOCK_GETRES, clock_getres),
    Row::new(Sys::CLOCK_SETTIME, clock_settime),
    Row::new(Sys::GETTIMEOFDAY, gettimeofday),
    Row::new(Sys::SETTIMEOFDAY, settimeofday),
    Row::new(Sys::NANOSLEEP, nanosleep).restart(Restart::IfNoHandler),
    Row::new(Sys::CLOCK_NANOSLEEP, clock_nanosleep).restart(Restart::IfNoHandler),
    Row::new(Sys::GETITIMER, getitimer),
    Row::new(Sys::SETITIMER, setitimer),
    Row::new(Sys::TIMER_CREATE, timer_create),
    Row::new(Sys::TIMER_SETTIME, timer_settime),
    Row::new(Sys::TIMER_GETTIME, timer_gettime),
    Row::new(Sys::TIMER_GETOVERRUN, timer_getoverrun),
    Row::new(Sys::TIMER_DELETE, timer_delete),
    Row::new(Sys::TIMES, times),
];

/// What a clock's number means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clock {
    /// Time since the start.
    Monotonic,
    /// Time since 1970.
    Wall,
    /// What a process ran.
    Process(u32),
    /// What a thread ran.
    Thread(u32),
}

/// The clock of a number; those of one process or thread are negative and hold its number and what they count.
pub(crate) fn clock(call: &Call<'_>, number: u64) -> Result<Clock, Errno> {
    let number = number as u32;
    if (number as i32) < 0 {
        let id = !(number as i32 >> 3) as u32;
        return match (number & 4 != 0, id) {
            (true, 0) => Ok(Clock::Thread(call.thread.tid)),
            (true, id) => call.kernel.thread(id).map(|_| Clock::Thread(id)).ok_or(Errno::EINVAL),
            (false, 0) => Ok(Clock::Process(call.thread.process.pid)),
            (false, id) => call.kernel.process(id).map(|_| Clock::Process(id)).ok_or(Errno::EINVAL),
        };
    }
    match number {
        CLOCK_MONOTONIC | CLOCK_MONOTONIC_RAW | CLOCK_MONOTONIC_COARSE | CLOCK_BOOTTIME | CLOCK_BOOTTIME_ALARM => {
            Ok(Clock::Monotonic)
        }
        CLOCK_REALTIME | CLOCK_REALTIME_COARSE | CLOCK_REALTIME_ALARM | CLOCK_TAI => Ok(Clock::Wall),
        CLOCK_PROCESS_CPUTIME_ID => Ok(Clock::Process(call.thread.process.pid)),
        CLOCK_THREAD_CPUTIME_ID => Ok(Clock::Thread(call.thread.tid)),
        _ => Err(Errno::EINVAL),
    }
}

impl Clock {
    /// What it tells.
    pub(crate) fn now(self, call: &Call<'_>) -> Nanos {
        match self {
            Clock::Monotonic => call.kernel.now(),
            Clock::Wall => call.kernel.wall(),
            Clock::Process(pid) => {
                call.kernel.process(pid).map_or(0, |process| process.ran() + running(call, &process))
            }
            Clock::Thread(tid) if tid == call.thread.tid => call.thread.ran() + call.kernel.slice_so_far(),
            Clock::Thread(tid) => call.kernel.thread(tid).map_or(0, |thread| thread.ran()),
        }
    }

    /// A time of the clock as the kernel's own time, for those that can be waited for.
    pub(crate) fn to_kernel(self, call: &Call<'_>, time: Nanos) -> Result<Nanos, Errno> {
        match self {
            Clock::Monotonic => Ok(time),
            Clock::Wall => Ok(time.saturating_sub(call.kernel.wall_at_start())),
            Clock::Process(_) | Clock::Thread(_) => Err(Errno::EINVAL),
        }
    }
}

/// What the caller's own slice adds to its process.
fn running(call: &Call<'_>, process: &Arc<Process>) -> Nanos {
    if Arc::ptr_eq(process, &call.thread.process) { call.kernel.slice_so_far() } else { 0 }
}

fn clock_gettime(call: &mut Call<'_>) -> Answer {
    let now = clock(call, call.arg(0))?.now(call);
    call.write(call.addr(1), &Timespec::from_nanos(now))?;
    Ok(0)
}

/// The clocks that nearly everybody asks for, the most wanted one first.
pub(super) extern "C" fn clock_gettime_quickly(clock: u64, at: u64, caller: &Caller<'_>) -> Reply {
    let now = if clock as u32 == CLOCK_MONOTONIC {
        caller.machine.now()
    } else if clock as u32 == CLOCK_REALTIME {
        caller.kernel.wall()
    } else {
        return Reply::LATER;
    };
    let Timespec { sec, nsec } = Timespec::from_nanos(now);
    if caller.store(Addr(at), (sec as u64, nsec as u64)) { Reply::done(0) } else { Reply::LATER }
}

fn clock_getres(call: &mut Call<'_>) -> Answer {
    clock(call, call.arg(0))?;
    call.write_if(call.addr(1), &Timespec { sec: 0, nsec: 1 })?;
    Ok(0)
}

fn clock_settime(call: &mut Call<'_>) -> Answer {
    let time: Timespec = call.read(call.addr(1))?;
    let nanos = time.nanos().ok_or(Errno::EINVAL)?;
    if clock(call, call.arg(0))? != Clock::Wall {
        return Err(Errno::EINVAL.into());
    }
    call.kernel.set_wall(nanos);
    Ok(0)
}

fn gettimeofday(call: &mut Call<'_>) -> Answer {
    call.write_if(call.addr(0), &Timeval::from_nanos(call.kernel.wall()))?;
    call.write_if(call.addr(1), &Timezone::default())?;
    Ok(0)
}

fn settimeofday(call: &mut Call<'_>) -> Answer {
    if !call.addr(0).is_null() {
        let time: Timeval = call.read(call.addr(0))?;
        call.kernel.set_wall(time.nanos().ok_or(Errno::EINVAL)?);
    }
    Ok(0)
}

fn nanosleep(call: &mut Call<'_>) -> Answer {
    let (request, remaining) = (call.addr(0), call.addr(1));
    sleep(call, request, remaining, |call, nanos| Ok(call.kernel.now().saturating_add(nanos)))
}

fn clock_nanosleep(call: &mut Call<'_>) -> Answer {
    let clock = clock(call, call.arg(0))?;
    let (request, remaining) = (call.addr(2), call.addr(3));
    if let Clock::Process(_) | Clock::Thread(_) = clock {
        return Err(Errno::EOPNOTSUPP.into());
    }
    if call.arg(1) as u32 & TIMER_ABSTIME != 0 {
        return sleep(call, request, ashore_base::Addr::NULL, |call, nanos| clock.to_kernel(call, nanos));
    }
    sleep(call, request, remaining, |call, nanos| Ok(call.kernel.now().saturating_add(nanos)))
}

/// Sleeps until the time that `until` makes of the request. What remains is told when a handler ends the sleep.
fn sleep(
    call: &mut Call<'_>,
    request: ashore_base::Addr,
    remaining: ashore_base::Addr,
    until: impl Fn(&Call<'_>, Nanos) -> Result<Nanos, Errno>,
) -> Answer {
    if call.progress.deadline.is_none() {
        let time: Timespec = call.read(request)?;
        let nanos = time.nanos().ok_or(Errno::EINVAL)?;
        call.progress.deadline = Some(until(call, nanos)?);
    }
    if call.is_late() {
        return Ok(0);
    }
    if call.why == Why::Signal {
        let left = call.progress.deadline.unwrap_or(0).saturating_sub(call.kernel.now());
        call.write_if(remaining, &Timespec::from_nanos(left))?;
    }
    Err(call.wait())
}

fn itimer(call: &Call<'_>, number: u64) -> Result<Option<Arc<Alarm>>, Errno> {
    match number as u32 {
        ITIMER_REAL => {
            let process = &call.thread.process;
            let mut inner = process.inner.lock();
            Ok(Some(inner.timers.real.get_or_insert_with(|| Alarm::real(process)).clone()))
        }
        // Timers of the time a process ran are never due here.
        ITIMER_VIRTUAL | ITIMER_PROF => Ok(None),
        _ => Err(Errno::EINVAL),
    }
}

fn tell_itimer(alarm: Option<&Arc<Alarm>>, now: Nanos) -> Itimerval {
    let (value, interval) = alarm.map_or((0, 0), |alarm| alarm.get(now));
    // What is left is never told as nothing, which would mean that it is off.
    let value = if value == 0 { 0 } else { value.max(1000) };
    Itimerval { interval: Timeval::from_nanos(interval), value: Timeval::from_nanos(value) }
}

fn getitimer(call: &mut Call<'_>) -> Answer {
    let alarm = itimer(call, call.arg(0))?;
    call.write(call.addr(1), &tell_itimer(alarm.as_ref(), call.kernel.now()))?;
    Ok(0)
}

fn setitimer(call: &mut Call<'_>) -> Answer {
    let new: Itimerval = if call.addr(1).is_null() { Itimerval::default() } else { call.read(call.addr(1))? };
    let (value, interval) = (new.value.nanos().ok_or(Errno::EINVAL)?, new.interval.nanos().ok_or(Errno::EINVAL)?);
    let alarm = itimer(call, call.arg(0))?;
    let now = call.kernel.now();
    let old = tell_itimer(alarm.as_ref(), now);
    match alarm {
        Some(alarm) => alarm.set(call.kernel, (value != 0).then(|| now.saturating_add(value)), interval),
        None if value != 0 => return Err(Errno::EOPNOTSUPP.into()),
        None => {}
    }
    call.write_if(call.addr(2), &old)?;
    Ok(0)
}

/// How many timers a process may make.
const MOST_TIMERS: usize = 1024;

fn timer_create(call: &mut Call<'_>) -> Answer {
    let clock = clock(call, call.arg(0))?;
    if let Clock::Process(_) | Clock::Thread(_) = clock {
        return Err(Errno::EOPNOTSUPP.into());
    }
    let process = call.thread.process.clone();
    let id = {
        let mut inner = process.inner.lock();
        if inner.timers.made.len() >= MOST_TIMERS {
            return Err(Errno::EAGAIN.into());
        }
        inner.timers.next += 1;
        inner.timers.next - 1
    };
    let event = if call.addr(1).is_null() {
        Sigevent { signo: i32::from(Signal::ALRM.0), value: id as u64, ..Sigevent::default() }
    } else {
        call.read(call.addr(1))?
    };
    let sends = match event.notify as u32 {
        SIGEV_NONE => None,
        notify @ (SIGEV_SIGNAL | SIGEV_THREAD_ID) => {
            let signal = Signal::new(event.signo as u64).ok_or(Errno::EINVAL)?;
            let tid = if notify == SIGEV_THREAD_ID {
                let thread = call.kernel.thread(event.tid as u32).ok_or(Errno::EINVAL)?;
                if !Arc::ptr_eq(&thread.process, &process) {
                    return Err(Errno::EINVAL.into());
                }
                Some(thread.tid)
            } else {
                None
            };
            Some(Sends { info: SigInfo::timer(signal, id, 0, event.value), tid })
        }
        _ => return Err(Errno::EINVAL.into()),
    };
    call.write(call.addr(2), &id)?;
    let alarm = Alarm::new(&process, sends, clock == Clock::Wall);
    process.inner.lock().timers.made.insert(id, alarm);
    Ok(0)
}

fn made(call: &Call<'_>, id: u64) -> Result<Arc<Alarm>, Errno> {
    call.thread.process.inner.lock().timers.made.get(&(id as u32 as i32)).cloned().ok_or(Errno::EINVAL)
}

fn tell_timer(alarm: &Alarm, now: Nanos) -> Itimerspec {
    let (value, interval) = alarm.get(now);
    Itimerspec { interval: Timespec::from_nanos(interval), value: Timespec::from_nanos(value) }
}

fn timer_settime(call: &mut Call<'_>) -> Answer {
    let alarm = made(call, call.arg(0))?;
    let new: Itimerspec = call.read(call.addr(2))?;
    let (value, interval) = (new.value.nanos().ok_or(Errno::EINVAL)?, new.interval.nanos().ok_or(Errno::EINVAL)?);
    let now = call.kernel.now();
    let old = tell_timer(&alarm, now);
    let at = match (value, call.arg(1) as u32 & TIMER_ABSTIME != 0) {
        (0, _) => None,
        (value, false) => Some(now.saturating_add(value)),
        (value, true) if alarm.is_wall => Some(value.saturating_sub(call.kernel.wall_at_start())),
        (value, true) => Some(value),
    };
    alarm.set(call.kernel, at, interval);
    call.write_if(call.addr(3), &old)?;
    Ok(0)
}

fn timer_gettime(call: &mut Call<'_>) -> Answer {
    let alarm = made(call, call.arg(0))?;
    call.write(call.addr(1), &tell_timer(&alarm, call.kernel.now()))?;
    Ok(0)
}

fn timer_getoverrun(call: &mut Call<'_>) -> Answer {
    Ok(made(call, call.arg(0))?.overruns().min(i32::MAX as u64))
}

fn timer_delete(call: &mut Call<'_>) -> Answer {
    let removed = call.thread.process.inner.lock().timers.made.remove(&(call.arg(0) as u32 as i32));
    removed.ok_or(Errno::EINVAL)?.set(call.kernel, None, 0);
    Ok(0)
}

fn times(call: &mut Call<'_>) -> Answer {
    const TICK: u64 = crate::task::TICK;
    let process = &call.thread.process;
    let (ran, children) = (process.ran() + call.kernel.slice_so_far(), process.inner.lock().children_ran);
    let tms = Tms { utime: (ran / TICK) as i64, cutime: (children / TICK) as i64, ..Tms::default() };
    call.write_if(call.addr(0), &tms)?;
    Ok(call.kernel.now() / TICK)
}

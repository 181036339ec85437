//! Pipes, and files that are counters, timers, signals.

use super::time::{Clock, clock};
use crate::call::{Answer, Call, Row};
use crate::file::{File, O_NONBLOCK, Open};
use crate::files::eventfd::{EventFd, Taking};
use crate::files::pipe::pipe;
use crate::files::signalfd::SignalFd;
use crate::files::timerfd::TimerFd;
use alloc::sync::Arc;
use ashore_pivot::layout::event::EFD_SEMAPHORE;
use ashore_pivot::layout::open::O_CLOEXEC;
use ashore_pivot::layout::open::aarch64::O_DIRECT;
use ashore_pivot::layout::time::{Itimerspec, TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET, Timespec};
use ashore_pivot::{Errno, SigSet, Sys};

/// The calls of this topic.
pub(crate) const ROWS: &[Row] = &[
    Row::new(Sys::PIPE2, pipe2),
    Row::new(Sys::EVENTFD2, eventfd2),
    Row::new(Sys::TIMERFD_CREATE, timerfd_create),
    Row::new(Sys::TIMERFD_SETTIME, timerfd_settime),
    Row::new(Sys::TIMERFD_GETTIME, timerfd_gettime),
    Row::new(Sys::SIGNALFD4, signalfd4),
];

fn pipe2(call: &mut Call<'_>) -> Answer {
    let flags = call.arg(1) as u32;
    if flags & !(O_CLOEXEC | O_NONBLOCK | O_DIRECT) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let (read, write) = pipe(call, flags & O_NONBLOCK);
    let first = match call.new_fd(read, flags) {
        Ok(first) => first,
        Err(errno) => {
            call.kernel.close(write);
            return Err(errno.into());
        }
    };
    let result = call.new_fd(write, flags).and_then(|second| {
        let told = call.write(call.addr(0), &[first as u32, second as u32]);
        told.inspect_err(|_| close(call, second))
    });
    if let Err(errno) = result {
        close(call, first);
        return Err(errno.into());
    }
    Ok(0)
}

fn close(call: &Call<'_>, fd: u64) {
    if let Ok(slot) = call.thread.files().take(fd) {
        call.kernel.close(slot.open);
    }
}

fn eventfd2(call: &mut Call<'_>) -> Answer {
    let flags = call.arg(1) as u32;
    if flags & !(EFD_SEMAPHORE | O_NONBLOCK | O_CLOEXEC) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let taking = if flags & EFD_SEMAPHORE != 0 { Taking::One } else { Taking::All };
    let file = Arc::new(EventFd::new(u64::from(call.arg(0) as u32), taking));
    Ok(call.new_fd(Open::new(file, 2 | flags & O_NONBLOCK), flags)?)
}

fn timerfd_create(call: &mut Call<'_>) -> Answer {
    let flags = call.arg(1) as u32;
    if flags & !(O_NONBLOCK | O_CLOEXEC) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let is_wall = match clock(call, call.arg(0))? {
        Clock::Monotonic => false,
        Clock::Wall => true,
        Clock::Process(_) | Clock::Thread(_) => return Err(Errno::EINVAL.into()),
    };
    Ok(call.new_fd(Open::new(TimerFd::new(is_wall), 2 | flags & O_NONBLOCK), flags)?)
}

fn timer(open: &Open) -> Result<&TimerFd, Errno> {
    open.file.as_any().downcast_ref().ok_or(Errno::EINVAL)
}

fn spec((value, interval): (u64, u64)) -> Itimerspec {
    Itimerspec { interval: Timespec::from_nanos(interval), value: Timespec::from_nanos(value) }
}

fn timerfd_settime(call: &mut Call<'_>) -> Answer {
    let flags = call.arg(1) as u32;
    if flags & !(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let new: Itimerspec = call.read(call.addr(2))?;
    let open = call.open(call.arg(0))?;
    let timer = timer(&open)?;
    let (value, interval) = (new.value.nanos().ok_or(Errno::EINVAL)?, new.interval.nanos().ok_or(Errno::EINVAL)?);
    let now = call.kernel.now();
    let next = match (value, flags & TFD_TIMER_ABSTIME != 0) {
        (0, _) => None,
        (value, false) => Some(now.saturating_add(value)),
        (value, true) if timer.is_wall => Some(value.saturating_sub(call.kernel.wall_at_start())),
        (value, true) => Some(value),
    };
    let old = timer.set(call.kernel, next, interval);
    call.write_if(call.addr(3), &spec(old))?;
    Ok(0)
}

fn timerfd_gettime(call: &mut Call<'_>) -> Answer {
    let open = call.open(call.arg(0))?;
    let left = timer(&open)?.get(call.kernel);
    call.write(call.addr(1), &spec(left))?;
    Ok(0)
}

fn signalfd4(call: &mut Call<'_>) -> Answer {
    let flags = call.arg(3) as u32;
    if flags & !(O_NONBLOCK | O_CLOEXEC) != 0 || call.arg(2) != 8 {
        return Err(Errno::EINVAL.into());
    }
    let set: u64 = call.read(call.addr(1))?;
    let set = SigSet(set & !crate::signals::UNBLOCKABLE.0);
    if call.int(0) == -1 {
        let file: Arc<dyn File> = Arc::new(SignalFd::new(&call.thread.process, set));
        return Ok(call.new_fd(Open::new(file, 2 | flags & O_NONBLOCK), flags)?);
    }
    let open = call.open(call.arg(0))?;
    let file: &SignalFd = open.file.as_any().downcast_ref().ok_or(Errno::EINVAL)?;
    *file.wanted.lock() = set;
    Ok(call.arg(0))
}

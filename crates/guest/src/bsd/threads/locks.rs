//! FreeBSD's condition variables and reader-writer locks, whose slow paths are the kernel's.
//!
//! The waiters of a condition variable are remembered per process: one in memory that processes share
//! wakes only its own process's threads.

use super::futex::{self, Scope};
use super::read_timespec;
use super::umtx_op::{clock_to_linux, mutex_unlock, no_reason};
use crate::{Args, Ctx, ParkEnd, Timeout};
use alloc::collections::{BTreeMap, VecDeque};
use ashore_base::Addr;
use ashore_pivot::{Errno, Memory};
use spin::Mutex;

/// The threads that wait for each condition variable, by its address.
#[derive(Default)]
pub struct Waiters(Mutex<BTreeMap<u64, VecDeque<u64>>>);

impl Waiters {
    /// Forks while nobody changes the queues; the child has one thread, which waits for nothing.
    pub fn around_fork(&self, fork: &mut dyn FnMut() -> Result<i32, Errno>) -> Result<i32, Errno> {
        let mut queues = self.0.lock();
        let result = fork();
        if result == Ok(0) {
            queues.clear();
        }
        result
    }

    fn join(&self, at: Addr, id: u64) {
        self.0.lock().entry(at.0).or_default().push_back(id);
    }

    fn is_waiting(&self, at: Addr, id: u64) -> bool {
        self.0.lock().get(&at.0).is_some_and(|queue| queue.contains(&id))
    }

    /// Takes one thread out; says whether nobody is left.
    fn leave(&self, at: Addr, id: u64) -> bool {
        let mut queues = self.0.lock();
        let Some(queue) = queues.get_mut(&at.0) else { return true };
        queue.retain(|waiter| *waiter != id);
        let is_empty = queue.is_empty();
        if is_empty {
            queues.remove(&at.0);
        }
        is_empty
    }

    /// Takes out at most `count` threads; says whether nobody is left.
    fn take(&self, at: Addr, count: usize) -> (VecDeque<u64>, bool) {
        let mut queues = self.0.lock();
        let Some(mut queue) = queues.remove(&at.0) else { return (VecDeque::new(), true) };
        let rest = queue.split_off(count.min(queue.len()));
        let is_empty = rest.is_empty();
        if !is_empty {
            queues.insert(at.0, rest);
        }
        (queue, is_empty)
    }
}

/// A condition variable's record: whether somebody waits, flags, clock.
const CV_CLOCK: u64 = 8;
/// How to wait: the time is a time, the clock is the variable's.
const CVWAIT_ABSTIME: u64 = 2;
const CVWAIT_CLOCKID: u64 = 4;

/// Waits for a condition variable: variable, flags, mutex to free, time.
pub fn cv_wait(ctx: &mut Ctx<'_>, args: &Args) -> Result<(), Errno> {
    let (at, mutex, time) = (Addr(args[0]), Addr(args[3]), Addr(args[4]));
    let clock = match args[2] & CVWAIT_CLOCKID {
        0 => 0,
        _ => clock_to_linux(ctx.read_u32(at.plus(CV_CLOCK))?)?,
    };
    let timeout = match (time.is_null(), args[2] & CVWAIT_ABSTIME) {
        (true, _) => Timeout::Never,
        (false, 0) => Timeout::In(read_timespec(ctx, time)?),
        (false, _) => Timeout::At { clock, nanos: read_timespec(ctx, time)? },
    };
    let waiters = &ctx.bsd()?.waiters;
    let id = ctx.thread.id;
    waiters.join(at, id);
    let freed = ctx.write(at, &1u32.to_le_bytes()).and_then(|()| mutex_unlock(ctx, mutex));
    let end = freed.and_then(|()| park_while_waiting(ctx, at, timeout));
    if end.is_err() && waiters.leave(at, id) {
        ctx.write(at, &0u32.to_le_bytes())?;
    }
    end
}

/// A permission to go on may be left from something else: only leaving the queue counts.
fn park_while_waiting(ctx: &Ctx<'_>, at: Addr, timeout: Timeout) -> Result<(), Errno> {
    let waiters = &ctx.bsd()?.waiters;
    while waiters.is_waiting(at, ctx.thread.id) {
        match ctx.kernel.park(timeout) {
            ParkEnd::Unparked | ParkEnd::Already => {}
            ParkEnd::TimedOut => return Err(Errno::ETIMEDOUT),
            ParkEnd::Interrupted => return Err(Errno::EINTR),
        }
    }
    Ok(())
}

/// Wakes at most `count` waiters of a condition variable.
pub fn cv_wake(ctx: &Ctx<'_>, at: Addr, count: usize) -> Result<(), Errno> {
    let (taken, is_empty) = ctx.bsd()?.waiters.take(at, count);
    if is_empty {
        ctx.write(at, &0u32.to_le_bytes())?;
    }
    for id in taken {
        ctx.kernel.unpark(id);
    }
    Ok(())
}

/// A reader-writer lock's word: owned by a writer, writers wait, readers wait, and how many readers own it.
const WRITE_OWNER: u32 = 0x8000_0000;
const WRITE_WAITERS: u32 = 0x4000_0000;
const READ_WAITERS: u32 = 0x2000_0000;
const READERS: u32 = 0x1fff_ffff;
/// Readers go before writers that wait.
const PREFER_READER: u64 = 2;
/// Where the record counts its blocked readers and writers.
const BLOCKED_READERS: u64 = 8;
const BLOCKED_WRITERS: u64 = 12;

/// Takes a lock for reading.
pub fn read_lock(ctx: &Ctx<'_>, at: Addr, flags: u64, timeout: Timeout) -> Result<(), Errno> {
    let barred = if flags & PREFER_READER != 0 { WRITE_OWNER } else { WRITE_OWNER | WRITE_WAITERS };
    let memory = ctx.kernel.memory();
    loop {
        let state = memory.load_u32(at)?;
        if state & barred != 0 {
            block(ctx, at, READ_WAITERS, state, timeout)?;
        } else if state & READERS == READERS {
            return Err(Errno::EAGAIN);
        } else if memory.compare_exchange_u32(at, state, state + 1)? == state {
            return Ok(());
        }
    }
}

/// Takes a lock for writing.
pub fn write_lock(ctx: &Ctx<'_>, at: Addr, timeout: Timeout) -> Result<(), Errno> {
    let memory = ctx.kernel.memory();
    loop {
        let state = memory.load_u32(at)?;
        if state & (WRITE_OWNER | READERS) != 0 {
            block(ctx, at, WRITE_WAITERS, state, timeout)?;
        } else if memory.compare_exchange_u32(at, state, state | WRITE_OWNER)? == state {
            return Ok(());
        }
    }
}

/// Waits for a change of a lock's word, announced by `bit` and counted in the record.
fn block(ctx: &Ctx<'_>, at: Addr, bit: u32, state: u32, timeout: Timeout) -> Result<(), Errno> {
    let memory = ctx.kernel.memory();
    let waiting = state | bit;
    if state != waiting && memory.compare_exchange_u32(at, state, waiting)? != state {
        return Ok(());
    }
    let counter = at.plus(if bit == READ_WAITERS { BLOCKED_READERS } else { BLOCKED_WRITERS });
    add(memory, counter, 1)?;
    let result = no_reason(futex::wait(ctx, at, waiting, Scope::Shared, timeout));
    if add(memory, counter, u32::MAX)? == 0 {
        clear(memory, at, bit)?;
    }
    result
}

/// Frees a lock and wakes whoever waits; they sort out among themselves who comes next.
pub fn rw_unlock(ctx: &Ctx<'_>, at: Addr) -> Result<(), Errno> {
    let memory = ctx.kernel.memory();
    loop {
        let state = memory.load_u32(at)?;
        let freed = match (state & WRITE_OWNER != 0, state & READERS) {
            (true, _) => state & !WRITE_OWNER,
            (false, 0) => return Err(Errno::EPERM),
            (false, _) => state - 1,
        };
        if memory.compare_exchange_u32(at, state, freed)? != state {
            continue;
        }
        if freed & READERS == 0 && freed & (READ_WAITERS | WRITE_WAITERS) != 0 {
            futex::wake(ctx, at, futex::ALL, Scope::Shared)?;
        }
        return Ok(());
    }
}

/// Adds to a word and returns the sum.
fn add(memory: &dyn Memory, at: Addr, what: u32) -> Result<u32, Errno> {
    loop {
        let old = memory.load_u32(at)?;
        let sum = old.wrapping_add(what);
        if memory.compare_exchange_u32(at, old, sum)? == old {
            return Ok(sum);
        }
    }
}

fn clear(memory: &dyn Memory, at: Addr, bit: u32) -> Result<(), Errno> {
    loop {
        let old = memory.load_u32(at)?;
        if memory.compare_exchange_u32(at, old, old & !bit)? == old {
            return Ok(());
        }
    }
}

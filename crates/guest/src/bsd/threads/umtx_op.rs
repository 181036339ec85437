//! FreeBSD's `_umtx_op`: waiting on words, and the slow paths of mutexes and semaphores.
//!
//! The kernel counts its waiters and clears a lock's contested bit when the last one leaves. A futex
//! does not tell how many wait, so the bit stays: the next owner makes one needless call.

use super::futex::{self, Scope};
use super::{locks, read_timespec};
use crate::{Answer, Args, Ctx, Timeout, Value};
use ashore_base::Addr;
use ashore_pivot::Errno;

/// The operations.
mod op {
    pub const WAIT: i32 = 2;
    pub const WAKE: i32 = 3;
    pub const MUTEX_TRYLOCK: i32 = 4;
    pub const MUTEX_LOCK: i32 = 5;
    pub const MUTEX_UNLOCK: i32 = 6;
    pub const CV_WAIT: i32 = 8;
    pub const CV_SIGNAL: i32 = 9;
    pub const CV_BROADCAST: i32 = 10;
    pub const WAIT_UINT: i32 = 11;
    pub const RW_RDLOCK: i32 = 12;
    pub const RW_WRLOCK: i32 = 13;
    pub const RW_UNLOCK: i32 = 14;
    pub const WAIT_UINT_PRIVATE: i32 = 15;
    pub const WAKE_PRIVATE: i32 = 16;
    pub const MUTEX_WAIT: i32 = 17;
    pub const MUTEX_WAKE: i32 = 18;
    pub const NWAKE_PRIVATE: i32 = 21;
    pub const MUTEX_WAKE2: i32 = 22;
    pub const SEM2_WAIT: i32 = 23;
    pub const SEM2_WAKE: i32 = 24;
    pub const ROBUST_LISTS: i32 = 26;
    pub const GET_MIN_TIMEOUT: i32 = 27;
    pub const SET_MIN_TIMEOUT: i32 = 28;
}

/// `struct _umtx_time`: a timespec, flags, a clock. A shorter record is a timespec alone.
const UMTX_TIMESPEC_LEN: u64 = 16;
const UMTX_ABSTIME: u32 = 1;

/// A mutex's word: who owns it and whether somebody waits.
const UMUTEX_CONTESTED: u32 = 0x8000_0000;
const UMUTEX_UNOWNED: u32 = 0;
const UMUTEX_RB_OWNERDEAD: u32 = UMUTEX_CONTESTED | 0x10;
const UMUTEX_RB_NOTRECOV: u32 = UMUTEX_CONTESTED | 0x11;

/// A semaphore's word: the count and whether somebody waits.
const USEM_HAS_WAITERS: u32 = 0x8000_0000;

/// `_umtx_op(obj, op, val, uaddr1, uaddr2)`.
pub fn umtx_op(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let at = Addr(args[0]);
    let val = args[2];
    match args[1] as i32 {
        op::WAIT_UINT_PRIVATE => wait_uint(ctx, args, Scope::Private)?,
        op::WAKE_PRIVATE => wake(ctx, at, val, Scope::Private)?,
        op::WAIT => wait_long(ctx, args)?,
        op::WAIT_UINT => wait_uint(ctx, args, Scope::Shared)?,
        op::WAKE => wake(ctx, at, val, Scope::Shared)?,
        op::NWAKE_PRIVATE => wake_many(ctx, at, val)?,
        op::MUTEX_TRYLOCK => mutex_lock(ctx, at, Attempt::Once)?,
        op::MUTEX_LOCK => mutex_lock(ctx, at, Attempt::Until(timeout(ctx, args)?))?,
        op::MUTEX_UNLOCK => mutex_unlock(ctx, at)?,
        op::MUTEX_WAIT => mutex_wait(ctx, at, timeout(ctx, args)?)?,
        op::MUTEX_WAKE | op::MUTEX_WAKE2 => wake(ctx, at, 1, Scope::Shared)?,
        op::SEM2_WAIT => sem_wait(ctx, at, timeout(ctx, args)?)?,
        op::SEM2_WAKE => wake(ctx, at, 1, Scope::Shared)?,
        // The lists matter only when a thread dies with a robust mutex; the least timeout is a hint.
        op::ROBUST_LISTS | op::SET_MIN_TIMEOUT => {}
        op::GET_MIN_TIMEOUT => ctx.write(Addr(args[3]), &0u64.to_le_bytes())?,
        op::CV_WAIT => locks::cv_wait(ctx, args)?,
        op::CV_SIGNAL => locks::cv_wake(ctx, at, 1)?,
        op::CV_BROADCAST => locks::cv_wake(ctx, at, usize::MAX)?,
        op::RW_RDLOCK => locks::read_lock(ctx, at, val, timeout(ctx, args)?)?,
        op::RW_WRLOCK => locks::write_lock(ctx, at, timeout(ctx, args)?)?,
        op::RW_UNLOCK => locks::rw_unlock(ctx, at)?,
        _ => return Err(Errno::EINVAL.into()),
    }
    Ok(Value::One(0))
}

/// The timeout that the last two words describe.
fn timeout(ctx: &Ctx<'_>, args: &Args) -> Result<Timeout, Errno> {
    let (len, at) = (args[3], Addr(args[4]));
    if at.is_null() {
        return Ok(Timeout::Never);
    }
    let nanos = read_timespec(ctx, at)?;
    if len <= UMTX_TIMESPEC_LEN {
        return Ok(Timeout::In(nanos));
    }
    let (flags, clock) = (ctx.read_u32(at.plus(16))?, ctx.read_u32(at.plus(20))?);
    let clock = clock_to_linux(clock)?;
    Ok(if flags & UMTX_ABSTIME != 0 { Timeout::At { clock, nanos } } else { Timeout::In(nanos) })
}

/// Linux's real-time or monotonic clock for FreeBSD's clocks of those kinds.
pub(super) fn clock_to_linux(clock: u32) -> Result<i32, Errno> {
    match clock {
        0 | 9 | 10 | 13 => Ok(0),
        4 | 5 | 7 | 8 | 11 | 12 => Ok(1),
        _ => Err(Errno::EINVAL),
    }
}

/// A word with another value than the expected one is no reason to wait, and no error.
pub(super) fn no_reason(result: Result<(), Errno>) -> Result<(), Errno> {
    if result == Err(Errno::EAGAIN) { Ok(()) } else { result }
}

fn wait_uint(ctx: &Ctx<'_>, args: &Args, scope: Scope) -> Result<(), Errno> {
    let timeout = timeout(ctx, args)?;
    no_reason(futex::wait(ctx, Addr(args[0]), args[2] as u32, scope, timeout))
}

/// A futex compares 32 bits: the upper half is looked at once, before. The words that are waited for so
/// are thread ids and their ends, which differ in the lower half.
fn wait_long(ctx: &Ctx<'_>, args: &Args) -> Result<(), Errno> {
    let timeout = timeout(ctx, args)?;
    if ctx.read_u64(Addr(args[0]))? != args[2] {
        return Ok(());
    }
    no_reason(futex::wait(ctx, Addr(args[0]), args[2] as u32, Scope::Shared, timeout))
}

fn wake(ctx: &Ctx<'_>, at: Addr, count: u64, scope: Scope) -> Result<(), Errno> {
    futex::wake(ctx, at, u64::from(count as u32), scope).map(drop)
}

fn wake_many(ctx: &Ctx<'_>, at: Addr, count: u64) -> Result<(), Errno> {
    for place in ctx.read_vec(at, count.saturating_mul(8))?.as_chunks::<8>().0 {
        futex::wake(ctx, Addr(u64::from_le_bytes(*place)), futex::ALL, Scope::Private)?;
    }
    Ok(())
}

/// How long to try.
#[derive(Clone, Copy)]
enum Attempt {
    Once,
    Until(Timeout),
}

fn mutex_lock(ctx: &Ctx<'_>, at: Addr, attempt: Attempt) -> Result<(), Errno> {
    let memory = ctx.kernel.memory();
    let id = ctx.thread.id as u32;
    loop {
        let owner = memory.load_u32(at)?;
        let free = match owner {
            UMUTEX_UNOWNED => Some(id),
            UMUTEX_CONTESTED => Some(id | UMUTEX_CONTESTED),
            UMUTEX_RB_OWNERDEAD => Some(id | UMUTEX_CONTESTED),
            UMUTEX_RB_NOTRECOV => return Err(Errno::ENOTRECOVERABLE),
            _ => None,
        };
        if let Some(mine) = free {
            if memory.compare_exchange_u32(at, owner, mine)? != owner {
                continue;
            }
            return if owner == UMUTEX_RB_OWNERDEAD { Err(Errno::EOWNERDEAD) } else { Ok(()) };
        }
        match attempt {
            Attempt::Once => return Err(Errno::EBUSY),
            Attempt::Until(timeout) => contend(ctx, at, owner, timeout)?,
        }
    }
}

/// Marks an owned mutex as contested and waits for a change.
fn contend(ctx: &Ctx<'_>, at: Addr, owner: u32, timeout: Timeout) -> Result<(), Errno> {
    let contested = owner | UMUTEX_CONTESTED;
    if owner != contested && ctx.kernel.memory().compare_exchange_u32(at, owner, contested)? != owner {
        return Ok(());
    }
    no_reason(futex::wait(ctx, at, contested, Scope::Shared, timeout))
}

/// Waits until a mutex is free without taking it.
fn mutex_wait(ctx: &Ctx<'_>, at: Addr, timeout: Timeout) -> Result<(), Errno> {
    loop {
        match ctx.kernel.memory().load_u32(at)? {
            UMUTEX_UNOWNED | UMUTEX_CONTESTED | UMUTEX_RB_OWNERDEAD | UMUTEX_RB_NOTRECOV => return Ok(()),
            owner => contend(ctx, at, owner, timeout)?,
        }
    }
}

/// Frees a mutex that the calling thread owns.
pub(super) fn mutex_unlock(ctx: &Ctx<'_>, at: Addr) -> Result<(), Errno> {
    let memory = ctx.kernel.memory();
    loop {
        let owner = memory.load_u32(at)?;
        if owner & !UMUTEX_CONTESTED != ctx.thread.id as u32 {
            return Err(Errno::EPERM);
        }
        if memory.compare_exchange_u32(at, owner, owner & UMUTEX_CONTESTED)? != owner {
            continue;
        }
        if owner & UMUTEX_CONTESTED != 0 {
            futex::wake(ctx, at, 1, Scope::Shared)?;
        }
        return Ok(());
    }
}

fn sem_wait(ctx: &Ctx<'_>, at: Addr, timeout: Timeout) -> Result<(), Errno> {
    let memory = ctx.kernel.memory();
    let count = memory.load_u32(at)?;
    if count & !USEM_HAS_WAITERS != 0 {
        return Ok(());
    }
    let waiting = count | USEM_HAS_WAITERS;
    if count != waiting && memory.compare_exchange_u32(at, count, waiting)? != count {
        return Ok(());
    }
    no_reason(futex::wait(ctx, at, waiting, Scope::Shared, timeout))
}

//! DragonFly's umtx: sleeping on a word and waking its sleepers.
//!
//! Sleepers are found by the physical address, so the futex is never a private one: processes that share
//! the memory share the sleepers.

use super::futex::{self, Scope};
use crate::{Answer, Args, Ctx, Timeout, Value};
use ashore_base::Addr;
use ashore_pivot::Errno;

/// `umtx_sleep(ptr, value, timeout)`: microseconds, 0 for ever. Old kernels refused more than a second;
/// programs have long stopped to keep to that.
pub fn sleep(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let at = word_at(args)?;
    let timeout = match args[2] as i32 {
        0 => Timeout::Never,
        micros if micros < 0 => return Err(Errno::EINVAL.into()),
        micros => Timeout::In(micros as u64 * 1000),
    };
    match futex::wait(ctx, at, args[1] as u32, Scope::Shared, timeout) {
        Ok(()) => Ok(Value::One(0)),
        // Another value is EBUSY; a time that passed is EWOULDBLOCK.
        Err(Errno::EAGAIN) => Err(Errno::EBUSY.into()),
        Err(Errno::ETIMEDOUT) => Err(Errno::EAGAIN.into()),
        Err(errno) => Err(errno.into()),
    }
}

/// `umtx_wakeup(ptr, count)`: 1 wakes one, any other count all.
pub fn wakeup(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let at = word_at(args)?;
    let count = if args[1] as i32 == 1 { 1 } else { futex::ALL };
    futex::wake(ctx, at, count, Scope::Shared)?;
    Ok(Value::One(0))
}

fn word_at(args: &Args) -> Result<Addr, Errno> {
    if args[0].is_multiple_of(4) { Ok(Addr(args[0])) } else { Err(Errno::EFAULT) }
}

//! Threads: thread pointers, creation, identity, signals to one thread, and waiting.

pub mod futex;
pub mod locks;
pub mod lwp;
pub mod park;
#[cfg(test)]
mod tests;
pub mod thr;
pub mod tls;
pub mod umtx;
pub mod umtx_op;

use crate::{Answer, Ctx, Value};
use ashore_base::Addr;
use ashore_pivot::{Errno, Sys};

/// Sends a signal to one thread of this process.
fn kill_one(ctx: &Ctx<'_>, id: u64, signal: u64) -> Result<(), Errno> {
    let tid = ctx.kernel.host_tid(id).ok_or(Errno::ESRCH)?;
    let pid = ctx.call(Sys::GETPID, [0; 6])?;
    ctx.call(Sys::TGKILL, [pid, tid as u64, signal, 0, 0, 0])?;
    Ok(())
}

/// Ends the calling thread, or the process with it when it is the last one.
fn exit_thread(ctx: &Ctx<'_>) -> Answer {
    if ctx.kernel.thread_ids().len() <= 1 {
        ctx.kernel.exit(0);
    }
    Ok(Value::ThreadOver)
}

/// A `struct timespec` as nanoseconds; `EINVAL` when it is none.
fn read_timespec(ctx: &Ctx<'_>, at: Addr) -> Result<u64, Errno> {
    let (seconds, nanos) = (ctx.read_u64(at)? as i64, ctx.read_u64(at.plus(8))? as i64);
    if seconds < 0 || !(0..1_000_000_000).contains(&nanos) {
        return Err(Errno::EINVAL);
    }
    Ok((seconds as u64).saturating_mul(1_000_000_000).saturating_add(nanos as u64))
}

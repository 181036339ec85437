//! The POSIX scheduling policies. Everybody has the time-sharing one; real-time ones are refused.

use crate::{Answer, Args, Ctx};
use ashore_base::Addr;
use ashore_pivot::{Errno, Sys};

/// The policies' numbers on FreeBSD and DragonFly.
const FIFO: u32 = 1;
const OTHER: u32 = 2;
const ROUND_ROBIN: u32 = 3;
/// NetBSD's number of the time-sharing policy.
const NETBSD_OTHER: u32 = 0;
/// The greatest priority of a real-time policy.
const REAL_TIME_MAX: u64 = 31;

/// Whether a process exists that the caller may ask about.
fn exists(ctx: &Ctx<'_>, pid: u64) -> Result<(), Errno> {
    let pid = pid as u32;
    if pid == 0 { Ok(()) } else { ctx.call(Sys::GETPGID, [u64::from(pid), 0, 0, 0, 0, 0]).map(|_| ()) }
}

/// `sched_getscheduler(pid)`.
pub fn sched_getscheduler(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    exists(ctx, args[0])?;
    Ok(u64::from(OTHER).into())
}

/// `sched_setscheduler(pid, policy, param)`: the answer is the old policy.
pub fn sched_setscheduler(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    exists(ctx, args[0])?;
    match args[1] as u32 {
        OTHER => Ok(u64::from(OTHER).into()),
        FIFO | ROUND_ROBIN => Err(Errno::EPERM.into()),
        _ => Err(Errno::EINVAL.into()),
    }
}

/// `sched_getparam(pid, param)`.
pub fn sched_getparam(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    exists(ctx, args[0])?;
    ctx.write(Addr(args[1]), &[0; 4])?;
    Ok(0.into())
}

/// `sched_setparam(pid, param)`.
pub fn sched_setparam(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    exists(ctx, args[0])?;
    if ctx.read_u32(Addr(args[1]))? == 0 { Ok(0.into()) } else { Err(Errno::EPERM.into()) }
}

/// `sched_get_priority_max(policy)`.
pub fn sched_get_priority_max(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    match args[0] as u32 {
        FIFO | ROUND_ROBIN => Ok(REAL_TIME_MAX.into()),
        OTHER => Ok(ctx.bsd()?.family.process.time_sharing_max.into()),
        _ => Err(Errno::EINVAL.into()),
    }
}

/// `sched_get_priority_min(policy)`.
pub fn sched_get_priority_min(_ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    if (FIFO..=ROUND_ROBIN).contains(&(args[0] as u32)) { Ok(0.into()) } else { Err(Errno::EINVAL.into()) }
}

/// `_sched_getparam(pid, lid, policy, param)`; both pointers may be null.
pub fn lwp_getparam(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    exists(ctx, args[0])?;
    for at in [args[2], args[3]] {
        if at != 0 {
            ctx.write(Addr(at), &NETBSD_OTHER.to_le_bytes())?;
        }
    }
    Ok(0.into())
}

/// `_sched_setparam(pid, lid, policy, param)`: policy -1 keeps the policy.
pub fn lwp_setparam(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    exists(ctx, args[0])?;
    match args[2] as u32 {
        NETBSD_OTHER | u32::MAX => Ok(0.into()),
        1 | 2 => Err(Errno::EPERM.into()),
        _ => Err(Errno::EINVAL.into()),
    }
}

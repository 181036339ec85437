//! Which CPUs a thread may run on, and how threads take turns.

use crate::{Answer, Args, Ctx};
use alloc::vec;
use ashore_base::Addr;
use ashore_pivot::{Arg, Errno, Sys};

/// The most CPUs Linux knows, in bytes of a mask.
const MASK_BYTES: usize = 1024;

/// The host's thread that an id names: the caller for 0 and -1, a thread of this process, or a process.
fn host_thread(ctx: &Ctx<'_>, id: i64) -> Result<i32, Errno> {
    match id {
        0 | -1 => Ok(0),
        _ => match ctx.kernel.host_tid(id as u64) {
            Some(tid) => Ok(tid),
            None => i32::try_from(id).map_err(|_| Errno::ESRCH),
        },
    }
}

/// Writes the mask of a thread to `into`, zeros after it; ERANGE when it does not fit.
fn get_mask(ctx: &Ctx<'_>, tid: i32, into: Addr, len: u64) -> Answer {
    let mut mask = vec![0; MASK_BYTES];
    let words = &mut [tid.into(), (MASK_BYTES as u64).into(), Arg::Out(&mut mask)];
    let held = ctx.call_with(Sys::SCHED_GETAFFINITY, words)? as usize;
    mask.truncate(held);
    let used = mask.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
    if len < used as u64 || len > MASK_BYTES as u64 {
        return Err(Errno::ERANGE.into());
    }
    mask.resize(len as usize, 0);
    ctx.write(into, &mask)?;
    Ok(0.into())
}

fn set_mask(ctx: &Ctx<'_>, tid: i32, from: Addr, len: u64) -> Answer {
    if len > MASK_BYTES as u64 {
        return Err(Errno::ERANGE.into());
    }
    let mask = ctx.read_vec(from, len)?;
    ctx.call_with(Sys::SCHED_SETAFFINITY, &mut [tid.into(), len.into(), Arg::In(&mask)])?;
    Ok(0.into())
}

/// The host's thread that FreeBSD's "which" and id name; only threads and processes have masks here.
fn by_which(ctx: &Ctx<'_>, which: u64, id: u64) -> Result<i32, Errno> {
    const TID: u32 = 1;
    const PID: u32 = 2;
    const CPUSET: u32 = 3;
    match which as u32 {
        TID | PID => host_thread(ctx, id as i64),
        CPUSET if id as i64 == -1 => Ok(0),
        CPUSET => Err(Errno::ESRCH),
        _ => Err(Errno::EINVAL),
    }
}

/// `cpuset_getaffinity(level, which, id, cpusetsize, mask)`: every level has the thread's own mask.
pub fn cpuset_getaffinity(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let tid = by_which(ctx, args[1], args[2])?;
    get_mask(ctx, tid, Addr(args[4]), args[3])
}

/// `cpuset_setaffinity(level, which, id, cpusetsize, mask)`: only a thread's own level can be set.
pub fn cpuset_setaffinity(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    const LEVEL_WHICH: u32 = 3;
    if args[0] as u32 != LEVEL_WHICH {
        return Err(Errno::EPERM.into());
    }
    let tid = by_which(ctx, args[1], args[2])?;
    set_mask(ctx, tid, Addr(args[4]), args[3])
}

/// `_sched_getaffinity(pid, lid, size, cpuset)`.
pub fn sched_getaffinity(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let tid = host_thread(ctx, i64::from(args[1] as i32))?;
    get_mask(ctx, tid, Addr(args[3]), args[2])
}

/// `_sched_setaffinity(pid, lid, size, cpuset)`.
pub fn sched_setaffinity(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let tid = host_thread(ctx, i64::from(args[1] as i32))?;
    set_mask(ctx, tid, Addr(args[3]), args[2])
}

/// `cpuset_getid(level, which, id, setid)`: everybody is in the first set.
pub fn cpuset_getid(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    by_which(ctx, args[1], args[2])?;
    ctx.write(Addr(args[3]), &1u32.to_le_bytes())?;
    Ok(0.into())
}

/// `cpuset_getdomain(level, which, id, domainsetsize, mask, policy)`: one memory domain, taken in turn.
pub fn cpuset_getdomain(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    const ROUND_ROBIN: u32 = 1;
    by_which(ctx, args[1], args[2])?;
    let len = args[3];
    if !(1..=MASK_BYTES as u64).contains(&len) {
        return Err(Errno::ERANGE.into());
    }
    let mut mask = vec![0; len as usize];
    mask.iter_mut().take(1).for_each(|byte| *byte = 1);
    ctx.write(Addr(args[4]), &mask)?;
    ctx.write(Addr(args[5]), &ROUND_ROBIN.to_le_bytes())?;
    Ok(0.into())
}

/// `sched_getcpu()`.
pub fn sched_getcpu(ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    let mut cpu = [0; 4];
    ctx.call_with(Sys::GETCPU, &mut [Arg::Out(&mut cpu), 0.into(), 0.into()])?;
    Ok(u64::from(u32::from_le_bytes(cpu)).into())
}

/// `setfib(fibnum)`: the first routing table is the only one.
pub fn setfib(_ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    if args[0] as u32 == 0 { Ok(0.into()) } else { Err(Errno::EINVAL.into()) }
}

//! Resource limits and usage.

use crate::{Answer, Args, Ctx};
use ashore_base::Addr;
use ashore_pivot::{Arg, Errno, Sys};

/// "No limit", as the BSDs and as Linux write it.
const INFINITY: u64 = i64::MAX as u64;
const LINUX_INFINITY: u64 = u64::MAX;
/// The most kinds of limits a system has.
pub const LIMITS: usize = 17;

/// What a limit's number means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Linux's limit of this number.
    Linux(u32),
    /// What Linux does not limit. It is remembered and never reached.
    Remembered,
}

/// The limits that all three systems number alike: CPU to address space.
pub const COMMON: [Limit; 11] = [
    Limit::Linux(0),   // CPU
    Limit::Linux(1),   // FSIZE
    Limit::Linux(2),   // DATA
    Limit::Linux(3),   // STACK
    Limit::Linux(4),   // CORE
    Limit::Linux(5),   // RSS
    Limit::Linux(8),   // MEMLOCK
    Limit::Linux(6),   // NPROC
    Limit::Linux(7),   // NOFILE
    Limit::Remembered, // SBSIZE
    Limit::Linux(9),   // AS
];

/// The remembered limits: now and at most.
#[derive(Debug, Clone, Copy)]
pub struct Remembered(pub [[u64; 2]; LIMITS]);

impl Default for Remembered {
    fn default() -> Self {
        Remembered([[INFINITY; 2]; LIMITS])
    }
}

fn limit_of(ctx: &Ctx<'_>, which: u32) -> Result<Limit, Errno> {
    let extra = ctx.bsd()?.family.process.extra_limits;
    match COMMON.get(which as usize) {
        Some(limit) => Ok(*limit),
        None if (which as usize) < COMMON.len() + extra => Ok(Limit::Remembered),
        None => Err(Errno::EINVAL),
    }
}

/// Linux's limit: now and at most.
fn linux_limit(ctx: &Ctx<'_>, which: u32, new: Option<[u64; 2]>) -> Result<[u64; 2], Errno> {
    let mut old = [0; 16];
    let new = new.map(|[now, most]| [now.to_le_bytes(), most.to_le_bytes()]);
    let new = match &new {
        Some(new) => Arg::In(new.as_flattened()),
        None => 0.into(),
    };
    ctx.call_with(Sys::PRLIMIT64, &mut [0.into(), u64::from(which).into(), new, Arg::Out(&mut old)])?;
    let [now, most] = *old.as_chunks::<8>().0 else { return Err(Errno::EINVAL) };
    Ok([u64::from_le_bytes(now), u64::from_le_bytes(most)])
}

/// `getrlimit(resource, rlp)`.
pub fn getrlimit(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let which = args[0] as u32;
    let limits = match limit_of(ctx, which)? {
        Limit::Linux(linux) => linux_limit(ctx, linux, None)?.map(|limit| limit.min(INFINITY)),
        Limit::Remembered => {
            let remembered = ctx.bsd()?.process.lock();
            remembered.limits.0.get(which as usize).copied().unwrap_or([INFINITY; 2])
        }
    };
    ctx.write(Addr(args[1]), limits.map(u64::to_le_bytes).as_flattened())?;
    Ok(0.into())
}

/// `setrlimit(resource, rlp)`.
pub fn setrlimit(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let which = args[0] as u32;
    let limit = limit_of(ctx, which)?;
    let [now, most] = [ctx.read_u64(Addr(args[1]))?, ctx.read_u64(Addr(args[1]).plus(8))?];
    // The BSDs read a limit as signed: what is below zero is none.
    let [now, most] = [now, most].map(|limit| if limit >= INFINITY { LINUX_INFINITY } else { limit });
    match limit {
        Limit::Linux(linux) => {
            // FreeBSD and its kin lower the limit now to the most; Linux refuses.
            linux_limit(ctx, linux, Some([now.min(most), most]))?;
        }
        Limit::Remembered => {
            if let Some(limits) = ctx.bsd()?.process.lock().limits.0.get_mut(which as usize) {
                *limits = [now.min(INFINITY), most.min(INFINITY)];
            }
        }
    }
    Ok(0.into())
}

/// `getdtablesize()`.
pub fn getdtablesize(ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    const NOFILE: u32 = 7;
    let [now, _] = linux_limit(ctx, NOFILE, None)?;
    Ok(now.min(i32::MAX as u64).into())
}

/// `getrusage(who, rusage)`: the record is the same everywhere.
pub fn getrusage(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    const THREAD: i32 = 1;
    if args[0] as i32 == THREAD && !ctx.bsd()?.family.process.has_thread_usage {
        return Err(Errno::EINVAL.into());
    }
    Ok(ctx.call(Sys::GETRUSAGE, [args[0], args[1], 0, 0, 0, 0])?.into())
}

/// `getpriority(which, who)`: a nice value, which may be below zero. Linux's raw call answers 20 minus it.
pub fn getpriority(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let raw = ctx.call(Sys::GETPRIORITY, [args[0], args[1], 0, 0, 0, 0])?;
    Ok((20i64.wrapping_sub(raw as i64) as u64).into())
}

/// `setpriority(which, who, prio)`.
pub fn setpriority(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let nice = i64::from(args[2] as i32).clamp(-20, 20);
    Ok(ctx.call(Sys::SETPRIORITY, [args[0], args[1], nice as u64, 0, 0, 0])?.into())
}

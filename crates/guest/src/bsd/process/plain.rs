//! Calls that need no translation to speak of.

use crate::{Answer, Args, Ctx, Quick, Value};
use ashore_base::Addr;
use ashore_pivot::{Signal, Sys};

/// `exit(status)`.
pub fn exit(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    ctx.kernel.exit(args[0] as u8)
}

/// `getpid()` with the parent's id as the second result.
pub fn getpid_and_parent(quick: &Quick<'_>, _args: &Args) -> Answer {
    Ok(Value::Two(quick.pid as u64, quick.linux.call(Sys::GETPPID, [0; 6])?))
}

/// `issetugid()`: Ashore gives no program more rights than its caller has.
pub fn issetugid(_ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    Ok(0.into())
}

/// A call that succeeds and has nothing to do.
pub fn zero(_ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    Ok(0.into())
}

/// `abort2(why, nargs, args)`: the reason is for the log, then the process dies of SIGABRT.
pub fn abort2(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    const WHY_MAX: usize = 128;
    let why = ctx.cstr(Addr(args[0]), WHY_MAX).unwrap_or_default();
    ctx.kernel.note(&alloc::format!("abort2: {}", alloc::string::String::from_utf8_lossy(&why)));
    ctx.kernel.die_of(Signal::ABRT)
}

//! Calls that need no translation to speak of.

use crate::{Answer, Args, Ctx, Value};
use ashore_pivot::Sys;

/// `exit(status)`.
pub fn exit(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    ctx.kernel.exit(args[0] as u8)
}

/// `getpid()`.
pub fn getpid(ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    Ok(ctx.call(Sys::GETPID, [0; 6])?.into())
}

/// `getpid()` with the parent's id as the second result.
pub fn getpid_and_parent(ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    Ok(Value::Two(ctx.call(Sys::GETPID, [0; 6])?, ctx.call(Sys::GETPPID, [0; 6])?))
}

/// `issetugid()`: Ashore gives no program more rights than its caller has.
pub fn issetugid(_ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    Ok(0.into())
}

/// A call that succeeds and has nothing to do.
pub fn zero(_ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    Ok(0.into())
}

//! Calls that Ashore answers as a system would that refuses or lacks the thing.

use crate::{Answer, Args, Ctx};
use ashore_pivot::Errno;

/// What only the superuser may do, and nobody may do to the host from here.
pub fn refused(_ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    Err(Errno::EPERM.into())
}

/// What a kernel built without the thing answers. Programs are ready for it: that is how Capsicum, the
/// audit and mandatory access controls and tracing stay away honestly, instead of pretending to protect.
pub fn absent(_ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    Err(Errno::ENOSYS.into())
}

/// A thing asked for by name or number that does not exist here: kernel modules, jails, environment.
pub fn not_found(_ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    Err(Errno::ENOENT.into())
}

/// A jail or session of another kind that does not exist here.
pub fn invalid(_ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    Err(Errno::EINVAL.into())
}

/// What the system itself no longer supports.
pub fn unsupported(_ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    Err(Errno::EOPNOTSUPP.into())
}

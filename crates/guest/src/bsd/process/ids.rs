//! Users, groups and sessions.
//!
//! Linux changes ids of one thread only; a program with more threads that changes them is rare enough
//! that the rows say "partial" instead.

use crate::{Answer, Args, Ctx, Value};
use alloc::vec;
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::{Arg, Errno, Sys};

/// "Leave this id as it is".
const SAME: u64 = u32::MAX as u64;
/// The most groups Linux gives a process.
const GROUPS_MAX: u64 = 65536;
/// The longest login name, with its zero.
const LOGIN_MAX: usize = 33;

/// `getuid()` with the effective id as the second result.
pub fn getuid_pair(ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    Ok(Value::Two(ctx.call(Sys::GETUID, [0; 6])?, ctx.call(Sys::GETEUID, [0; 6])?))
}

/// `getgid()` with the effective id as the second result.
pub fn getgid_pair(ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    Ok(Value::Two(ctx.call(Sys::GETGID, [0; 6])?, ctx.call(Sys::GETEGID, [0; 6])?))
}

/// `seteuid(euid)`.
pub fn seteuid(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    Ok(ctx.call(Sys::SETRESUID, [SAME, args[0], SAME, 0, 0, 0])?.into())
}

/// `setegid(egid)`.
pub fn setegid(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    Ok(ctx.call(Sys::SETRESGID, [SAME, args[0], SAME, 0, 0, 0])?.into())
}

/// `getgroups(gidsetsize, gidset)` where the effective group is the first of them.
pub fn getgroups(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let mut groups = vec![u32::try_from(ctx.call(Sys::GETEGID, [0; 6])?).unwrap_or(u32::MAX)];
    let mut bytes = vec![0; GROUPS_MAX as usize * 4];
    let count = ctx.call_with(Sys::GETGROUPS, &mut [GROUPS_MAX.into(), Arg::Out(&mut bytes)])?;
    let more = bytes.as_chunks().0.iter().take(count as usize).map(|gid| u32::from_le_bytes(*gid));
    groups.extend(more.filter(|gid| groups.first() != Some(gid)).collect::<Vec<_>>());
    let room = args[0] as u32 as usize;
    if room == 0 {
        return Ok((groups.len() as u64).into());
    }
    if room < groups.len() {
        return Err(Errno::EINVAL.into());
    }
    let bytes: Vec<u8> = groups.iter().flat_map(|gid| gid.to_le_bytes()).collect();
    ctx.write(Addr(args[1]), &bytes)?;
    Ok((groups.len() as u64).into())
}

/// `setgroups(ngroups, gidset)` where the first of them becomes the effective group.
pub fn setgroups(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let count = u64::from(args[0] as u32);
    if count > GROUPS_MAX {
        return Err(Errno::EINVAL.into());
    }
    let bytes = ctx.read_vec(Addr(args[1]), count * 4)?;
    ctx.call_with(Sys::SETGROUPS, &mut [count.into(), Arg::In(&bytes)])?;
    if let Some(first) = bytes.first_chunk() {
        let first = u64::from(u32::from_le_bytes(*first));
        ctx.call(Sys::SETRESGID, [SAME, first, SAME, 0, 0, 0])?;
    }
    Ok(0.into())
}

/// `getlogin(namebuf, namelen)`: what was set, or no name.
pub fn getlogin(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let mut name = ctx.bsd()?.process.lock().login.clone();
    name.push(0);
    let len = args[1] as u32 as usize;
    if len < name.len() && !ctx.bsd()?.family.process.login_is_cut {
        return Err(Errno::ERANGE.into());
    }
    ctx.write(Addr(args[0]), name.get(..len).unwrap_or(&name))?;
    Ok(0.into())
}

/// `setlogin(namebuf)`: for the superuser. The host's session keeps its own name.
pub fn setlogin(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    if ctx.call(Sys::GETEUID, [0; 6])? != 0 {
        return Err(Errno::EPERM.into());
    }
    let name = ctx.cstr(Addr(args[0]), LOGIN_MAX).map_err(too_long)?;
    ctx.bsd()?.process.lock().login = name;
    Ok(0.into())
}

fn too_long(errno: Errno) -> Errno {
    if errno == Errno::ENAMETOOLONG { Errno::EINVAL } else { errno }
}

/// `getloginclass(namebuf, namelen)`.
pub fn getloginclass(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    const CLASS: &[u8] = b"default\0";
    if args[1] < CLASS.len() as u64 {
        return Err(Errno::ERANGE.into());
    }
    ctx.write(Addr(args[0]), CLASS)?;
    Ok(0.into())
}

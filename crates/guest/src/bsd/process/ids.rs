//! Users, groups and sessions.
//!
//! The BSDs change the ids of a process, Linux those of one thread. A process with more threads would keep
//! rights in the others that it believes gone, so there a change is refused; what changes nothing is not.
//! A child between fork and exec, where most programs change ids, has one thread.

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

/// Whose ids a call changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    User,
    Group,
}

impl Whose {
    /// The calls that tell the three ids and that set them.
    const fn calls(self) -> (Sys, Sys) {
        match self {
            Whose::User => (Sys::GETRESUID, Sys::SETRESUID),
            Whose::Group => (Sys::GETRESGID, Sys::SETRESGID),
        }
    }
}

/// Refuses when other threads would keep what this one gives up. `wanted` are the real, effective and saved id.
fn check_threads(ctx: &Ctx<'_>, whose: Whose, wanted: [u64; 3]) -> Result<(), Errno> {
    if ctx.kernel.thread_ids().len() <= 1 {
        return Ok(());
    }
    let mut held = [[0; 4]; 3];
    let [real, effective, saved] = &mut held;
    ctx.call_with(whose.calls().0, &mut [Arg::Out(real), Arg::Out(effective), Arg::Out(saved)])?;
    let held = held.map(u32::from_le_bytes);
    if wanted.iter().zip(held).all(|(want, have)| *want as u32 == u32::MAX || *want as u32 == have) {
        return Ok(());
    }
    ctx.kernel.note("a change of users or groups in a process with several threads");
    Err(Errno::EPERM)
}

/// A change by a Linux call of the same arguments.
fn change(ctx: &Ctx<'_>, whose: Whose, sys: Sys, words: [u64; 3], wanted: [u64; 3]) -> Answer {
    check_threads(ctx, whose, wanted)?;
    let [a, b, c] = words;
    Ok(ctx.call(sys, [a, b, c, 0, 0, 0])?.into())
}

/// `setuid(uid)`.
pub fn setuid(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    change(ctx, Whose::User, Sys::SETUID, [args[0], 0, 0], [args[0]; 3])
}

/// `setgid(gid)`.
pub fn setgid(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    change(ctx, Whose::Group, Sys::SETGID, [args[0], 0, 0], [args[0]; 3])
}

/// `seteuid(euid)`.
pub fn seteuid(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let wanted = [SAME, args[0], SAME];
    change(ctx, Whose::User, Whose::User.calls().1, wanted, wanted)
}

/// `setegid(egid)`.
pub fn setegid(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let wanted = [SAME, args[0], SAME];
    change(ctx, Whose::Group, Whose::Group.calls().1, wanted, wanted)
}

/// `setreuid(ruid, euid)`.
pub fn setreuid(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    change(ctx, Whose::User, Sys::SETREUID, [args[0], args[1], 0], [args[0], args[1], SAME])
}

/// `setregid(rgid, egid)`.
pub fn setregid(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    change(ctx, Whose::Group, Sys::SETREGID, [args[0], args[1], 0], [args[0], args[1], SAME])
}

/// `setresuid(ruid, euid, suid)`.
pub fn setresuid(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let wanted = [args[0], args[1], args[2]];
    change(ctx, Whose::User, Whose::User.calls().1, wanted, wanted)
}

/// `setresgid(rgid, egid, sgid)`.
pub fn setresgid(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let wanted = [args[0], args[1], args[2]];
    change(ctx, Whose::Group, Whose::Group.calls().1, wanted, wanted)
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

/// `setgroups(ngroups, gidset)` where the first of them becomes the effective group and only the rest are
/// supplementary: a later change of the effective group forgets it.
pub fn setgroups(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let groups = new_groups(ctx, args)?;
    let Some((first, rest)) = groups.split_first_chunk::<4>() else { return set_groups(ctx, &[]) };
    set_groups(ctx, rest)?;
    let first = u64::from(u32::from_le_bytes(*first));
    Ok(ctx.call(Sys::SETRESGID, [SAME, first, SAME, 0, 0, 0])?.into())
}

/// `setgroups(ngroups, gidset)` of supplementary groups only.
pub fn setgroups_only(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let groups = new_groups(ctx, args)?;
    set_groups(ctx, &groups)
}

fn set_groups(ctx: &Ctx<'_>, groups: &[u8]) -> Answer {
    let count = groups.len() as u64 / 4;
    Ok(ctx.call_with(Sys::SETGROUPS, &mut [count.into(), Arg::In(groups)])?.into())
}

/// The groups as they stand in memory, when they may be set.
fn new_groups(ctx: &Ctx<'_>, args: &Args) -> Result<Vec<u8>, Errno> {
    let count = u64::from(args[0] as u32);
    if count > GROUPS_MAX {
        return Err(Errno::EINVAL);
    }
    let groups = ctx.read_vec(Addr(args[1]), count * 4)?;
    if ctx.kernel.thread_ids().len() > 1 && ctx.call(Sys::GETEUID, [0; 6])? == 0 {
        ctx.kernel.note("a change of groups in a process with several threads");
        return Err(Errno::EPERM);
    }
    Ok(groups)
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

//! The threads of DragonFly and NetBSD: small numbers that count per process.

use super::{exit_thread, kill_one};
use crate::{Answer, Args, Ctx, SpawnRequest, ThreadStart, Value};
use ashore_base::{Addr, Bytes};
use ashore_pivot::{Errno, Sys};

/// How many bytes DragonFly's `struct lwp_params` has: function, argument, stack's top, two places for the id.
const PARAMS_LEN: usize = 40;
/// DragonFly's pid that means the own process, and tid that means all of one.
const OWN: i32 = -1;

/// DragonFly's `lwp_create(params)` and `lwp_create2(params, cpumask)`.
pub fn create(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let bytes: [u8; PARAMS_LEN] = ctx.read(Addr(args[0]))?;
    let word = |at| Bytes(&bytes).u64(at).unwrap_or(0);
    let request = SpawnRequest {
        start: ThreadStart::Entry { entry: Addr(word(0)), arg: word(8), stack: Addr(word(16)), stack_len: 0 },
        // The thread sets its own pointer.
        tls: None,
        mask: None,
        inherit_alt_stack: false,
        tid_at: [24, 32].map(|at| Some(Addr(word(at))).filter(|at| !at.is_null()).map(|at| (at, 4))),
        clear_tid: Addr::NULL,
    };
    ctx.kernel.spawn(ctx.thread, &request)?;
    Ok(Value::One(0))
}

/// DragonFly's `lwp_gettid()` and NetBSD's `_lwp_self()`.
pub fn this(ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    Ok(Value::One(ctx.thread.id))
}

/// DragonFly's `lwp_kill(pid, tid, sig)`.
pub fn kill(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let (pid, tid) = (args[0] as i32, args[1] as i32);
    let signal = ctx.signal_or_none(args[2])?;
    let own = ctx.call(Sys::GETPID, [0; 6])?;
    if tid == OWN && pid > 0 {
        return Ok(ctx.call(Sys::KILL, [pid as u64, signal, 0, 0, 0, 0])?.into());
    }
    if tid < 0 || pid < OWN || pid == 0 {
        return Err(Errno::EINVAL.into());
    }
    if pid != OWN && pid as u64 != own {
        // Another process counts its threads itself: only its first one is known here.
        return match tid {
            1 => Ok(ctx.call(Sys::TGKILL, [pid as u64, pid as u64, signal, 0, 0, 0])?.into()),
            _ => Err(Errno::ESRCH.into()),
        };
    }
    kill_one(ctx, tid as u64, signal)?;
    Ok(Value::One(0))
}

/// What DragonFly's extexit ends and what it does before: `how`'s two halves.
const EXTEXIT_LWP: u32 = 0x10000;
const EXTEXIT_WHO: u32 = 0xffff_0000;
const EXTEXIT_SETINT: u32 = 1;

/// DragonFly's `extexit(how, status, addr)`.
pub fn extexit(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let (how, status) = (args[0] as u32, args[1] as u32);
    match how & !EXTEXIT_WHO {
        0 => {}
        EXTEXIT_SETINT => ctx.write(Addr(args[2]), &status.to_le_bytes())?,
        _ => return Err(Errno::EINVAL.into()),
    }
    match how & EXTEXIT_WHO {
        EXTEXIT_LWP if ctx.kernel.thread_ids().len() > 1 => Ok(Value::ThreadOver),
        // The last thread takes the process with it.
        0 | EXTEXIT_LWP => ctx.kernel.exit(status as u8),
        _ => Err(Errno::EINVAL.into()),
    }
}

/// `uc_flags` of NetBSD: the mask, the registers, the thread pointer are valid.
const UC_SIGMASK: u32 = 0x01;
const UC_CPU: u32 = 0x04;
const UC_TLSBASE: u32 = 0x8_0000;
/// Where NetBSD's context has its mask.
const UC_SIGMASK_AT: u64 = 16;

/// NetBSD's `_lwp_create(ucp, flags, new_lwp)`.
pub fn create_from_context(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let context = Addr(args[0]);
    let flags = ctx.read_u32(context)?;
    if flags & UC_CPU == 0 {
        return Err(Errno::EINVAL.into());
    }
    let mask = match flags & UC_SIGMASK {
        0 => None,
        _ => Some(ctx.signal_words()?.map.set_to_linux(ctx.read(context.plus(UC_SIGMASK_AT))?)),
    };
    let tls = match flags & UC_TLSBASE {
        0 => None,
        _ => Some(Addr(ctx.read_u64(context.plus(ctx.bsd()?.family.machine.context_tls))?)),
    };
    let request = SpawnRequest {
        start: ThreadStart::Context(context),
        tls,
        mask,
        // Old releases gave a thread its creator's alternate stack, which is no good to either; 10 does not.
        inherit_alt_stack: false,
        tid_at: [Some((Addr(args[2]), 4)), None],
        clear_tid: Addr::NULL,
    };
    ctx.kernel.spawn(ctx.thread, &request)?;
    Ok(Value::One(0))
}

/// NetBSD's `_lwp_exit()`.
pub fn exit(ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    exit_thread(ctx)
}

/// NetBSD's `_lwp_kill(target, sig)`.
pub fn kill_of_netbsd(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let signal = ctx.signal_or_none(args[1])?;
    kill_one(ctx, u64::from(args[0] as u32), signal)?;
    Ok(Value::One(0))
}

/// NetBSD's `_lwp_detach(target)`: nobody has to be waited for here, so this only asks whether it lives.
pub fn detach(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let target = u64::from(args[0] as u32);
    ctx.kernel.host_tid(target).ok_or(Errno::ESRCH)?;
    Ok(Value::One(0))
}

/// NetBSD's `_lwp_setname(target, name)`: a name is only for people, and nothing here shows one.
pub fn set_name(_ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    Ok(Value::One(0))
}

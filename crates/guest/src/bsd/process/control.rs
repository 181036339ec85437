//! `procctl`, and priorities in classes.

use crate::{Answer, Args, Ctx, Fail};
use ashore_base::Addr;
use ashore_pivot::{Arg, Errno, Sys};

/// Linux's prctl.
mod linux {
    pub const SET_PDEATHSIG: u64 = 1;
    pub const GET_PDEATHSIG: u64 = 2;
    pub const SET_DUMPABLE: u64 = 4;
    pub const SET_CHILD_SUBREAPER: u64 = 36;
    pub const SET_NO_NEW_PRIVS: u64 = 38;
    pub const GET_NO_NEW_PRIVS: u64 = 39;
}

/// What procctl can be asked.
mod command {
    pub const REAP_ACQUIRE: u32 = 2;
    pub const REAP_RELEASE: u32 = 3;
    pub const TRACE_CTL: u32 = 7;
    pub const TRACE_STATUS: u32 = 8;
    pub const PDEATHSIG_CTL: u32 = 11;
    pub const PDEATHSIG_STATUS: u32 = 12;
    pub const ASLR_STATUS: u32 = 14;
    pub const PROTMAX_STATUS: u32 = 16;
    pub const STACKGAP_STATUS: u32 = 18;
    pub const NO_NEW_PRIVS_CTL: u32 = 19;
    pub const NO_NEW_PRIVS_STATUS: u32 = 20;
    pub const WXMAP_STATUS: u32 = 22;
}

/// `procctl(idtype, id, cmd, arg)`, for the calling process.
pub fn procctl(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    const NO_FORCE: u32 = 3;
    const ENABLED: u32 = 1;
    const DISABLED: u32 = 2;
    let [pid, ..] = ctx.bsd()?.family.process.wait.id_types;
    if args[0] as u32 != pid {
        return Err(Errno::EINVAL.into());
    }
    if args[1] != 0 && args[1] != ctx.call(Sys::GETPID, [0; 6])? {
        return Err(Errno::EPERM.into());
    }
    let at = Addr(args[3]);
    match args[2] as u32 {
        command::REAP_ACQUIRE => prctl(ctx, linux::SET_CHILD_SUBREAPER, 1),
        command::REAP_RELEASE => prctl(ctx, linux::SET_CHILD_SUBREAPER, 0),
        command::TRACE_CTL => {
            let dumpable = u64::from(ctx.read_u32(at)? == ENABLED);
            prctl(ctx, linux::SET_DUMPABLE, dumpable)
        }
        command::TRACE_STATUS => tell(ctx, at, 0),
        command::PDEATHSIG_CTL => {
            let number = u64::from(ctx.read_u32(at)?);
            let signal = match number {
                0 => 0,
                number => u64::from((ctx.os.signal_from)(number).ok_or(Errno::EINVAL)?.0),
            };
            prctl(ctx, linux::SET_PDEATHSIG, signal)
        }
        command::PDEATHSIG_STATUS => {
            let mut signal = [0; 4];
            ctx.call_with(Sys::PRCTL, &mut [linux::GET_PDEATHSIG.into(), Arg::Out(&mut signal)])?;
            let signal = ashore_pivot::Signal::new(u64::from(u32::from_le_bytes(signal)));
            tell(ctx, at, signal.map_or(0, ctx.os.signal))
        }
        command::ASLR_STATUS | command::PROTMAX_STATUS => tell(ctx, at, NO_FORCE),
        command::STACKGAP_STATUS | command::WXMAP_STATUS => tell(ctx, at, ENABLED),
        command::NO_NEW_PRIVS_CTL if ctx.read_u32(at)? == ENABLED => prctl(ctx, linux::SET_NO_NEW_PRIVS, 1),
        command::NO_NEW_PRIVS_STATUS => {
            let is_set = ctx.call(Sys::PRCTL, [linux::GET_NO_NEW_PRIVS, 0, 0, 0, 0, 0])? != 0;
            tell(ctx, at, if is_set { ENABLED } else { DISABLED })
        }
        _ => Err(Errno::EINVAL.into()),
    }
}

fn prctl(ctx: &Ctx<'_>, option: u64, word: u64) -> Answer {
    Ok(ctx.call(Sys::PRCTL, [option, word, 0, 0, 0, 0])?.into())
}

fn tell(ctx: &Ctx<'_>, at: Addr, word: u32) -> Answer {
    ctx.write(at, &word.to_le_bytes())?;
    Ok(0.into())
}

/// `rtprio(function, pid, rtp)` and its kin for one thread: a record of class and priority. Everybody is in
/// the normal class; nobody may leave it.
fn class_priority(ctx: &Ctx<'_>, function: u64, at: Addr, normal: u16) -> Answer {
    const LOOKUP: u32 = 0;
    const SET: u32 = 1;
    let [class, priority] = [normal.to_le_bytes(), 0u16.to_le_bytes()];
    match function as u32 {
        LOOKUP => {
            ctx.write(at, [class, priority].as_flattened())?;
            Ok(0.into())
        }
        SET if ctx.read::<2>(at)? == class => Ok(0.into()),
        SET => Err(Errno::EPERM.into()),
        _ => Err(Fail::Linux(Errno::EINVAL)),
    }
}

/// `rtprio(function, pid, rtp)`, `rtprio_thread(function, lwpid, rtp)`.
pub fn rtprio(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let normal = ctx.bsd()?.family.process.normal_class;
    class_priority(ctx, args[0], Addr(args[2]), normal)
}

/// `lwp_rtprio(function, pid, tid, rtp)`.
pub fn lwp_rtprio(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let normal = ctx.bsd()?.family.process.normal_class;
    class_priority(ctx, args[0], Addr(args[3]), normal)
}

//! Linux's signal calls, and the calls that wait with another mask.

use crate::{Action, AltStack, Answer, Args, Ctx, Handler, SaFlags, Value};
use ashore_base::Addr;
use ashore_pivot::layout::sigaction::x86_64::MINSIGSTKSZ;
use ashore_pivot::layout::sigaction::{
    SA_RESTORER, SIG_BLOCK, SIG_DFL, SIG_IGN, SIG_SETMASK, SIG_UNBLOCK, SS_DISABLE, SS_ONSTACK, SigStack, Sigaction,
};
use ashore_pivot::{Errno, SigSet, Signal, Sys};

pub(super) fn rt_sigaction(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let signal = Signal::new(args[0]).ok_or(Errno::EINVAL)?;
    let old = ctx.kernel.action(signal);
    if args[1] != 0 {
        let new = Sigaction::decode(&ctx.read(Addr(args[1]))?);
        let handler = match new.handler {
            SIG_DFL => Handler::Default,
            SIG_IGN => Handler::Ignore,
            at => Handler::Guest(Addr(at)),
        };
        let flags = SaFlags(new.flags as u32);
        let action = Action { handler, flags, mask: SigSet(new.mask), trampoline: Addr(new.restorer), version: 0 };
        ctx.kernel.set_action(signal, action)?;
    }
    if args[2] != 0 {
        let handler = match old.handler {
            Handler::Default => SIG_DFL,
            Handler::Ignore => SIG_IGN,
            Handler::Guest(at) => at.0,
        };
        let restored = if old.trampoline.is_null() { 0 } else { SA_RESTORER };
        let flags = u64::from(old.flags.0 & !SA_RESTORER | restored);
        let told = Sigaction { handler, flags, restorer: old.trampoline.0, mask: old.mask.0 };
        ctx.write(Addr(args[2]), &told.encode())?;
    }
    Ok(0.into())
}

pub(super) fn rt_sigprocmask(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let old = ctx.thread.mask;
    if args[1] != 0 {
        let set = SigSet(ctx.read_u64(Addr(args[1]))?);
        let mask = match args[0] as u32 {
            SIG_BLOCK => SigSet(old.0 | set.0),
            SIG_UNBLOCK => SigSet(old.0 & !set.0),
            SIG_SETMASK => set,
            _ => return Err(Errno::EINVAL.into()),
        };
        if args[2] != 0 {
            ctx.write(Addr(args[2]), &old.0.to_le_bytes())?;
        }
        let kernel = ctx.kernel;
        kernel.set_mask(ctx.thread, mask);
    } else if args[2] != 0 {
        ctx.write(Addr(args[2]), &old.0.to_le_bytes())?;
    }
    Ok(0.into())
}

/// The frame lies where the handler's return left the stack pointer.
pub(super) fn rt_sigreturn(ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    Ok(Value::Resume(ctx.thread.sp))
}

pub(super) fn sigaltstack(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let old = ctx.thread.alt_stack;
    let is_on = old.holds(ctx.thread.sp);
    let new = if args[0] == 0 {
        None
    } else {
        let stack = SigStack::decode(&ctx.read(Addr(args[0]))?);
        if is_on {
            return Err(Errno::EPERM.into());
        }
        if stack.flags & SS_DISABLE != 0 {
            Some(AltStack::default())
        } else if stack.size < u64::from(MINSIGSTKSZ) {
            return Err(Errno::ENOMEM.into());
        } else {
            Some(AltStack { base: Addr(stack.sp), len: stack.size })
        }
    };
    if args[1] != 0 {
        let flags = if old.len == 0 {
            SS_DISABLE
        } else if is_on {
            SS_ONSTACK
        } else {
            0
        };
        ctx.write(Addr(args[1]), &SigStack { sp: old.base.0, flags, size: old.len }.encode())?;
    }
    if let Some(new) = new {
        ctx.thread.alt_stack = new;
    }
    Ok(0.into())
}

pub(super) fn rt_sigsuspend(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let mask = SigSet(ctx.read_u64(Addr(args[0]))?);
    let kernel = ctx.kernel;
    // The registers must say EINTR before the handler's frame is built: the error goes the plain way, and
    // the handler is entered because its signal waits.
    Err(kernel.suspend(ctx.thread, mask).into())
}

pub(super) fn ppoll(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    masked(ctx, Addr(args[3]))?;
    Ok(ctx.wait(Sys::PPOLL, [args[0], args[1], args[2], 0, 0, 0]).map_err(Errno::never_restart)?.into())
}

/// The sixth argument points at the set's address and size.
pub(super) fn pselect6(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    if args[5] != 0 {
        let set = ctx.read_u64(Addr(args[5]))?;
        masked(ctx, Addr(set))?;
    }
    let words = [args[0], args[1], args[2], args[3], args[4], 0];
    Ok(ctx.wait(Sys::PSELECT6, words).map_err(Errno::never_restart)?.into())
}

pub(super) fn epoll_pwait(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    masked(ctx, Addr(args[4]))?;
    let words = [args[0], args[1], args[2], args[3], 0, 0];
    Ok(ctx.wait(Sys::EPOLL_PWAIT, words).map_err(Errno::never_restart)?.into())
}

/// As [`epoll_pwait`], with a `timespec` for the timeout.
pub(super) fn epoll_pwait2(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    masked(ctx, Addr(args[4]))?;
    let words = [args[0], args[1], args[2], args[3], 0, 0];
    Ok(ctx.wait(Sys::EPOLL_PWAIT2, words).map_err(Errno::never_restart)?.into())
}

/// Puts a mask in place until the call is over, when there is one.
pub(super) fn masked(ctx: &mut Ctx<'_>, set: Addr) -> Result<(), Errno> {
    if !set.is_null() {
        let mask = SigSet(ctx.read_u64(set)?);
        ctx.thread.saved_mask = Some(ctx.thread.mask);
        let kernel = ctx.kernel;
        kernel.set_mask(ctx.thread, mask);
    }
    Ok(())
}

//! Linux's signal calls, and the calls that wait with another mask.

use crate::{Action, AltStack, Answer, Args, Ctx, Handler, SaFlags, Value};
use ashore_base::{Addr, Bytes};
use ashore_pivot::{Errno, SigSet, Signal, Sys};

const SS_ONSTACK: u32 = 1;
const SS_DISABLE: u32 = 2;
const MINSIGSTKSZ: u64 = 2048;
const SA_RESTORER: u32 = 0x0400_0000;

/// `struct sigaction` of the kernel: handler, flags, restorer, mask.
pub(super) fn rt_sigaction(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let signal = Signal::new(args[0]).ok_or(Errno::EINVAL)?;
    let old = ctx.kernel.action(signal);
    if args[1] != 0 {
        let bytes: [u8; 32] = ctx.read(Addr(args[1]))?;
        let word = |n: u64| Bytes(&bytes).u64(n * 8).unwrap_or(0);
        let handler = match word(0) {
            0 => Handler::Default,
            1 => Handler::Ignore,
            at => Handler::Guest(Addr(at)),
        };
        let action = Action {
            handler,
            flags: SaFlags(word(1) as u32),
            mask: SigSet(word(3)),
            trampoline: Addr(word(2)),
            version: 0,
        };
        ctx.kernel.set_action(signal, action)?;
    }
    if args[2] != 0 {
        let handler = match old.handler {
            Handler::Default => 0,
            Handler::Ignore => 1,
            Handler::Guest(at) => at.0,
        };
        let mut bytes = [0; 32];
        for (place, word) in bytes.chunks_exact_mut(8).zip([
            handler,
            u64::from(old.flags.0 & !SA_RESTORER) | if old.trampoline.is_null() { 0 } else { u64::from(SA_RESTORER) },
            old.trampoline.0,
            old.mask.0,
        ]) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        ctx.write(Addr(args[2]), &bytes)?;
    }
    Ok(0.into())
}

pub(super) fn rt_sigprocmask(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let old = ctx.thread.mask;
    if args[1] != 0 {
        let set = SigSet(ctx.read_u64(Addr(args[1]))?);
        let mask = match args[0] {
            0 => SigSet(old.0 | set.0),
            1 => SigSet(old.0 & !set.0),
            2 => set,
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

/// `stack_t`: pointer, flags, size.
pub(super) fn sigaltstack(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let old = ctx.thread.alt_stack;
    let is_on = old.holds(ctx.thread.sp);
    let new = if args[0] == 0 {
        None
    } else {
        let bytes: [u8; 24] = ctx.read(Addr(args[0]))?;
        let flags = Bytes(&bytes).u32(8).unwrap_or(0);
        let base = Addr(Bytes(&bytes).u64(0).unwrap_or(0));
        let len = Bytes(&bytes).u64(16).unwrap_or(0);
        if is_on {
            return Err(Errno::EPERM.into());
        }
        if flags & SS_DISABLE != 0 {
            Some(AltStack::default())
        } else if len < MINSIGSTKSZ {
            return Err(Errno::ENOMEM.into());
        } else {
            Some(AltStack { base, len })
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
        let mut bytes = [0; 24];
        for (place, word) in bytes.chunks_exact_mut(8).zip([old.base.0, u64::from(flags), old.len]) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        ctx.write(Addr(args[1]), &bytes)?;
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

//! The signal calls.

use super::Words;
use super::records::{self, ACTION_LEN, SET_LEN, SS_DISABLE, STACK_LEN};
use crate::{Action, AltStack, Answer, Args, Ctx, Fail, Handler, Value};
use ashore_base::{Addr, Bytes};
use ashore_pivot::{Arg, Errno, SigSet, Signal, Sys};

/// What a handler's address says when it is none.
const SIG_DFL: u64 = 0;
const SIG_IGN: u64 = 1;
/// What sigprocmask does with the set.
const SIG_BLOCK: i32 = 1;
const SIG_UNBLOCK: i32 = 2;
const SIG_SETMASK: i32 = 3;
/// The highest signal number a set has a place for.
const SIG_MAX: u64 = 128;

impl<'a> Ctx<'a> {
    /// The signal values of this system.
    pub(crate) fn signal_words(&self) -> Result<&'a Words, Errno> {
        Ok(self.bsd()?.family.signals)
    }

    /// Linux's number of one of the guest's signals, or 0, which only asks whether one could be sent.
    pub(crate) fn signal_or_none(&self, number: u64) -> Result<u64, Errno> {
        if number as u32 == 0 {
            return Ok(0);
        }
        let signal = self.signal_words()?.map.to_linux(u64::from(number as u32)).ok_or(Errno::EINVAL)?;
        Ok(u64::from(signal.0))
    }

    fn read_set(&self, at: Addr) -> Result<SigSet, Errno> {
        Ok(self.signal_words()?.map.set_to_linux(self.read::<{ SET_LEN as usize }>(at)?))
    }

    fn write_set(&self, at: Addr, set: SigSet) -> Result<(), Errno> {
        self.write(at, &self.signal_words()?.map.set_from_linux(set))
    }
}

/// `sigaction(sig, act, oact)`.
pub fn sigaction(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    change_action(ctx, args, Addr::NULL, 0)
}

/// `__sigaction_sigtramp(sig, act, oact, trampoline, version)`: only frames with a siginfo are built,
/// versions 2 and 3, which is what every libc since 2003 asks for.
pub fn sigaction_sigtramp(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let (trampoline, version) = (Addr(args[3]), args[4] as u32);
    if args[1] != 0 && (trampoline.is_null() || !matches!(version, 2 | 3)) {
        return Err(Errno::EINVAL.into());
    }
    change_action(ctx, args, trampoline, version)
}

fn change_action(ctx: &mut Ctx<'_>, args: &Args, trampoline: Addr, version: u32) -> Answer {
    let words = ctx.signal_words()?;
    let number = u64::from(args[0] as u32);
    let (new_at, old_at) = (Addr(args[1]), Addr(args[2]));
    let new = match new_at.is_null() {
        true => None,
        false => Some(read_action(words, &ctx.read(new_at)?, trampoline, version)?),
    };
    let Some(signal) = words.map.to_linux(number) else {
        // A number that cannot be sent here does what it does by default, for ever.
        if number == 0 || number > SIG_MAX {
            return Err(Errno::EINVAL.into());
        }
        if !old_at.is_null() {
            ctx.write(old_at, &[0; ACTION_LEN])?;
        }
        return Ok(Value::One(0));
    };
    let old = ctx.kernel.action(signal);
    if let Some(new) = new {
        ctx.kernel.set_action(signal, new)?;
    }
    if !old_at.is_null() {
        ctx.write(old_at, &write_action(words, &old))?;
    }
    Ok(Value::One(0))
}

fn read_action(words: &Words, bytes: &[u8; ACTION_LEN], trampoline: Addr, version: u32) -> Result<Action, Errno> {
    let bytes = Bytes(bytes);
    let handler = match bytes.u64(0).ok_or(Errno::EINVAL)? {
        SIG_DFL => Handler::Default,
        SIG_IGN => Handler::Ignore,
        at => Handler::Guest(Addr(at)),
    };
    let flags = records::flags_to_linux(bytes.u32(words.action.flags).ok_or(Errno::EINVAL)?);
    let mask = words.map.set_to_linux(bytes.array(words.action.mask).ok_or(Errno::EINVAL)?);
    Ok(Action { handler, flags, mask, trampoline, version })
}

fn write_action(words: &Words, action: &Action) -> [u8; ACTION_LEN] {
    let mut bytes = [0; ACTION_LEN];
    let handler = match action.handler {
        Handler::Default => SIG_DFL,
        Handler::Ignore => SIG_IGN,
        Handler::Guest(at) => at.0,
    };
    let mut put = |at: u64, word: &[u8]| {
        if let Some(place) = bytes.get_mut(at as usize..at as usize + word.len()) {
            place.copy_from_slice(word);
        }
    };
    put(0, &handler.to_le_bytes());
    put(words.action.flags, &records::flags_from_linux(action.flags).to_le_bytes());
    put(words.action.mask, &words.map.set_from_linux(action.mask));
    bytes
}

/// `sigprocmask(how, set, oset)`.
pub fn sigprocmask(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let old = ctx.thread.mask;
    if args[1] != 0 {
        let set = ctx.read_set(Addr(args[1]))?;
        let mask = match args[0] as i32 {
            SIG_BLOCK => SigSet(old.0 | set.0),
            SIG_UNBLOCK => SigSet(old.0 & !set.0),
            SIG_SETMASK => set,
            _ => return Err(Errno::EINVAL.into()),
        };
        let mask = mask.without(Signal::KILL).without(Signal::STOP);
        if mask != old {
            ctx.kernel.set_mask(ctx.thread, mask);
        }
    }
    if args[2] != 0 {
        ctx.write_set(Addr(args[2]), old)?;
    }
    Ok(Value::One(0))
}

/// `sigaltstack(ss, oss)`.
pub fn sigaltstack(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let old = ctx.thread.alt_stack;
    let on_it = old.holds(ctx.thread.sp);
    if args[0] != 0 {
        let bytes: [u8; STACK_LEN] = ctx.read(Addr(args[0]))?;
        let word = |at| Bytes(&bytes).u64(at).unwrap_or(0);
        let new = AltStack { base: Addr(word(0)), len: word(8) };
        let flags = word(16) as u32;
        if on_it {
            return Err(Errno::EPERM.into());
        }
        if flags & !SS_DISABLE != 0 {
            return Err(Errno::EINVAL.into());
        }
        let is_disabled = flags & SS_DISABLE != 0;
        if !is_disabled && new.len < ctx.signal_words()?.min_stack {
            return Err(Errno::ENOMEM.into());
        }
        ctx.thread.alt_stack = if is_disabled { AltStack::default() } else { new };
    }
    if args[1] != 0 {
        ctx.write(Addr(args[1]), &records::stack_record(old, on_it))?;
    }
    Ok(Value::One(0))
}

/// `sigpending(set)`.
pub fn sigpending(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let mut set = [0; 8];
    ctx.call_with(Sys::RT_SIGPENDING, &mut [Arg::Out(&mut set), 8u64.into()])?;
    ctx.write_set(Addr(args[0]), SigSet(u64::from_le_bytes(set)))?;
    Ok(Value::One(0))
}

/// `sigsuspend(set)`.
pub fn sigsuspend(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let mask = match args[0] {
        0 => ctx.thread.mask,
        at => ctx.read_set(Addr(at))?.without(Signal::KILL).without(Signal::STOP),
    };
    Err(ctx.kernel.suspend(ctx.thread, mask).never_restart().into())
}

/// `sigreturn(context)` and `setcontext(context)`.
pub fn setcontext(_ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    Ok(Value::Resume(Addr(args[0])))
}

/// `getcontext(context)`.
pub fn getcontext(_ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    match args[0] {
        0 => Err(Errno::EFAULT.into()),
        at => Ok(Value::Save(Addr(at))),
    }
}

/// `kill(pid, sig)`: the meaning of zero and negative numbers is Linux's.
pub fn kill(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let signal = ctx.signal_or_none(args[1])?;
    let pid = args[0] as i32;
    Ok(ctx.call(Sys::KILL, [pid as i64 as u64, signal, 0, 0, 0, 0])?.into())
}

/// Nothing to wait for came in time; no signal number, so no error of Linux's either.
pub(super) fn never(errno: Errno) -> Fail {
    Fail::Linux(errno.never_restart())
}

//! Calls whose words differ from x86-64's, and what the CPU's name and stack sizes touch.

use crate::linux::{memory, process, signals};
use crate::{Answer, Args, Ctx};
use ashore_base::Addr;
use ashore_pivot::layout::memory::PROT_BTI;
use ashore_pivot::layout::sigaction::aarch64::MINSIGSTKSZ;
use ashore_pivot::layout::sigaction::{SS_DISABLE, SigStack};
use ashore_pivot::layout::system::{Utsname, name};
use ashore_pivot::{Arg, Errno, Sys};

/// The thread pointer comes before the child's word.
pub(super) fn clone(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let [flags, stack, parent_tid, tls, child_tid, ..] = *args;
    process::clone(ctx, &[flags, stack, parent_tid, child_tid, tls, 0, 0, 0])
}

/// A frame here is larger, and so is the least stack for one.
pub(super) fn sigaltstack(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let is_on = ctx.thread.alt_stack.holds(ctx.thread.sp);
    if args[0] != 0 && !is_on {
        let stack = SigStack::decode(&ctx.read(Addr(args[0]))?);
        if stack.flags & SS_DISABLE == 0 && stack.size < u64::from(MINSIGSTKSZ) {
            return Err(Errno::ENOMEM.into());
        }
    }
    signals::sigaltstack(ctx, args)
}

/// The machine is the program's.
pub(super) fn uname(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let mut bytes = [0; Utsname::LEN];
    ctx.call_with(Sys::UNAME, &mut [Arg::Out(&mut bytes)])?;
    let told = Utsname { machine: name("aarch64"), ..Utsname::decode(&bytes) };
    ctx.write(Addr(args[0]), &told.encode())?;
    Ok(0.into())
}

pub(super) fn mmap(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    memory::mmap(ctx, &without_landing_pads(args))
}

pub(super) fn mprotect(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    memory::mprotect(ctx, &without_landing_pads(args))
}

/// Another CPU's kernel does not know that permission. It takes nothing from a program that is right.
fn without_landing_pads(args: &Args) -> Args {
    let mut args = *args;
    args[2] &= !u64::from(PROT_BTI);
    args
}

/// What an older kernel does not have either.
pub(super) fn missing(_: &mut Ctx<'_>, _: &Args) -> Answer {
    Err(Errno::ENOSYS.into())
}

/// The kernel would compare the critical section with addresses of translated code.
pub(super) fn rseq(_: &mut Ctx<'_>, _: &Args) -> Answer {
    Err(Errno::ENOSYS.into())
}

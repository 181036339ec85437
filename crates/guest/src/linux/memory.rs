//! Linux's address-space calls.

use super::Memory;
use crate::{Answer, Args, Ctx, MapRequest, Prot};
use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use ashore_pivot::layout::memory::{MAP_ANONYMOUS, MAP_FIXED_NOREPLACE, MAP_PRIVATE, PROT_READ, PROT_WRITE};
use ashore_pivot::{Errno, Sys};
use core::sync::atomic::Ordering;

pub(super) fn mmap(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let request = MapRequest {
        at: Addr(args[0]),
        len: args[1],
        prot: Prot(args[2] as u32),
        flags: args[3] as u32,
        fd: args[4] as i32,
        offset: args[5],
        align: 0,
    };
    Ok(ctx.kernel.map(&request)?.0.into())
}

pub(super) fn munmap(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    ctx.kernel.unmap(range(args)?)?;
    Ok(0.into())
}

pub(super) fn mprotect(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    ctx.kernel.protect(range(args)?, Prot(args[2] as u32))?;
    Ok(0.into())
}

fn range(args: &Args) -> Result<AddrRange, Errno> {
    AddrRange::new(Addr(args[0]), args[1]).ok_or(Errno::EINVAL)
}

pub(super) fn mremap(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    Ok(ctx.call(Sys::MREMAP, [args[0], args[1], args[2], args[3], args[4], 0])?.into())
}

/// The break lives in mappings of its own after the program: the host's break is the host's.
pub(super) fn brk(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let memory: &Memory = ctx.state.downcast_ref().ok_or(Errno::ENOSYS)?;
    let start = ctx.kernel.break_start();
    let _ = memory.brk.compare_exchange(0, start.0, Ordering::Relaxed, Ordering::Relaxed);
    let now = Addr(memory.brk.load(Ordering::Relaxed));
    let wanted = Addr(args[0]);
    if wanted < start {
        return Ok(now.0.into());
    }
    let (old_end, new_end) = (now.align_up(PAGE_SIZE), wanted.align_up(PAGE_SIZE));
    if new_end > old_end {
        let request = MapRequest {
            at: old_end,
            len: new_end.0 - old_end.0,
            prot: Prot(PROT_READ | PROT_WRITE),
            flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
            fd: -1,
            offset: 0,
            align: 0,
        };
        if ctx.kernel.map(&request).is_err() {
            return Ok(now.0.into());
        }
    } else if new_end < old_end {
        ctx.kernel.unmap(AddrRange { start: new_end, end: old_end })?;
    }
    memory.brk.store(wanted.0, Ordering::Relaxed);
    Ok(wanted.0.into())
}

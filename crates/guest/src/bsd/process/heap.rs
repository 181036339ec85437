//! The break: the end of the data segment, which old allocators move.

use crate::{Answer, Args, Ctx, MapRequest, Prot};
use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use ashore_pivot::Errno;

/// Private, anonymous, and not over anything.
const MAP_FLAGS: u32 = 0x2 | 0x20 | 0x10_0000;

/// `break(nsize)`.
pub fn obreak(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let start = ctx.kernel.break_start();
    let wanted = Addr(args[0]).align_up(PAGE_SIZE);
    let bsd = ctx.bsd()?;
    let end = bsd.process.lock().heap_end.unwrap_or(start);
    // A library's first break is the end of its data, which may lie in the program's last page.
    if wanted.0 < start.0 {
        return Ok(0.into());
    }
    if wanted.0 > end.0 {
        let request =
            MapRequest { at: end, len: wanted.0 - end.0, prot: Prot(3), flags: MAP_FLAGS, fd: -1, offset: 0, align: 0 };
        ctx.kernel.map(&request).map_err(|_| Errno::ENOMEM)?;
    } else if wanted.0 < end.0 {
        ctx.kernel.unmap(AddrRange { start: wanted, end })?;
    }
    bsd.process.lock().heap_end = Some(wanted);
    Ok(0.into())
}

//! The break: the end of the data segment, which old allocators move.

use crate::{Answer, Args, Ctx, MapRequest, Prot};
use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use ashore_pivot::Errno;

/// Private, anonymous, and not over anything.
const MAP_FLAGS: u32 = 0x2 | 0x20 | 0x10_0000;
/// How far above the program the break may first be set.
const FIRST_STEP_MAX: u64 = 1 << 30;

/// `break(nsize)`. Nobody told the personality where the program ends: the first call shows it, for the
/// last page that is mapped below its address is the program's.
pub fn obreak(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let wanted = Addr(args[0]).align_up(PAGE_SIZE);
    let bsd = ctx.bsd()?;
    let known = bsd.process.lock().heap_end;
    let end = match known {
        Some(end) => end,
        None => program_end(ctx, wanted)?,
    };
    if wanted.0 > end.0 {
        let request =
            MapRequest { at: end, len: wanted.0 - end.0, prot: Prot(3), flags: MAP_FLAGS, fd: -1, offset: 0, align: 0 };
        ctx.kernel.map(&request).map_err(|_| Errno::ENOMEM)?;
    } else if known.is_some() && wanted.0 < end.0 {
        ctx.kernel.unmap(AddrRange { start: wanted, end })?;
    }
    bsd.process.lock().heap_end = Some(wanted);
    Ok(0.into())
}

fn program_end(ctx: &Ctx<'_>, wanted: Addr) -> Result<Addr, Errno> {
    let mut at = wanted;
    let lowest = wanted.0.saturating_sub(FIRST_STEP_MAX).max(PAGE_SIZE);
    while at.0 > lowest {
        let below = at.minus(PAGE_SIZE);
        if ctx.kernel.is_mapped(AddrRange { start: below, end: at }) {
            return Ok(at);
        }
        at = below;
    }
    Err(Errno::ENOMEM)
}

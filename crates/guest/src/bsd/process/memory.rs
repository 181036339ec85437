//! Mappings: their making, unmaking, protection and advice.
//!
//! Differences that matter: flags have other values and more of them; offsets and addresses need not be
//! whole pages where Linux insists; holes in a range are skipped where Linux says ENOMEM;
//! and MADV_DONTNEED keeps what the memory holds.

use crate::{Answer, Args, Ctx, Fail, MapRequest, Prot};
use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use ashore_pivot::{Errno, Sys};

/// Linux's bits.
mod linux {
    pub const MAP_SHARED: u32 = 1;
    pub const MAP_PRIVATE: u32 = 2;
    pub const MAP_FIXED: u32 = 0x10;
    pub const MAP_ANONYMOUS: u32 = 0x20;
    pub const MAP_32BIT: u32 = 0x40;
    pub const MAP_LOCKED: u32 = 0x2000;
    pub const MAP_NORESERVE: u32 = 0x4000;
    pub const MAP_POPULATE: u32 = 0x8000;
    pub const MAP_FIXED_NOREPLACE: u32 = 0x10_0000;
    pub const MADV_NORMAL: u32 = 0;
    pub const MADV_RANDOM: u32 = 1;
    pub const MADV_SEQUENTIAL: u32 = 2;
    pub const MADV_WILLNEED: u32 = 3;
    pub const MADV_FREE: u32 = 8;
    pub const MADV_DONTFORK: u32 = 10;
    pub const MADV_DOFORK: u32 = 11;
    pub const MADV_DONTDUMP: u32 = 16;
    pub const MADV_DODUMP: u32 = 17;
    pub const MADV_WIPEONFORK: u32 = 18;
    pub const MADV_KEEPONFORK: u32 = 19;
    pub const MS_ASYNC: u64 = 1;
    pub const MS_INVALIDATE: u64 = 2;
    pub const MS_SYNC: u64 = 4;
}

/// Flags that all three systems have with these values.
mod bsd {
    pub const MAP_SHARED: u32 = 1;
    pub const MAP_PRIVATE: u32 = 2;
    pub const MAP_FIXED: u32 = 0x10;
    pub const MAP_ANON: u32 = 0x1000;
    pub const ALL: u32 = MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANON;
}

/// Read, write and execute: the same bits everywhere.
const PROT_ALL: u32 = 7;
/// The size of a large page, which FreeBSD's MAP_ALIGNED_SUPER asks alignment to.
const LARGE_PAGE: u64 = 2 << 20;
/// Where the alignment stands in the flags, as a power of two.
const ALIGN_SHIFT: u32 = 24;

/// What a flag of mmap beyond the common ones means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapBit {
    /// Private anonymous memory for a stack.
    Stack,
    /// The same, not insisting on how it is asked for.
    LooseStack,
    /// Addresses kept free, without memory.
    Guard,
    /// With MAP_FIXED: nothing may be there yet.
    Exclusive,
    /// Exactly there, if nothing is there yet.
    OrFail,
    /// In the low 2 GiB.
    Low,
    /// Aligned to its own size.
    SizeAligned,
    /// Locked in memory.
    Wired,
    /// Read ahead.
    Prefault,
    /// No swap is reserved.
    NoReserve,
    /// Nothing that a program can see.
    Nothing,
}

/// What an advice means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// Linux's advice of this number.
    Linux(u32),
    /// Nothing that a program can see.
    Nothing,
    /// What only the superuser may ask.
    Privileged,
}

/// How msync's flags ask for a synchronous write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncMode {
    /// By MS_SYNC being 0.
    Zero,
    /// By MS_SYNC being 4, as on Linux.
    Four,
}

/// What a system must supply.
pub struct MemoryWords {
    /// Its flags beyond the common ones.
    pub flags: &'static [(u32, MapBit)],
    /// Whether bits 24 and up hold the alignment.
    pub has_alignment: bool,
    /// Whether an unknown flag and a descriptor with MAP_ANON are errors.
    pub is_strict: bool,
    /// Where in a protection the greatest later one stands.
    pub prot_max_shift: u32,
    /// Its advices beyond 0 to 4.
    pub advice: &'static [(u32, Advice)],
    /// How msync is told to wait.
    pub sync: SyncMode,
    /// The inheritance that makes memory zero in a child.
    pub inherit_zero: u32,
}

/// `mmap(addr, len, prot, flags, fd, pos)`.
pub fn mmap(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    map(ctx, args, args[5])
}

/// `mmap(addr, len, prot, flags, fd, pad, pos)`.
pub fn mmap_padded(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    map(ctx, args, args[6])
}

fn map(ctx: &Ctx<'_>, args: &Args, offset: u64) -> Answer {
    let words = &ctx.bsd()?.family.process.memory;
    let wish = Wish { at: Addr(args[0]), len: args[1], prot: args[2] as u32, flags: args[3] as u32, offset };
    let request = wish.request(words, args[4] as i32)?;
    let in_page = offset % PAGE_SIZE;
    match ctx.kernel.map(&request) {
        Ok(at) => Ok(at.plus(in_page).0.into()),
        // Only the no-replace mapping says EEXIST; the BSDs find no space instead.
        Err(Errno::EEXIST) => Err(Errno::ENOMEM.into()),
        Err(errno) => Err(errno.into()),
    }
}

/// What mmap was asked for.
struct Wish {
    at: Addr,
    len: u64,
    prot: u32,
    flags: u32,
    offset: u64,
}

impl Wish {
    /// The same in Linux's words.
    fn request(&self, words: &MemoryWords, fd: i32) -> Result<MapRequest, Errno> {
        let in_page = self.offset % PAGE_SIZE;
        let prot = plain_prot(words, self.prot)?;
        let shared = self.flags & bsd::MAP_SHARED != 0;
        if shared && self.flags & bsd::MAP_PRIVATE != 0 {
            return Err(Errno::EINVAL);
        }
        let mut request = MapRequest {
            at: self.at,
            len: self.len.checked_add(in_page).ok_or(Errno::EINVAL)?,
            prot,
            flags: if shared { linux::MAP_SHARED } else { linux::MAP_PRIVATE },
            fd,
            offset: self.offset - in_page,
            align: alignment(words, self.flags)?,
        };
        if self.len == 0 {
            return Err(Errno::EINVAL);
        }
        if self.flags & bsd::MAP_ANON != 0 {
            if words.is_strict && (fd != -1 || self.offset != 0) {
                return Err(Errno::EINVAL);
            }
            anonymous(&mut request);
        }
        if self.flags & bsd::MAP_FIXED != 0 {
            request.at = self.at.minus(in_page);
            request.flags |= linux::MAP_FIXED;
            if !request.at.0.is_multiple_of(PAGE_SIZE) {
                return Err(Errno::EINVAL);
            }
        }
        let mut rest = self.flags & !bsd::ALL & if words.has_alignment { (1 << ALIGN_SHIFT) - 1 } else { u32::MAX };
        for (bit, means) in words.flags {
            if rest & bit != 0 {
                rest &= !bit;
                self.apply(*means, &mut request)?;
            }
        }
        if rest != 0 && words.is_strict { Err(Errno::EINVAL) } else { Ok(request) }
    }

    fn apply(&self, means: MapBit, request: &mut MapRequest) -> Result<(), Errno> {
        match means {
            MapBit::Stack if request.fd != -1 || self.prot & 3 != 3 => return Err(Errno::EINVAL),
            MapBit::Guard if request.fd != -1 || self.prot != 0 || self.offset != 0 => return Err(Errno::EINVAL),
            MapBit::Stack | MapBit::Guard => {
                anonymous(request);
                request.flags |= linux::MAP_NORESERVE;
            }
            MapBit::LooseStack if request.fd != -1 => {}
            MapBit::LooseStack => {
                anonymous(request);
                request.flags |= linux::MAP_NORESERVE;
            }
            MapBit::Exclusive if self.flags & bsd::MAP_FIXED == 0 => return Err(Errno::EINVAL),
            MapBit::Exclusive | MapBit::OrFail => {
                request.flags = request.flags & !linux::MAP_FIXED | linux::MAP_FIXED_NOREPLACE;
            }
            MapBit::Low => request.flags |= linux::MAP_32BIT,
            MapBit::SizeAligned if !self.len.is_power_of_two() => return Err(Errno::EINVAL),
            MapBit::SizeAligned => request.align = self.len.max(PAGE_SIZE),
            MapBit::Wired => request.flags |= linux::MAP_LOCKED,
            MapBit::Prefault => request.flags |= linux::MAP_POPULATE,
            MapBit::NoReserve => request.flags |= linux::MAP_NORESERVE,
            MapBit::Nothing => {}
        }
        Ok(())
    }
}

fn anonymous(request: &mut MapRequest) {
    request.flags |= linux::MAP_ANONYMOUS;
    request.fd = -1;
    request.offset = 0;
}

/// The alignment the flags ask for, in bytes; 0 for any.
fn alignment(words: &MemoryWords, flags: u32) -> Result<u64, Errno> {
    match flags >> ALIGN_SHIFT {
        _ if !words.has_alignment => Ok(0),
        0 => Ok(0),
        1 => Ok(LARGE_PAGE),
        power @ 12..=46 => Ok(1 << power),
        _ => Err(Errno::EINVAL),
    }
}

/// The protection without the bits that bound later ones.
fn plain_prot(words: &MemoryWords, prot: u32) -> Result<Prot, Errno> {
    let max = prot >> words.prot_max_shift & PROT_ALL;
    let plain = prot & PROT_ALL;
    if prot & !(PROT_ALL | PROT_ALL << words.prot_max_shift) != 0 || max != 0 && plain & !max != 0 {
        return Err(Errno::EINVAL);
    }
    Ok(Prot(plain))
}

/// The whole pages that `len` bytes at `at` touch.
fn pages(at: u64, len: u64) -> Result<AddrRange, Errno> {
    let start = Addr(at).align_down(PAGE_SIZE);
    let end = at.checked_add(len).and_then(|end| end.checked_next_multiple_of(PAGE_SIZE)).ok_or(Errno::EINVAL)?;
    Ok(AddrRange { start, end: Addr(end) })
}

/// `munmap(addr, len)`.
pub fn munmap(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    if args[1] == 0 {
        return Err(Errno::EINVAL.into());
    }
    ctx.kernel.unmap(pages(args[0], args[1])?)?;
    Ok(0.into())
}

/// `mprotect(addr, len, prot)`.
pub fn mprotect(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let prot = plain_prot(&ctx.bsd()?.family.process.memory, args[2] as u32)?;
    let range = pages(args[0], args[1])?;
    if !range.is_empty() {
        ctx.kernel.protect(range, prot)?;
    }
    Ok(0.into())
}

/// `madvise(addr, len, behaviour)`. MADV_DONTNEED says that the memory will not be used soon, not that its
/// contents may go: the nearest thing Linux has zeroes them, so nothing is asked of Linux.
pub fn madvise(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let words = &ctx.bsd()?.family.process.memory;
    let range = pages(args[0], args[1])?;
    let advice = match args[2] as u32 {
        0 => Advice::Linux(linux::MADV_NORMAL),
        1 => Advice::Linux(linux::MADV_RANDOM),
        2 => Advice::Linux(linux::MADV_SEQUENTIAL),
        3 => Advice::Linux(linux::MADV_WILLNEED),
        4 => Advice::Nothing,
        other => words.advice.iter().find(|(number, _)| *number == other).ok_or(Errno::EINVAL)?.1,
    };
    match advice {
        // A hint that Linux has no use for, on a hole or on shared memory, is no error on the BSDs.
        Advice::Linux(advice) => {
            let _ = ctx.call(Sys::MADVISE, [range.start.0, range.len(), u64::from(advice), 0, 0, 0]);
        }
        Advice::Nothing => {}
        Advice::Privileged => return Err(Errno::EPERM.into()),
    }
    Ok(0.into())
}

/// Linux's advice for memory that is released lazily.
pub const FREE: Advice = Advice::Linux(linux::MADV_FREE);
/// Linux's advice for memory that a core file leaves out.
pub const NOCORE: Advice = Advice::Linux(linux::MADV_DONTDUMP);
/// Linux's advice for memory that a core file holds.
pub const CORE: Advice = Advice::Linux(linux::MADV_DODUMP);

/// `msync(addr, len, flags)`; a length of 0 means the page.
pub fn msync(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let sync = ctx.bsd()?.family.process.memory.sync;
    let flags = args[2] as u32 as u64;
    let (kind, invalidate) = (flags & !linux::MS_INVALIDATE, flags & linux::MS_INVALIDATE);
    let kind = match (kind, sync) {
        (linux::MS_ASYNC, SyncMode::Zero) if invalidate != 0 => return Err(Errno::EINVAL.into()),
        (linux::MS_ASYNC, _) => linux::MS_ASYNC,
        (0, _) | (linux::MS_SYNC, SyncMode::Four) => linux::MS_SYNC,
        _ => return Err(Errno::EINVAL.into()),
    };
    let range = pages(args[0], args[1].max(1))?;
    Ok(ctx.wait(Sys::MSYNC, [range.start.0, range.len(), kind | invalidate, 0, 0, 0])?.into())
}

/// `mincore(addr, len, vec)`: Linux's one bit, "in core", has the same value.
pub fn mincore(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let range = pages(args[0], args[1])?;
    Ok(ctx.call(Sys::MINCORE, [range.start.0, range.len(), args[2], 0, 0, 0])?.into())
}

/// `mlockall(flags)`: current 1 and future 2 everywhere.
pub fn mlockall(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    match args[0] as u32 {
        flags @ 1..=3 => Ok(ctx.call(Sys::MLOCKALL, [u64::from(flags), 0, 0, 0, 0, 0])?.into()),
        _ => Err(Errno::EINVAL.into()),
    }
}

/// `minherit(addr, len, inherit)`. What is private stays private in the child: Linux cannot share it later.
pub fn minherit(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    const SHARE: u32 = 0;
    const COPY: u32 = 1;
    const NONE: u32 = 2;
    let zero = ctx.bsd()?.family.process.memory.inherit_zero;
    let range = pages(args[0], args[1])?;
    let advise = |advice: u32| ctx.call(Sys::MADVISE, [range.start.0, range.len(), u64::from(advice), 0, 0, 0]);
    match args[2] as u32 {
        COPY => {
            // Only anonymous memory can have been told to be wiped, so a refusal says that it was not.
            let _ = advise(linux::MADV_KEEPONFORK);
            advise(linux::MADV_DOFORK)?;
        }
        NONE => {
            advise(linux::MADV_DONTFORK)?;
        }
        inherit if inherit == zero => {
            advise(linux::MADV_WIPEONFORK)?;
        }
        SHARE => return Err(Fail::Linux(Errno::EOPNOTSUPP)),
        _ => return Err(Errno::EINVAL.into()),
    }
    Ok(0.into())
}

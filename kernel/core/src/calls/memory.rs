//! Memory: mapped, unmapped, moved, locked, advised.

use crate::call::{Answer, Call, Row, Stop};
use crate::file::{Open, Status};
use crate::memory::{Flags, MAX_MOVED, MapRequest, Mapped, Place, Prot, RemapRequest, Space, TASK_END, Target};
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use ashore_pivot::layout::memory::*;
use ashore_pivot::{Errno, IoVec, Memory, Sys};

/// The calls of this topic.
pub(crate) const ROWS: &[Row] = &[
    Row::new(Sys::MMAP, mmap),
    Row::new(Sys::MUNMAP, munmap),
    Row::new(Sys::MPROTECT, mprotect),
    Row::new(Sys::PKEY_MPROTECT, pkey_mprotect),
    Row::new(Sys::MREMAP, mremap),
    Row::new(Sys::BRK, brk),
    Row::new(Sys::MADVISE, madvise),
    Row::new(Sys::MSYNC, msync),
    Row::new(Sys::MINCORE, mincore),
    Row::new(Sys::MLOCK, mlock),
    Row::new(Sys::MLOCK2, mlock2),
    Row::new(Sys::MUNLOCK, munlock),
    Row::new(Sys::MLOCKALL, mlockall),
    Row::new(Sys::MUNLOCKALL, munlockall),
    Row::new(Sys::MEMBARRIER, membarrier),
    Row::new(Sys::PROCESS_VM_READV, process_vm_readv),
    Row::new(Sys::PROCESS_VM_WRITEV, process_vm_writev),
];

/// Flags every map takes, also one that is to be told about flags nobody knows.
const KNOWN: u32 = MAP_TYPE
    | MAP_FIXED
    | MAP_ANONYMOUS
    | MAP_GROWSDOWN
    | MAP_DENYWRITE
    | MAP_EXECUTABLE
    | MAP_LOCKED
    | MAP_NORESERVE
    | MAP_POPULATE
    | MAP_NONBLOCK
    | MAP_STACK
    | MAP_HUGETLB
    | MAP_FIXED_NOREPLACE;
/// The device `/dev/zero`, which maps as plain memory.
const ZERO_DEVICE: u64 = 1 << 8 | 5;
const S_IFMT: u32 = 0o170_000;
const S_IFCHR: u32 = 0o020_000;

fn mmap(call: &mut Call<'_>) -> Answer {
    let (at, len, flags, offset) = (call.addr(0), call.arg(1), call.arg(3) as u32, call.arg(5));
    if !offset.is_multiple_of(PAGE_SIZE) {
        return Err(Errno::EINVAL.into());
    }
    let place = match () {
        () if flags & MAP_FIXED_NOREPLACE != 0 => Place::FixedIfFree(at),
        () if flags & MAP_FIXED != 0 => Place::Fixed(at),
        () => Place::Wish(at),
    };
    let mut own = Flags::NONE;
    let pairs = [(MAP_GROWSDOWN, Flags::GROWS_DOWN), (MAP_LOCKED, Flags::LOCKED), (MAP_NORESERVE, Flags::NO_RESERVE)];
    for (_, flag) in pairs.into_iter().filter(|(bit, _)| flags & bit != 0) {
        own = own | flag;
    }
    let prot = Prot((call.arg(2) & 7) as u8);
    let mut request = MapRequest { place, len, prot, may: Prot::ALL, flags: own, file: None };
    if flags & MAP_ANONYMOUS != 0 {
        anonymous(&mut request, flags)?;
    } else {
        of_file(call, &mut request, flags, offset / PAGE_SIZE)?;
    }
    let space = call.thread.space();
    let at = space.map(&request)?;
    if flags & (MAP_POPULATE | MAP_NONBLOCK) == MAP_POPULATE {
        // What cannot be brought now is brought later or never.
        let advice = if prot.has(Prot::WRITE) { MADV_POPULATE_WRITE } else { MADV_POPULATE_READ };
        let _ = space.advise(at, len, advice);
    }
    Ok(at.0)
}

fn anonymous(request: &mut MapRequest, flags: u32) -> Result<(), Errno> {
    if flags & MAP_HUGETLB != 0 {
        return Err(Errno::ENOMEM);
    }
    match flags & MAP_TYPE {
        MAP_PRIVATE => Ok(()),
        MAP_SHARED if flags & MAP_GROWSDOWN == 0 => {
            request.flags = request.flags | Flags::SHARED;
            Ok(())
        }
        _ => Err(Errno::EINVAL),
    }
}

fn of_file(call: &Call<'_>, request: &mut MapRequest, flags: u32, first: u64) -> Result<(), Errno> {
    let open = call.open(call.arg(4))?;
    if flags & MAP_HUGETLB != 0 {
        return Err(Errno::EINVAL);
    }
    if request.len == 0 {
        return Err(Errno::EINVAL);
    }
    match flags & MAP_TYPE {
        MAP_SHARED_VALIDATE if flags & !KNOWN != 0 => return Err(Errno::EOPNOTSUPP),
        MAP_SHARED | MAP_SHARED_VALIDATE => {
            if request.prot.has(Prot::WRITE) && !open.can_write() {
                return Err(Errno::EACCES);
            }
            if !open.can_write() {
                request.may = request.may & !Prot::WRITE;
            }
            request.flags = request.flags | Flags::SHARED;
        }
        MAP_PRIVATE => {}
        _ => return Err(Errno::EINVAL),
    }
    if !open.can_read() {
        return Err(Errno::EACCES);
    }
    let status = open.status(call)?;
    if status.mode & S_IFMT == S_IFCHR && status.rdev == ZERO_DEVICE {
        return Ok(());
    }
    let mapped = mapped(call, &open, &status)?;
    if flags & MAP_GROWSDOWN != 0 {
        return Err(Errno::EINVAL);
    }
    request.file = Some((mapped, first));
    Ok(())
}

/// An open file as something to map.
pub(crate) fn mapped(call: &Call<'_>, open: &Open, status: &Status) -> Result<Arc<Mapped>, Errno> {
    let pages = open.file.pages()?;
    let (path, spot) = (open.path(&call.visitor()), open.spot.clone());
    Ok(Arc::new(Mapped { pages, device: status.device, inode: status.inode, path, spot }))
}

fn munmap(call: &mut Call<'_>) -> Answer {
    call.thread.space().unmap(call.addr(0), call.arg(1))?;
    Ok(0)
}

fn mprotect(call: &mut Call<'_>) -> Answer {
    let (at, len, prot) = (call.addr(0), call.arg(1), call.arg(2) as u32);
    let space = call.thread.space();
    let grows = PROT_GROWSDOWN | PROT_GROWSUP;
    if prot & grows == grows {
        return Err(Errno::EINVAL.into());
    }
    let is_whole = at.0.is_multiple_of(PAGE_SIZE) && len != 0;
    if is_whole && len <= TASK_END && prot & !(grows | 0xf) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let rights = Prot((prot & 7) as u8);
    if prot & grows == 0 || !is_whole {
        space.protect(at, len, rights)?;
        return Ok(0);
    }
    // From the start of the stack that the range lies in, which is the only kind of area that grows.
    let area = space.areas().into_iter().find(|area| area.range.end > at).ok_or(Errno::ENOMEM)?;
    if prot & PROT_GROWSUP != 0 || !area.flags.has(Flags::GROWS_DOWN) {
        return Err(Errno::EINVAL.into());
    }
    let end = at.0.checked_add(len).filter(|end| *end > area.range.start.0).ok_or(Errno::ENOMEM)?;
    space.protect(area.range.start, end - area.range.start.0, rights)?;
    Ok(0)
}

fn pkey_mprotect(call: &mut Call<'_>) -> Answer {
    if call.int(3) == -1 { mprotect(call) } else { Err(Errno::EINVAL.into()) }
}

fn mremap(call: &mut Call<'_>) -> Answer {
    let (flags, to) = (call.arg(3) as u32, call.addr(4));
    let (may_move, is_fixed) = (flags & MREMAP_MAYMOVE != 0, flags & MREMAP_FIXED != 0);
    let leaves_old = flags & MREMAP_DONTUNMAP != 0;
    if flags & !(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP) != 0 || (is_fixed || leaves_old) && !may_move {
        return Err(Errno::EINVAL.into());
    }
    let target = match (leaves_old, is_fixed, may_move) {
        (true, _, _) => Target::LeaveOld(is_fixed.then_some(to)),
        (false, true, _) => Target::There(to),
        (false, false, true) => Target::Anywhere,
        (false, false, false) => Target::Here,
    };
    let request = RemapRequest { old: call.addr(0), old_len: call.arg(1), new_len: call.arg(2), target };
    Ok(call.thread.space().remap(&request)?.0)
}

fn brk(call: &mut Call<'_>) -> Answer {
    Ok(call.thread.space().brk(call.addr(0)).0)
}

fn madvise(call: &mut Call<'_>) -> Answer {
    call.thread.space().advise(call.addr(0), call.arg(1), call.arg(2) as u32)?;
    Ok(0)
}

fn msync(call: &mut Call<'_>) -> Answer {
    call.thread.space().sync(call.addr(0), call.arg(1), call.arg(2) as u32)?;
    Ok(0)
}

/// Pages that are told at a time.
const TOLD: u64 = 1024;

fn mincore(call: &mut Call<'_>) -> Answer {
    let (start, len, mut into) = (call.addr(0), call.arg(1), call.addr(2));
    if !start.0.is_multiple_of(PAGE_SIZE) {
        return Err(Errno::EINVAL.into());
    }
    let end = start.0.checked_add(len).filter(|end| *end <= TASK_END).ok_or(Errno::ENOMEM)?;
    let end = Addr(end).align_up(PAGE_SIZE);
    let space = call.thread.space();
    let mut at = start;
    while at < end {
        let part = AddrRange { start: at, end: end.min(at.plus(TOLD * PAGE_SIZE)) };
        let mut seen = [0; TOLD as usize];
        let seen = seen.get_mut(..(part.len() / PAGE_SIZE) as usize).unwrap_or_default();
        space.resident(part, seen)?;
        space.write(into, seen)?;
        into = into.plus(seen.len() as u64);
        at = part.end;
    }
    Ok(0)
}

fn mlock(call: &mut Call<'_>) -> Answer {
    call.thread.space().lock(call.addr(0), call.arg(1))?;
    Ok(0)
}

fn mlock2(call: &mut Call<'_>) -> Answer {
    const ONFAULT: u32 = 1;
    if call.arg(2) as u32 & !ONFAULT != 0 { Err(Errno::EINVAL.into()) } else { mlock(call) }
}

fn munlock(call: &mut Call<'_>) -> Answer {
    call.thread.space().unlock(call.addr(0), call.arg(1))?;
    Ok(0)
}

/// Pages stay anyway; of what is mapped later this is not told.
fn mlockall(call: &mut Call<'_>) -> Answer {
    let flags = call.arg(0) as u32;
    if flags == 0 || flags & !(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0 || flags == MCL_ONFAULT {
        return Err(Errno::EINVAL.into());
    }
    if flags & MCL_CURRENT != 0 {
        call.thread.space().lock_all(Flags::LOCKED);
    }
    Ok(0)
}

fn munlockall(call: &mut Call<'_>) -> Answer {
    call.thread.space().lock_all(Flags::NONE);
    Ok(0)
}

/// On one CPU every entry to the kernel is a barrier for all. On several it would have to wait for the others: there no
/// command is offered, and programs use what they used before there were any.
fn membarrier(call: &mut Call<'_>) -> Answer {
    const OFFERED: u32 = MEMBARRIER_CMD_GLOBAL
        | MEMBARRIER_CMD_GLOBAL_EXPEDITED
        | MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED
        | MEMBARRIER_CMD_PRIVATE_EXPEDITED
        | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
    let offered = if call.kernel.machine().cpus() == 1 { OFFERED } else { 0 };
    let (command, flags) = (call.arg(0) as u32, call.arg(1) as u32);
    match command {
        _ if flags != 0 => Err(Errno::EINVAL.into()),
        MEMBARRIER_CMD_QUERY => Ok(u64::from(offered)),
        command if command.is_power_of_two() && command & offered != 0 => Ok(0),
        _ => Err(Errno::EINVAL.into()),
    }
}

/// Bytes moved at a time, and in one call: it may do less than it is asked, and others want the CPU.
const CHUNK: usize = 4096;
const MOST: u64 = 16 << 20;

fn process_vm_readv(call: &mut Call<'_>) -> Answer {
    let (mine, other, here, there) = both_sides(call)?;
    transfer((&other, &there), (&mine, &here))
}

fn process_vm_writev(call: &mut Call<'_>) -> Answer {
    let (mine, other, here, there) = both_sides(call)?;
    transfer((&mine, &here), (&other, &there))
}

type Sides = (Arc<Space>, Arc<Space>, Vec<IoVec>, Vec<IoVec>);

fn both_sides(call: &Call<'_>) -> Result<Sides, Stop> {
    if call.arg(5) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let mine = call.thread.space();
    let here = mine.iovecs(call.addr(1), call.arg(2))?;
    let there = mine.iovecs(call.addr(3), call.arg(4))?;
    let process = call.kernel.process(call.arg(0) as u32).ok_or(Errno::ESRCH)?;
    let thread = process.inner.lock().threads.first().cloned().ok_or(Errno::ESRCH)?;
    Ok((mine, thread.space(), here, there))
}

/// Copies from the pieces of one space to those of another, as far as both go.
fn transfer(from: (&Space, &[IoVec]), to: (&Space, &[IoVec])) -> Answer {
    let mut buffer = alloc::vec![0; CHUNK];
    let (mut source, mut target) = (Pieces::new(from.1), Pieces::new(to.1));
    let mut done = 0;
    while let (Some((read_at, can_read)), Some((write_at, can_write))) = (source.next(), target.next()) {
        let count = can_read.min(can_write).min(CHUNK as u64);
        let bytes = buffer.get_mut(..count as usize).unwrap_or_default();
        let read = from.0.copy_in(read_at, bytes);
        let moved = to.0.copy_out(write_at, bytes.get(..read).unwrap_or_default()) as u64;
        done += moved;
        if moved < count {
            break;
        }
        source.pass(moved);
        target.pass(moved);
        if done >= MOST.min(MAX_MOVED) {
            return Ok(done);
        }
    }
    let is_asked = from.1.iter().any(|piece| piece.len != 0) && to.1.iter().any(|piece| piece.len != 0);
    if done == 0 && is_asked { Err(Errno::EFAULT.into()) } else { Ok(done) }
}

/// Where in a list of pieces one is.
struct Pieces<'a> {
    rest: &'a [IoVec],
    passed: u64,
}

impl<'a> Pieces<'a> {
    fn new(rest: &'a [IoVec]) -> Self {
        Pieces { rest, passed: 0 }
    }

    /// The address and how many bytes there are at it.
    fn next(&mut self) -> Option<(Addr, u64)> {
        while let [first, rest @ ..] = self.rest {
            if self.passed < first.len {
                return Some((Addr(first.base + self.passed), first.len - self.passed));
            }
            (self.rest, self.passed) = (rest, 0);
        }
        None
    }

    fn pass(&mut self, count: u64) {
        self.passed += count;
    }
}

//! Parts of files: copying them to another, and giving them back.

use super::fd_of;
use crate::{Answer, Args, Ctx};
use alloc::vec;
use ashore_base::{Addr, Bytes};
use ashore_pivot::{Arg, Errno, Sys};

/// `copy_file_range(infd, inoff, outfd, outoff, len, flags)`, FreeBSD's.
///
/// FreeBSD copies by reading and writing where the file systems cannot do better; Linux then refuses.
pub fn copy_file_range(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let [from, from_at, to, to_at, len, flags, ..] = *args;
    if flags as u32 != 0 {
        return Err(Errno::EINVAL.into());
    }
    match ctx.wait(Sys::COPY_FILE_RANGE, [from, from_at, to, to_at, len, 0]) {
        Err(Errno::EXDEV | Errno::EOPNOTSUPP) => copy(ctx, (from, Addr(from_at)), (to, Addr(to_at)), len),
        other => Ok(other?.into()),
    }
}

/// One piece of the copy; the caller goes on from there.
fn copy(ctx: &Ctx<'_>, (from, from_at): (u64, Addr), (to, to_at): (u64, Addr), len: u64) -> Answer {
    const MOST: u64 = 128 << 10;
    let len = len.min(MOST);
    let mut piece = vec![0; len as usize];
    let read = if from_at.is_null() {
        ctx.wait_with(Sys::READ, &mut [from.into(), Arg::Out(&mut piece), len.into()])?
    } else {
        let offset = ctx.read_u64(from_at)?;
        ctx.wait_with(Sys::PREAD64, &mut [from.into(), Arg::Out(&mut piece), len.into(), offset.into()])?
    };
    let piece = Arg::In(piece.get(..read as usize).unwrap_or(&[]));
    let wrote = if to_at.is_null() {
        ctx.wait_with(Sys::WRITE, &mut [to.into(), piece, read.into()])?
    } else {
        let offset = ctx.read_u64(to_at)?;
        ctx.wait_with(Sys::PWRITE64, &mut [to.into(), piece, read.into(), offset.into()])?
    };
    for at in [from_at, to_at].into_iter().filter(|at| !at.is_null()) {
        let offset = ctx.read_u64(at)?.wrapping_add(wrote);
        ctx.write(at, &offset.to_le_bytes())?;
    }
    Ok(wrote.into())
}

/// `fspacectl(fd, cmd, request, flags, left)`, FreeBSD's: gives a range of a file back.
pub fn fspacectl(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    const DEALLOCATE: u32 = 1;
    if args[1] as u32 != DEALLOCATE || args[3] as u32 != 0 {
        return Err(Errno::EINVAL.into());
    }
    let request = ctx.read::<16>(Addr(args[2]))?;
    let word = |at| Bytes(&request).u64(at).ok_or(Errno::EFAULT);
    let (offset, len) = (word(0)?, word(8)?);
    punch(ctx, fd_of(args[0]), offset, len)?;
    if args[4] != 0 {
        let left = u128::from(offset.wrapping_add(len)).to_le_bytes();
        ctx.write(Addr(args[4]), &left)?;
    }
    Ok(0.into())
}

/// `fdiscard(fd, pad, offset, length)`, NetBSD's.
pub fn fdiscard(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    punch(ctx, fd_of(args[0]), args[2], args[3])?;
    Ok(0.into())
}

fn punch(ctx: &Ctx<'_>, fd: i32, offset: u64, len: u64) -> Result<(), Errno> {
    const KEEP_SIZE: u64 = 1;
    const PUNCH_HOLE: u64 = 2;
    ctx.call(Sys::FALLOCATE, [fd as u64, KEEP_SIZE | PUNCH_HOLE, offset, len, 0, 0])?;
    Ok(())
}

//! Reading, writing, seeking, cutting and flushing.

use super::fd_of;
use crate::bsd::sockets::marks;
use crate::{Answer, Args, Ctx};
use alloc::vec::Vec;
use ashore_base::{Addr, Bytes};
use ashore_pivot::{Arg, Errno, IoVec, Message, Sys};

/// `write(fd, buf, nbyte)`
pub fn write(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let [fd, buf, len, ..] = *args;
    Ok(match marks::write_flags(ctx, fd_of(fd)) {
        0 => ctx.wait(Sys::WRITE, [fd, buf, len, 0, 0, 0])?,
        flags => ctx.wait(Sys::SENDTO, [fd, buf, len, flags.into(), 0, 0])?,
    }
    .into())
}

/// `writev(fd, iov, count)`
pub fn writev(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let [fd, iov, count, ..] = *args;
    let flags = marks::write_flags(ctx, fd_of(fd));
    if flags == 0 {
        return Ok(ctx.wait(Sys::WRITEV, [fd, iov, count, 0, 0, 0])?.into());
    }
    const MOST: u64 = 1024;
    if count > MOST {
        return Err(Errno::EINVAL.into());
    }
    let records = ctx.read_vec(Addr(iov), count * 16)?;
    let word = |at| Bytes(&records).u64(at).unwrap_or(0);
    let iov: Vec<IoVec> = (0..count).map(|n| IoVec { base: word(n * 16), len: word(n * 16 + 8) }).collect();
    let (name, control) = (&mut [], &mut []);
    let message = Message { name, name_len: 0, iov: &iov, control, control_len: 0, flags: 0 };
    Ok(ctx.linux().sendmsg(fd_of(fd), &message, flags)?.into())
}

/// `pread(fd, buf, nbyte, pad, offset)`, NetBSD's.
pub fn pread_padded(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    positioned(ctx, [Sys::PREAD64; 2], [args[0], args[1], args[2], args[4]])
}

/// `pwrite(fd, buf, nbyte, pad, offset)`, NetBSD's.
pub fn pwrite_padded(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    positioned(ctx, [Sys::PWRITE64; 2], [args[0], args[1], args[2], args[4]])
}

/// `preadv(fd, iov, count, pad, offset)`, NetBSD's.
pub fn preadv_padded(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    positioned(ctx, [Sys::PREADV; 2], [args[0], args[1], args[2], args[4]])
}

/// `pwritev(fd, iov, count, pad, offset)`, NetBSD's.
pub fn pwritev_padded(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    positioned(ctx, [Sys::PWRITEV; 2], [args[0], args[1], args[2], args[4]])
}

/// `extpread(fd, buf, nbyte, flags, offset)`: the offset -1 reads where the file stands.
pub fn extpread(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    positioned(ctx, [Sys::PREAD64, Sys::READ], [args[0], args[1], args[2], args[4]])
}

/// `extpwrite(fd, buf, nbyte, flags, offset)`
pub fn extpwrite(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    positioned(ctx, [Sys::PWRITE64, Sys::WRITE], [args[0], args[1], args[2], args[4]])
}

/// `extpreadv(fd, iov, count, flags, offset)`
pub fn extpreadv(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    positioned(ctx, [Sys::PREADV, Sys::READV], [args[0], args[1], args[2], args[4]])
}

/// `extpwritev(fd, iov, count, flags, offset)`
pub fn extpwritev(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    positioned(ctx, [Sys::PWRITEV, Sys::WRITEV], [args[0], args[1], args[2], args[4]])
}

/// A transfer at an offset by the first call, or, for the offset -1, where the file stands by the second.
fn positioned(ctx: &Ctx<'_>, [at, here]: [Sys; 2], [fd, buf, len, offset]: [u64; 4]) -> Answer {
    let sys = if offset == u64::MAX { here } else { at };
    Ok(ctx.wait(sys, [fd, buf, len, offset, 0, 0])?.into())
}

/// `lseek(fd, pad, offset, whence)` of DragonFly and NetBSD.
pub fn lseek_padded(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    Ok(ctx.call(Sys::LSEEK, [args[0], args[2], args[3], 0, 0, 0])?.into())
}

/// `truncate(path, length)`
pub fn truncate(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let path = ctx.path(Addr(args[0]))?;
    Ok(ctx.call_with(Sys::TRUNCATE, &mut [Arg::In(&path), args[1].into()])?.into())
}

/// `truncate(path, pad, length)` of DragonFly and NetBSD.
pub fn truncate_padded(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    truncate(ctx, &[args[0], args[2], 0, 0, 0, 0, 0, 0])
}

/// `ftruncate(fd, pad, length)` of DragonFly and NetBSD.
pub fn ftruncate_padded(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    Ok(ctx.call(Sys::FTRUNCATE, [args[0], args[2], 0, 0, 0, 0])?.into())
}

/// `fsync_range(fd, how, start, length)`, NetBSD's. The whole file is flushed.
pub fn fsync_range(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    const DATA: u32 = 0x10;
    const FILE: u32 = 0x20;
    let how = args[1] as u32 & (DATA | FILE);
    let sys = match how {
        DATA => Sys::FDATASYNC,
        FILE => Sys::FSYNC,
        _ => return Err(Errno::EINVAL.into()),
    };
    Ok(ctx.call(sys, [args[0], 0, 0, 0, 0, 0])?.into())
}

/// `posix_fallocate(fd, offset, length)`: the answer is the error, as a result.
pub fn posix_fallocate(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    fallocate(ctx, fd_of(args[0]), args[1], args[2])
}

/// `posix_fallocate(fd, pad, offset, length)`, NetBSD's.
pub fn posix_fallocate_padded(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    fallocate(ctx, fd_of(args[0]), args[2], args[3])
}

fn fallocate(ctx: &Ctx<'_>, fd: i32, offset: u64, len: u64) -> Answer {
    let result = ctx.call(Sys::FALLOCATE, [fd as u64, 0, offset, len, 0, 0]);
    Ok(answer_is_error(ctx, result))
}

/// `posix_fadvise(fd, offset, length, advice)`: the answer is the error, as a result.
pub fn posix_fadvise(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let result = ctx.call(Sys::FADVISE64, [args[0], args[1], args[2], args[3], 0, 0]);
    Ok(answer_is_error(ctx, result))
}

/// `posix_fadvise(fd, pad, offset, length, advice)`, NetBSD's.
pub fn posix_fadvise_padded(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    posix_fadvise(ctx, &[args[0], args[2], args[3], args[4], 0, 0, 0, 0])
}

/// The calls of POSIX that return the error number instead of setting one.
fn answer_is_error(ctx: &Ctx<'_>, result: Result<u64, Errno>) -> crate::Value {
    match result {
        Ok(_) => 0.into(),
        Err(errno) => u64::from((ctx.os.errno)(errno)).into(),
    }
}

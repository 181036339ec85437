//! Closing, duplicating, pipes.

use super::{fd_of, open};
use crate::bsd::events;
use crate::{Answer, Args, Ctx, Value};
use alloc::vec::Vec;
use ashore_base::{Addr, Bytes};
use ashore_pivot::{Arg, Errno, Sys};

/// `close(fd)`
pub fn close(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let fd = fd_of(args[0]);
    events::closed(ctx, fd);
    Ok(ctx.call(Sys::CLOSE, [fd as u64, 0, 0, 0, 0, 0])?.into())
}

/// `closefrom(fd)`
pub fn closefrom(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    close_between(ctx, fd_of(args[0]).max(0), i32::MAX)?;
    Ok(0.into())
}

/// `close_range(low, high, flags)`, FreeBSD's.
pub fn close_range(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    const CLOEXEC: u32 = 4;
    const LINUX_CLOEXEC: u64 = 4;
    let (low, high, flags) = (args[0] as u32, args[1] as u32, args[2] as u32);
    if flags & !CLOEXEC != 0 || high < low {
        return Err(Errno::EINVAL.into());
    }
    if flags & CLOEXEC != 0 {
        // Descriptors of ours have the bit anyway.
        ctx.call(Sys::CLOSE_RANGE, [low.into(), high.into(), LINUX_CLOEXEC, 0, 0, 0])?;
    } else {
        close_between(ctx, low.min(i32::MAX as u32) as i32, high.min(i32::MAX as u32) as i32)?;
    }
    Ok(0.into())
}

/// Closes every open descriptor of the program from `low` to `high`. One by one: between them may be some of ours.
pub(super) fn close_between(ctx: &mut Ctx<'_>, low: i32, high: i32) -> Result<(), Errno> {
    for fd in own_descriptors(ctx)?.into_iter().filter(|fd| (low..=high).contains(fd)) {
        events::closed(ctx, fd);
        let _ = ctx.call(Sys::CLOSE, [fd as u64, 0, 0, 0, 0, 0]);
    }
    Ok(())
}

/// The descriptors that the program has open, in no order.
pub(super) fn own_descriptors(ctx: &Ctx<'_>) -> Result<Vec<i32>, Errno> {
    let mut all = open_descriptors(ctx)?;
    let hidden = events::hidden(ctx);
    all.retain(|fd| !hidden.contains(fd));
    Ok(all)
}

/// The open descriptors of the process, in no order.
fn open_descriptors(ctx: &Ctx<'_>) -> Result<Vec<i32>, Errno> {
    use open::linux_flag::{CLOEXEC, DIRECTORY};
    let args = &mut [(-100).into(), Arg::In(b"/proc/self/fd\0"), Arg::Word((DIRECTORY | CLOEXEC).into())];
    let dir = ctx.call_with(Sys::OPENAT, args)?;
    let mut found = Vec::new();
    let mut bytes = [0; 2048];
    while let Ok(len @ 1..) = ctx.call_with(Sys::GETDENTS64, &mut [dir.into(), Arg::Out(&mut bytes), 2048.into()]) {
        let mut at = 0;
        while at < len
            && let Some(size @ 1..) = Bytes(&bytes).u16(at + 16)
        {
            let name = Bytes(&bytes).cstr(at + 19).and_then(|name| core::str::from_utf8(name).ok());
            found.extend(name.and_then(|name| name.parse().ok()).filter(|fd: &i32| *fd as u64 != dir));
            at += u64::from(size);
        }
    }
    ctx.call(Sys::CLOSE, [dir, 0, 0, 0, 0, 0])?;
    Ok(found)
}

/// `dup2(from, to)`
pub fn dup2(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    Ok(duplicate(ctx, fd_of(args[0]), fd_of(args[1]), 0)?.into())
}

/// `dup3(from, to, flags)`, NetBSD's.
pub fn dup3(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let words = ctx.files()?;
    let flags = open::flags_to_linux(words, args[2] as u32);
    let fd = duplicate(ctx, fd_of(args[0]), fd_of(args[1]), flags & open::linux_flag::CLOEXEC)?;
    if flags & open::linux_flag::NONBLOCK != 0 {
        super::fcntl::add_status(ctx, fd_of(fd), open::linux_flag::NONBLOCK)?;
    }
    Ok(fd.into())
}

/// Makes `to` a duplicate of `from`; `flags` are Linux's.
pub(super) fn duplicate(ctx: &mut Ctx<'_>, from: i32, to: i32, flags: u32) -> Result<u64, Errno> {
    const F_GETFD: u64 = 1;
    ctx.call(Sys::FCNTL, [from as u64, F_GETFD, 0, 0, 0, 0])?;
    if from == to {
        return Ok(to as u64);
    }
    events::closed(ctx, to);
    let fd = ctx.call(Sys::DUP3, [from as u64, to as u64, flags.into(), 0, 0, 0])?;
    events::duplicated(ctx, from, to);
    Ok(fd)
}

/// `dup(fd)`
pub fn dup(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let fd = ctx.call(Sys::DUP, [args[0], 0, 0, 0, 0, 0])?;
    events::duplicated(ctx, fd_of(args[0]), fd_of(fd));
    Ok(fd.into())
}

/// `pipe()`: both descriptors in registers.
pub fn pipe(ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    let [read, write] = make_pipe(ctx, 0)?;
    Ok(Value::Two(read.into(), write.into()))
}

/// `pipe2(unused, flags)` of DragonFly: both descriptors in registers.
pub fn pipe2_in_registers(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let [read, write] = make_pipe(ctx, args[1] as u32)?;
    Ok(Value::Two(read.into(), write.into()))
}

/// `pipe2(fds, flags)`
pub fn pipe2(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let fds = make_pipe(ctx, args[1] as u32)?;
    let mut bytes = [0; 8];
    for (to, fd) in bytes.chunks_exact_mut(4).zip(fds) {
        to.copy_from_slice(&fd.to_le_bytes());
    }
    if let Err(errno) = ctx.write(Addr(args[0]), &bytes) {
        for fd in fds {
            ctx.call(Sys::CLOSE, [fd.into(), 0, 0, 0, 0, 0])?;
        }
        return Err(errno.into());
    }
    Ok(0.into())
}

fn make_pipe(ctx: &Ctx<'_>, flags: u32) -> Result<[u32; 2], Errno> {
    use open::linux_flag::{CLOEXEC, NONBLOCK};
    let linux = open::flags_to_linux(ctx.files()?, flags);
    if linux & !(CLOEXEC | NONBLOCK) != 0 {
        return Err(Errno::EINVAL);
    }
    let mut fds = [0; 8];
    ctx.call_with(Sys::PIPE2, &mut [Arg::Out(&mut fds), Arg::Word(linux.into())])?;
    let bytes = Bytes(&fds);
    Ok([bytes.u32(0).ok_or(Errno::EFAULT)?, bytes.u32(4).ok_or(Errno::EFAULT)?])
}

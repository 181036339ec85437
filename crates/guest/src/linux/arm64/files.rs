//! Calls whose records or flags differ from those of x86-64, which the pivot has.

use super::made;
use crate::linux::signals;
use crate::{Answer, Args, Ctx};
use alloc::vec;
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::layout::Plain;
use ashore_pivot::layout::event::{EpollEvent, EpollEventX86_64};
use ashore_pivot::layout::fcntl::{F_GETFL, F_SETFL};
use ashore_pivot::layout::open::{AT_SYMLINK_NOFOLLOW, OpenHow, aarch64_to_x86_64, x86_64, x86_64_to_aarch64};
use ashore_pivot::layout::stat::{Stat, StatX86_64};
use ashore_pivot::{Arg, Errno, Sys};

/// How many events one call tells at most: a program that asks for more calls again.
const MAX_EVENTS: usize = 1024;
/// The longest `struct open_how`.
const MAX_HOW: u64 = 4096;

/// Flags of `open`, for the pivot.
fn flags(word: u64) -> Arg<'static> {
    Arg::Word(u64::from(aarch64_to_x86_64(word as u32)))
}

/// A path for the pivot; `kept` is not zero when a link at its end is meant itself.
fn path(ctx: &Ctx<'_>, at: u64, kept: u32) -> Result<Vec<u8>, Errno> {
    if kept == 0 { ctx.target(Addr(at)) } else { ctx.path(Addr(at)) }
}

pub(super) fn openat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let flags = aarch64_to_x86_64(args[2] as u32);
    let path = path(ctx, args[1], flags & x86_64::O_NOFOLLOW)?;
    if let Some(opened) = made::open(ctx, &path, flags) {
        return Ok(opened?.into());
    }
    // A pipe with a name is opened when the other end is.
    let open = |path: &[u8]| {
        let words = &mut [Arg::Word(args[0]), Arg::In(path), Arg::Word(u64::from(flags)), Arg::Word(args[3])];
        ctx.wait_with(Sys::OPENAT, words)
    };
    Ok(ctx.look_up(args[0], &path, flags & x86_64::O_NOFOLLOW == 0, open)?.into())
}

pub(super) fn openat2(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    if args[3] > MAX_HOW {
        return Err(Errno::E2BIG.into());
    }
    let mut how = ctx.read_vec(Addr(args[2]), args[3])?;
    if how.len() < OpenHow::LEN {
        return Err(Errno::EINVAL.into());
    }
    let asked = OpenHow::get(&how);
    // What is no flag at all stays, so that it is refused.
    let high = asked.flags & !u64::from(u32::MAX);
    OpenHow { flags: high | u64::from(aarch64_to_x86_64(asked.flags as u32)), ..asked }.put(&mut how);
    let path = ctx.path(Addr(args[1]))?;
    let words = &mut [Arg::Word(args[0]), Arg::In(&path), Arg::In(&how), Arg::Word(args[3])];
    Ok(ctx.call_with(Sys::OPENAT2, words)?.into())
}

pub(super) fn open_by_handle_at(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let words = &mut [Arg::Word(args[0]), Arg::Word(args[1]), flags(args[2])];
    Ok(ctx.call_with(Sys::OPEN_BY_HANDLE_AT, words)?.into())
}

pub(super) fn pipe2(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    Ok(ctx.call_with(Sys::PIPE2, &mut [Arg::Word(args[0]), flags(args[1])])?.into())
}

pub(super) fn fcntl(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let [fd, command, arg, ..] = *args;
    Ok(match command as u32 {
        F_GETFL => u64::from(x86_64_to_aarch64(ctx.call(Sys::FCNTL, [fd, command, 0, 0, 0, 0])? as u32)).into(),
        F_SETFL => ctx.call_with(Sys::FCNTL, &mut [Arg::Word(fd), Arg::Word(command), flags(arg)])?.into(),
        _ => ctx.wait(Sys::FCNTL, [fd, command, arg, 0, 0, 0])?.into(),
    })
}

pub(super) fn fstat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let mut bytes = [0; StatX86_64::LEN];
    ctx.call_with(Sys::FSTAT, &mut [Arg::Word(args[0]), Arg::Out(&mut bytes)])?;
    tell(ctx, Addr(args[1]), &bytes)
}

pub(super) fn newfstatat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let kept = args[3] as u32 & AT_SYMLINK_NOFOLLOW;
    let mut bytes = [0; StatX86_64::LEN];
    let mut stat = |path: Arg<'_>| {
        let words = &mut [Arg::Word(args[0]), path, Arg::Out(&mut bytes), Arg::Word(args[3])];
        ctx.call_with(Sys::NEWFSTATAT, words)
    };
    match args[1] {
        // With `AT_EMPTY_PATH` new kernels take no path at all for the descriptor itself.
        0 => stat(Arg::Word(0))?,
        at => ctx.look_up(args[0], &path(ctx, at, kept)?, kept == 0, |path| stat(Arg::In(path)))?,
    };
    tell(ctx, Addr(args[2]), &bytes)
}

fn tell(ctx: &Ctx<'_>, at: Addr, bytes: &[u8; StatX86_64::LEN]) -> Answer {
    ctx.write(at, &Stat::from(StatX86_64::decode(bytes)).encode())?;
    Ok(0.into())
}

pub(super) fn epoll_ctl(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let [epfd, op, fd, at, ..] = *args;
    let mut words = [Arg::Word(epfd), Arg::Word(op), Arg::Word(fd), Arg::Word(0)];
    if at == 0 {
        return Ok(ctx.call_with(Sys::EPOLL_CTL, &mut words)?.into());
    }
    let EpollEvent { events, data } = EpollEvent::decode(&ctx.read(Addr(at))?);
    let event = EpollEventX86_64 { events, data }.encode();
    let [epfd, op, fd, _] = words;
    Ok(ctx.call_with(Sys::EPOLL_CTL, &mut [epfd, op, fd, Arg::In(&event)])?.into())
}

pub(super) fn epoll_pwait(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    wait(ctx, Sys::EPOLL_PWAIT, args)
}

pub(super) fn epoll_pwait2(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    wait(ctx, Sys::EPOLL_PWAIT2, args)
}

/// Waits with the mask in place, then tells the events in the program's layout.
fn wait(ctx: &mut Ctx<'_>, sys: Sys, args: &Args) -> Answer {
    let [epfd, at, max, timeout, mask, ..] = *args;
    let room = usize::try_from(max as u32 as i32).ok().filter(|max| *max > 0).ok_or(Errno::EINVAL)?.min(MAX_EVENTS);
    signals::masked(ctx, Addr(mask))?;
    let mut bytes = vec![0; room * EpollEventX86_64::LEN];
    let words = &mut [
        Arg::Word(epfd),
        Arg::Out(&mut bytes),
        Arg::Word(room as u64),
        Arg::Word(timeout),
        Arg::Word(0),
        Arg::Word(0),
    ];
    let count = ctx.wait_with(sys, words).map_err(Errno::never_restart)?;
    let told: Vec<u8> = bytes
        .chunks_exact(EpollEventX86_64::LEN)
        .take(count as usize)
        .map(EpollEventX86_64::get)
        .flat_map(|EpollEventX86_64 { events, data }| EpollEvent { events, data }.encode())
        .collect();
    ctx.write(Addr(at), &told)?;
    Ok(count.into())
}

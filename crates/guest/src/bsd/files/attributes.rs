//! Changing what is known of a file, and asking what one may do with it.

use super::open::{kind, mode_of};
use super::{At, EFTYPE, Place, at_flags, fd_of, linux_at};
use crate::{Answer, Args, Ctx};
use ashore_base::{Addr, Bytes};
use ashore_pivot::{Arg, Errno, Sys};

/// `access(path, mode)`
pub fn access(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::here(ctx, args[0])?;
    may(ctx, &place, args[1], 0)
}

/// `eaccess(path, mode)`
pub fn eaccess(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::here(ctx, args[0])?;
    may(ctx, &place, args[1], linux_at::EACCESS)
}

/// `faccessat(fd, path, mode, flags)`
pub fn faccessat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let flags = at_flags(ctx, args[3], &[At::Eaccess, At::NoFollow, At::EmptyPath])?;
    let place = Place::at(ctx, args[0], args[1])?;
    may(ctx, &place, args[2], flags)
}

fn may(ctx: &Ctx<'_>, place: &Place, mode: u64, flags: u32) -> Answer {
    let mode = Arg::Word(u64::from(mode as u32));
    if flags == 0 {
        let args = &mut [place.dir.into(), Arg::In(&place.path), mode];
        return Ok(ctx.call_with(Sys::FACCESSAT, args)?.into());
    }
    let args = &mut [place.dir.into(), Arg::In(&place.path), mode, Arg::Word(flags.into())];
    Ok(ctx.call_with(Sys::FACCESSAT2, args)?.into())
}

/// `chmod(path, mode)`
pub fn chmod(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::here(ctx, args[0])?;
    set_mode(ctx, &place, args[1], 0)
}

/// `lchmod(path, mode)`
pub fn lchmod(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::here(ctx, args[0])?;
    set_mode(ctx, &place, args[1], linux_at::NO_FOLLOW)
}

/// `fchmodat(fd, path, mode, flags)`
pub fn fchmodat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let flags = at_flags(ctx, args[3], &[At::NoFollow, At::EmptyPath])?;
    let place = Place::at(ctx, args[0], args[1])?;
    set_mode(ctx, &place, args[2], flags)
}

/// `fchmod(fd, mode)`
pub fn fchmod(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let (fd, mode) = (fd_of(args[0]), args[1] & PERMISSIONS);
    if fd >= 0 && is_refused(ctx, fd, b"\0", mode, linux_at::EMPTY_PATH) {
        return Err(EFTYPE);
    }
    Ok(ctx.call(Sys::FCHMOD, [fd as u64, mode, 0, 0, 0, 0])?.into())
}

/// The bits of a mode that may be set.
const PERMISSIONS: u64 = 0o7777;

/// The sticky bit.
const STICKY: u64 = 0o1000;

fn set_mode(ctx: &Ctx<'_>, place: &Place, mode: u64, flags: u32) -> Answer {
    let mode = mode & PERMISSIONS;
    if is_refused(ctx, place.dir, &place.path, mode, flags) {
        return Err(EFTYPE);
    }
    if flags != 0 {
        let flags_word = Arg::Word(flags.into());
        let args = &mut [place.dir.into(), Arg::In(&place.path), mode.into(), flags_word];
        match ctx.call_with(Sys::FCHMODAT2, args) {
            Err(Errno::ENOSYS) => {}
            other => return Ok(other?.into()),
        }
        // Linux before 6.6. A link has no mode of its own there.
        if mode_of(ctx, place.dir, &place.path, flags)? & kind::MASK == kind::LINK {
            return Err(Errno::EOPNOTSUPP.into());
        }
    }
    Ok(ctx.call_with(Sys::FCHMODAT, &mut [place.dir.into(), Arg::In(&place.path), mode.into()])?.into())
}

/// Whether the systems refuse to set this mode: only the superuser may make a file sticky that is no directory.
fn is_refused(ctx: &Ctx<'_>, dir: i32, path: &[u8], mode: u64, flags: u32) -> bool {
    mode & STICKY != 0
        && ctx.call(Sys::GETEUID, [0; 6]).is_ok_and(|user| user != 0)
        && mode_of(ctx, dir, path, flags).is_ok_and(|mode| mode & kind::MASK != kind::DIRECTORY)
}

/// `chown(path, uid, gid)`
pub fn chown(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::here(ctx, args[0])?;
    set_owner(ctx, &place, [args[1], args[2]], 0)
}

/// `lchown(path, uid, gid)`
pub fn lchown(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::here(ctx, args[0])?;
    set_owner(ctx, &place, [args[1], args[2]], linux_at::NO_FOLLOW)
}

/// `fchownat(fd, path, uid, gid, flags)`
pub fn fchownat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let flags = at_flags(ctx, args[4], &[At::NoFollow, At::EmptyPath])?;
    let place = Place::at(ctx, args[0], args[1])?;
    set_owner(ctx, &place, [args[2], args[3]], flags)
}

fn set_owner(ctx: &Ctx<'_>, place: &Place, [user, group]: [u64; 2], flags: u32) -> Answer {
    let args = &mut [place.dir.into(), Arg::In(&place.path), user.into(), group.into(), Arg::Word(flags.into())];
    Ok(ctx.call_with(Sys::FCHOWNAT, args)?.into())
}

/// `utimes(path, times)`
pub fn utimes(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::here(ctx, args[0])?;
    let times = micro_times(ctx, args[1])?;
    set_times(ctx, &place, times, 0)
}

/// `lutimes(path, times)`
pub fn lutimes(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::here(ctx, args[0])?;
    let times = micro_times(ctx, args[1])?;
    set_times(ctx, &place, times, linux_at::NO_FOLLOW)
}

/// `futimesat(fd, path, times)`
pub fn futimesat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::at(ctx, args[0], args[1])?;
    let times = micro_times(ctx, args[2])?;
    set_times(ctx, &place, times, 0)
}

/// `futimes(fd, times)`
pub fn futimes(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let times = micro_times(ctx, args[1])?;
    set_times_of(ctx, fd_of(args[0]), times)
}

/// `futimens(fd, times)`
pub fn futimens(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let times = nano_times(ctx, args[1])?;
    set_times_of(ctx, fd_of(args[0]), times)
}

/// `utimensat(fd, path, times, flags)`
pub fn utimensat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let flags = at_flags(ctx, args[3], &[At::NoFollow, At::EmptyPath])?;
    let place = Place::at(ctx, args[0], args[1])?;
    let times = nano_times(ctx, args[2])?;
    set_times(ctx, &place, times, flags)
}

/// Access and modification time in Linux's layout; `None` for now.
type Times = Option<[u8; 32]>;

/// Linux's `UTIME_NOW` and `UTIME_OMIT`.
const LINUX_MARKS: [u64; 2] = [0x3fff_ffff, 0x3fff_fffe];

fn nano_times(ctx: &Ctx<'_>, at: u64) -> Result<Times, Errno> {
    if at == 0 {
        return Ok(None);
    }
    let marks = ctx.files()?.time_marks;
    times(&ctx.read(Addr(at))?, |nanos| match marks.iter().position(|mark| *mark as u64 == nanos) {
        Some(at) => LINUX_MARKS.get(at).copied(),
        None => Some(nanos).filter(|nanos| *nanos < 1_000_000_000),
    })
}

fn micro_times(ctx: &Ctx<'_>, at: u64) -> Result<Times, Errno> {
    if at == 0 {
        return Ok(None);
    }
    times(&ctx.read(Addr(at))?, |word| super::micros(ctx, word).ok().map(|micros| micros * 1000))
}

/// The second words of both times changed by `change`, which tells a bad one by `None`.
fn times(record: &[u8; 32], change: impl Fn(u64) -> Option<u64>) -> Result<Times, Errno> {
    let mut out = [0; 32];
    for (n, to) in out.chunks_exact_mut(8).enumerate() {
        let word = Bytes(record).u64(n as u64 * 8).ok_or(Errno::EFAULT)?;
        let word = if n % 2 == 1 { change(word).ok_or(Errno::EINVAL)? } else { word };
        to.copy_from_slice(&word.to_le_bytes());
    }
    Ok(Some(out))
}

fn set_times(ctx: &Ctx<'_>, place: &Place, times: Times, flags: u32) -> Answer {
    let times = times.as_ref().map_or(Arg::Word(0), |times| Arg::In(times));
    let args = &mut [place.dir.into(), Arg::In(&place.path), times, Arg::Word(flags.into())];
    Ok(ctx.call_with(Sys::UTIMENSAT, args)?.into())
}

fn set_times_of(ctx: &Ctx<'_>, fd: i32, times: Times) -> Answer {
    if fd < 0 {
        return Err(Errno::EBADF.into());
    }
    let times = times.as_ref().map_or(Arg::Word(0), |times| Arg::In(times));
    Ok(ctx.call_with(Sys::UTIMENSAT, &mut [fd.into(), Arg::Word(0), times, Arg::Word(0)])?.into())
}

/// `chflags(path, flags)`
pub fn chflags(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::here(ctx, args[0])?;
    no_flags(ctx, &place, args[1], 0)
}

/// `lchflags(path, flags)`
pub fn lchflags(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::here(ctx, args[0])?;
    no_flags(ctx, &place, args[1], linux_at::NO_FOLLOW)
}

/// `chflagsat(fd, path, flags, atflags)`
pub fn chflagsat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let flags = at_flags(ctx, args[3], &[At::NoFollow, At::EmptyPath])?;
    let place = Place::at(ctx, args[0], args[1])?;
    no_flags(ctx, &place, args[2], flags)
}

/// `fchflags(fd, flags)`
pub fn fchflags(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let fd = fd_of(args[0]);
    if fd < 0 {
        return Err(Errno::EBADF.into());
    }
    let place = Place { dir: fd, path: alloc::vec![0] };
    no_flags(ctx, &place, args[1], linux_at::EMPTY_PATH)
}

/// A file has no flags, so only none can be set. Linux's own (`chattr`) mean other things and most file
/// systems lack them.
fn no_flags(ctx: &Ctx<'_>, place: &Place, wanted: u64, flags: u32) -> Answer {
    mode_of(ctx, place.dir, &place.path, flags)?;
    if wanted == 0 { Ok(0.into()) } else { Err(Errno::EOPNOTSUPP.into()) }
}

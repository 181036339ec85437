//! Making, linking, renaming and removing names.

use super::open::{kind, kind_of};
use super::{At, Place, at_flags, linux_at};
use crate::{Answer, Args, Ctx, Fail};
use ashore_base::Addr;
use ashore_pivot::{Arg, Errno, Sys};

/// `link(path, link)`: a symbolic link is followed.
pub fn link(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let (from, to) = (Place::here(ctx, args[0])?, Place::here(ctx, args[1])?.through_slash(ctx)?);
    make_link(ctx, &from, &to, linux_at::FOLLOW)
}

/// `linkat(fd1, path1, fd2, path2, flags)`
pub fn linkat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let flags = at_flags(ctx, args[4], &[At::Follow, At::EmptyPath])?;
    let (from, to) = (Place::at(ctx, args[0], args[1])?, Place::at(ctx, args[2], args[3])?.through_slash(ctx)?);
    make_link(ctx, &from, &to, flags)
}

fn make_link(ctx: &Ctx<'_>, from: &Place, to: &Place, flags: u32) -> Answer {
    let flags = Arg::Word(flags.into());
    let args = &mut [from.dir.into(), Arg::In(&from.path), to.dir.into(), Arg::In(&to.path), flags];
    Ok(ctx.call_with(Sys::LINKAT, args)?.into())
}

/// `symlink(target, path)`
pub fn symlink(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::here(ctx, args[1])?.through_slash(ctx)?;
    make_symlink(ctx, args[0], &place)
}

/// `symlinkat(target, fd, path)`
pub fn symlinkat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::at(ctx, args[1], args[2])?.through_slash(ctx)?;
    make_symlink(ctx, args[0], &place)
}

fn make_symlink(ctx: &Ctx<'_>, target: u64, place: &Place) -> Answer {
    // The target is text that the guest reads back, not a path to look up now.
    let mut target = ctx.cstr(Addr(target), 4095)?;
    target.push(0);
    let args = &mut [Arg::In(&target), place.dir.into(), Arg::In(&place.path)];
    Ok(ctx.call_with(Sys::SYMLINKAT, args)?.into())
}

/// `readlink(path, buf, count)`
pub fn readlink(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::here(ctx, args[0])?;
    read_link(ctx, &place, [args[0], args[1], args[2]])
}

/// `readlinkat(fd, path, buf, count)`
pub fn readlinkat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::at(ctx, args[0], args[1])?;
    read_link(ctx, &place, [args[1], args[2], args[3]])
}

fn read_link(ctx: &Ctx<'_>, place: &Place, [path, buf, room]: [u64; 3]) -> Answer {
    // The running program's own link is no link on the host.
    let program = ctx.kernel.program_path();
    let asked = ctx.cstr(Addr(path), 4095)?;
    if (ctx.os.magic_path)(&asked, program).is_some_and(|host| host == program) {
        let part = program.get(..program.len().min(room as usize)).unwrap_or(program);
        ctx.write(Addr(buf), part)?;
        return Ok((part.len() as u64).into());
    }
    let args = &mut [place.dir.into(), Arg::In(&place.path), buf.into(), room.min(i32::MAX as u64).into()];
    Ok(ctx.call_with(Sys::READLINKAT, args)?.into())
}

/// `unlink(path)`
pub fn unlink(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::here(ctx, args[0])?.through_slash(ctx)?;
    remove(ctx, &place, 0)
}

/// `unlinkat(fd, path, flags)`
pub fn unlinkat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let flags = at_flags(ctx, args[2], &[At::RemoveDir])?;
    let place = Place::at(ctx, args[0], args[1])?.through_slash(ctx)?;
    remove(ctx, &place, flags)
}

/// `funlinkat(dfd, path, fd, flags)`: only if the name is still that of `fd`, unless that is the mark for any.
pub fn funlinkat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    const FD_NONE: i32 = -200;
    let flags = at_flags(ctx, args[3], &[At::RemoveDir])?;
    let place = Place::at(ctx, args[0], args[1])?.through_slash(ctx)?;
    let fd = super::fd_of(args[2]);
    if fd != FD_NONE {
        let open = super::stat::Facts::of_descriptor(ctx, fd)?;
        let named = super::stat::Facts::of(ctx, place.dir, &place.path, linux_at::NO_FOLLOW)?;
        if open.identity() != named.identity() {
            return Err(Errno::EDEADLK.into());
        }
    }
    remove(ctx, &place, flags)
}

/// `rmdir(path)`
pub fn rmdir(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::here(ctx, args[0])?.through_slash(ctx)?;
    remove(ctx, &place, linux_at::REMOVE_DIR)
}

fn remove(ctx: &Ctx<'_>, place: &Place, flags: u32) -> Answer {
    let args = &mut [place.dir.into(), Arg::In(&place.path), Arg::Word(flags.into())];
    match ctx.call_with(Sys::UNLINKAT, args) {
        // A directory is removed by rmdir only, and that is said as a lack of permission.
        Err(Errno::EISDIR) => Err(Errno::EPERM.into()),
        other => Ok(other?.into()),
    }
}

/// `rename(from, to)`
pub fn rename(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let (from, to) = (Place::here(ctx, args[0])?.through_slash(ctx)?, Place::here(ctx, args[1])?.through_slash(ctx)?);
    rename_places(ctx, &from, &to)
}

/// `renameat(fromfd, from, tofd, to)`
pub fn renameat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let (from, to) =
        (Place::at(ctx, args[0], args[1])?.through_slash(ctx)?, Place::at(ctx, args[2], args[3])?.through_slash(ctx)?);
    rename_places(ctx, &from, &to)
}

fn rename_places(ctx: &Ctx<'_>, from: &Place, to: &Place) -> Answer {
    let args = &mut [from.dir.into(), Arg::In(&from.path), to.dir.into(), Arg::In(&to.path), 0.into()];
    match ctx.call_with(Sys::RENAMEAT2, args) {
        // "." and ".." cannot be renamed: Linux calls them busy.
        Err(Errno::EBUSY) if is_dots(&from.path) || is_dots(&to.path) => Err(Errno::EINVAL.into()),
        other => Ok(other?.into()),
    }
}

/// Whether the last part of a path, which has its zero, is `.` or `..`.
fn is_dots(path: &[u8]) -> bool {
    let path = path.strip_suffix(b"\0").unwrap_or(path);
    let end = path.iter().rposition(|&b| b != b'/').map_or(0, |at| at + 1);
    let last = path.get(..end).and_then(|path| path.rsplit(|&b| b == b'/').next());
    matches!(last, Some(b"." | b".."))
}

/// `mkdir(path, mode)`
pub fn mkdir(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::here(ctx, args[0])?.through_slash(ctx)?;
    make_directory(ctx, &place, args[1])
}

/// `mkdirat(fd, path, mode)`
pub fn mkdirat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::at(ctx, args[0], args[1])?.through_slash(ctx)?;
    make_directory(ctx, &place, args[2])
}

fn make_directory(ctx: &Ctx<'_>, place: &Place, mode: u64) -> Answer {
    // Only the permissions of a new directory may be told.
    let args = &mut [place.dir.into(), Arg::In(&place.path), (mode & 0o777).into()];
    Ok(ctx.call_with(Sys::MKDIRAT, args)?.into())
}

/// `mkfifo(path, mode)`
pub fn mkfifo(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::here(ctx, args[0])?.through_slash(ctx)?;
    make_node(ctx, &place, kind::FIFO | args[1] as u32 & 0o777, 0)
}

/// `mkfifoat(fd, path, mode)`
pub fn mkfifoat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::at(ctx, args[0], args[1])?.through_slash(ctx)?;
    make_node(ctx, &place, kind::FIFO | args[2] as u32 & 0o777, 0)
}

/// `mknod(path, mode, dev)` with a 32-bit device number.
pub fn mknod(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::here(ctx, args[0])?.through_slash(ctx)?;
    make_node(ctx, &place, args[1] as u32, args[2] & 0xffff_ffff)
}

/// `mknodat(fd, path, mode, dev)` with a 32-bit device number.
pub fn old_mknodat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::at(ctx, args[0], args[1])?.through_slash(ctx)?;
    make_node(ctx, &place, args[2] as u32, args[3] & 0xffff_ffff)
}

/// `mknodat(fd, path, mode, dev)`
pub fn mknodat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::at(ctx, args[0], args[1])?.through_slash(ctx)?;
    make_node(ctx, &place, args[2] as u32, args[3])
}

/// `mknodat(fd, path, mode, pad, dev)`, NetBSD's.
pub fn mknodat_padded(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::at(ctx, args[0], args[1])?.through_slash(ctx)?;
    make_node(ctx, &place, args[2] as u32, args[4])
}

/// `mknod(path, mode, dev)` with a 64-bit device number, NetBSD's.
pub fn mknod_wide(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::here(ctx, args[0])?.through_slash(ctx)?;
    make_node(ctx, &place, args[1] as u32, args[2])
}

fn make_node(ctx: &Ctx<'_>, place: &Place, mode: u32, device: u64) -> Answer {
    let (major, minor) = (ctx.files()?.devices.split)(device);
    let linux = u64::from(minor & 0xff) | u64::from(major & 0xfff) << 8 | u64::from(minor & !0xff) << 12;
    let args = &mut [place.dir.into(), Arg::In(&place.path), Arg::Word(mode.into()), linux.into()];
    Ok(ctx.call_with(Sys::MKNODAT, args)?.into())
}

/// `undelete(path)`: for file systems that keep what was deleted, of which Linux has none.
pub fn undelete(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::here(ctx, args[0])?;
    Err(existing(ctx, &place, Errno::EEXIST))
}

/// `revoke(path)`: Linux has no such call for a path.
pub fn revoke(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::here(ctx, args[0])?;
    Err(existing(ctx, &place, Errno::EOPNOTSUPP))
}

/// `acct(path)`: the host's accounting is not the guest's.
pub fn acct(_ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    Err(Errno::EPERM.into())
}

/// `quotactl(path, ...)`: as of a file system without quotas.
pub fn quotactl(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::here(ctx, args[0])?;
    Err(existing(ctx, &place, Errno::EOPNOTSUPP))
}

/// `errno`, unless the file is missing.
fn existing(ctx: &Ctx<'_>, place: &Place, errno: Errno) -> Fail {
    match kind_of(ctx, place.dir, &place.path, 0) {
        Some(_) => errno.into(),
        None => Errno::ENOENT.into(),
    }
}

//! Opening files.

use super::{EFTYPE, Place, Words, fd_of, linux_at};
use crate::{Answer, Args, Ctx, Fail};
use alloc::vec::Vec;
use ashore_pivot::{Arg, Errno, Sys};

/// `O_*` bits that all three systems have.
pub(super) mod flag {
    pub const ACCESS: u32 = 3;
    pub const NONBLOCK: u32 = 4;
    pub const APPEND: u32 = 8;
    pub const SHLOCK: u32 = 0x10;
    pub const EXLOCK: u32 = 0x20;
    pub const ASYNC: u32 = 0x40;
    pub const SYNC: u32 = 0x80;
    pub const NOFOLLOW: u32 = 0x100;
    pub const CREAT: u32 = 0x200;
    pub const TRUNC: u32 = 0x400;
    pub const EXCL: u32 = 0x800;
    pub const NOCTTY: u32 = 0x8000;
}

/// Linux's `O_*` bits on x86-64.
pub mod linux_flag {
    #![allow(missing_docs)]
    pub const RDONLY: u32 = 0;
    pub const WRONLY: u32 = 1;
    pub const RDWR: u32 = 2;
    pub const CREAT: u32 = 0x40;
    pub const EXCL: u32 = 0x80;
    pub const NOCTTY: u32 = 0x100;
    pub const TRUNC: u32 = 0x200;
    pub const APPEND: u32 = 0x400;
    pub const NONBLOCK: u32 = 0x800;
    pub const DSYNC: u32 = 0x1000;
    pub const ASYNC: u32 = 0x2000;
    pub const DIRECT: u32 = 0x4000;
    pub const DIRECTORY: u32 = 0x1_0000;
    pub const NOFOLLOW: u32 = 0x2_0000;
    pub const CLOEXEC: u32 = 0x8_0000;
    pub const SYNC: u32 = 0x10_1000;
    pub const PATH: u32 = 0x20_0000;
}

/// The bits of all three systems and Linux's.
static COMMON: &[(u32, u32)] = &[
    (flag::NONBLOCK, linux_flag::NONBLOCK),
    (flag::APPEND, linux_flag::APPEND),
    (flag::ASYNC, linux_flag::ASYNC),
    (flag::SYNC, linux_flag::SYNC),
    (flag::NOFOLLOW, linux_flag::NOFOLLOW),
    (flag::CREAT, linux_flag::CREAT),
    (flag::TRUNC, linux_flag::TRUNC),
    (flag::EXCL, linux_flag::EXCL),
    (flag::NOCTTY, linux_flag::NOCTTY),
];

/// The one-to-one part of a set of the guest's `O_*` bits in Linux's.
pub(in crate::bsd) fn flags_to_linux(words: &Words, guest: u32) -> u32 {
    let pairs = COMMON.iter().chain(words.open);
    pairs.filter(|(bit, _)| guest & bit == *bit).fold(guest & flag::ACCESS, |flags, (_, linux)| flags | linux)
}

/// The file status part of Linux's `O_*` bits in the guest's.
pub(super) fn status_from_linux(words: &Words, linux: u32) -> u32 {
    let pairs = COMMON.iter().chain(words.open);
    let mut guest = linux & flag::ACCESS;
    for (bit, theirs) in pairs {
        if linux & theirs == *theirs && !NOT_STATUS.contains(theirs) {
            guest |= bit;
        }
    }
    guest
}

/// Bits that are of the call that opened, not of the open file.
static NOT_STATUS: &[u32] = &[
    linux_flag::CREAT,
    linux_flag::EXCL,
    linux_flag::TRUNC,
    linux_flag::NOCTTY,
    linux_flag::CLOEXEC,
    linux_flag::NOFOLLOW,
    linux_flag::DIRECTORY,
];

/// `open(path, flags, mode)`
pub fn open(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let [path, flags, mode, ..] = *args;
    let place = Place::here(ctx, path)?;
    opened(ctx, place, flags as u32, mode as u32)
}

/// `openat(fd, path, flags, mode)`
pub fn openat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let [dir, path, flags, mode, ..] = *args;
    let place = Place::at(ctx, dir, path)?;
    opened(ctx, place, flags as u32, mode as u32)
}

/// One opening: the place, and the flags in the guest's words and in Linux's.
struct Opening<'w> {
    words: &'w Words,
    place: Place,
    guest: u32,
    linux: u32,
    mode: u32,
}

fn opened(ctx: &Ctx<'_>, place: Place, guest: u32, mode: u32) -> Answer {
    let words = ctx.files()?;
    if guest & flag::ACCESS == 3 || guest & (flag::SHLOCK | flag::EXLOCK) == (flag::SHLOCK | flag::EXLOCK) {
        return Err(Errno::EINVAL.into());
    }
    // The sticky bit is not among those an opening may set.
    let mut opening = Opening { words, place, guest, linux: flags_to_linux(words, guest), mode: mode & 0o6777 };
    if words.open_search != 0 && guest & words.open_search != 0 {
        // Reading is what Linux has that is nearest to a descriptor for searching or executing only.
        opening.linux |= if opening.is_directory() { linux_flag::PATH } else { linux_flag::RDONLY };
    }
    let locks = guest & (flag::SHLOCK | flag::EXLOCK) != 0;
    if locks {
        // The file is cut once the lock is held.
        opening.linux &= !linux_flag::TRUNC;
    }
    let fd = opening.run(ctx).or_else(|errno| opening.again(ctx, errno))?;
    let fd = if locks { opening.lock(ctx, fd)? } else { fd };
    let fd = opening.check_kind(ctx, fd)?;
    Ok(fd.into())
}

impl Opening<'_> {
    fn is_directory(&self) -> bool {
        self.linux & linux_flag::DIRECTORY != 0
    }

    fn run(&self, ctx: &Ctx<'_>) -> Result<u64, Errno> {
        let flags = u64::from(self.linux);
        if self.words.open_beneath != 0 && self.guest & self.words.open_beneath != 0 {
            return self.run_beneath(ctx);
        }
        if self.words.open_empty_path & self.guest != 0 && self.place.path == [0] {
            // A new opening of what the descriptor is open to.
            let path = descriptor_path(self.place.dir);
            return ctx.wait_with(Sys::OPENAT, &mut [linux_at::CWD.into(), Arg::In(&path), flags.into()]);
        }
        let mode = Arg::Word(self.mode.into());
        ctx.wait_with(Sys::OPENAT, &mut [self.place.dir.into(), Arg::In(&self.place.path), flags.into(), mode])
    }

    /// By `openat2`, which can keep the path under its directory.
    fn run_beneath(&self, ctx: &Ctx<'_>) -> Result<u64, Errno> {
        const RESOLVE_BENEATH: u64 = 8;
        let creates = self.linux & linux_flag::CREAT != 0;
        let mut how = Vec::with_capacity(24);
        how.extend_from_slice(&u64::from(self.linux).to_le_bytes());
        how.extend_from_slice(&u64::from(if creates { self.mode } else { 0 }).to_le_bytes());
        how.extend_from_slice(&RESOLVE_BENEATH.to_le_bytes());
        let len = how.len() as u64;
        let args = &mut [self.place.dir.into(), Arg::In(&self.place.path), Arg::In(&how), len.into()];
        ctx.wait_with(Sys::OPENAT2, args)
    }

    /// What the guest's system does where Linux failed with `errno`.
    fn again(&mut self, ctx: &Ctx<'_>, errno: Errno) -> Result<u64, Fail> {
        let no_follow = self.guest & flag::NOFOLLOW != 0;
        let refused_link = errno == Errno::ELOOP || errno == Errno::ENOTDIR && self.is_directory();
        if no_follow && refused_link && self.kind(ctx) == Some(kind::LINK) {
            return Err(Fail::Own(self.words.no_follow));
        }
        match errno {
            // A socket cannot be opened; Linux says it as of a device that is not there.
            Errno::ENXIO if self.kind(ctx) == Some(kind::SOCKET) => Err(Errno::EOPNOTSUPP.into()),
            // A directory that is there may be opened for reading, O_CREAT or not.
            Errno::EISDIR if self.guest & (flag::CREAT | flag::EXCL | flag::ACCESS | flag::TRUNC) == flag::CREAT => {
                self.linux &= !linux_flag::CREAT;
                Ok(self.run(ctx)?)
            }
            Errno::EXDEV if self.guest & self.words.open_beneath != 0 => Err(Fail::Own(ENOTCAPABLE)),
            _ => Err(errno.into()),
        }
    }

    /// Takes the lock that the opening asks for, and cuts the file.
    fn lock(&self, ctx: &Ctx<'_>, fd: u64) -> Result<u64, Fail> {
        const LOCK_SH: u64 = 1;
        const LOCK_EX: u64 = 2;
        const LOCK_NB: u64 = 4;
        let how = if self.guest & flag::EXLOCK != 0 { LOCK_EX } else { LOCK_SH };
        let at_once = if self.guest & flag::NONBLOCK != 0 { LOCK_NB } else { 0 };
        let locked = ctx.wait(Sys::FLOCK, [fd, how | at_once, 0, 0, 0, 0]).and_then(|_| {
            let cuts = self.guest & flag::TRUNC != 0 && self.guest & flag::ACCESS != 0;
            if cuts { ctx.call(Sys::FTRUNCATE, [fd, 0, 0, 0, 0, 0]) } else { Ok(0) }
        });
        match locked {
            Ok(_) => Ok(fd),
            Err(errno) => {
                let _ = ctx.call(Sys::CLOSE, [fd, 0, 0, 0, 0, 0]);
                Err(errno.into())
            }
        }
    }

    /// Refuses what `O_REGULAR` refuses.
    fn check_kind(&self, ctx: &Ctx<'_>, fd: u64) -> Result<u64, Fail> {
        if self.words.open_regular == 0 || self.guest & self.words.open_regular == 0 {
            return Ok(fd);
        }
        if kind_of(ctx, fd_of(fd), b"\0", linux_at::EMPTY_PATH) == Some(kind::REGULAR) {
            return Ok(fd);
        }
        let _ = ctx.call(Sys::CLOSE, [fd, 0, 0, 0, 0, 0]);
        Err(EFTYPE)
    }

    fn kind(&self, ctx: &Ctx<'_>) -> Option<u32> {
        kind_of(ctx, self.place.dir, &self.place.path, linux_at::NO_FOLLOW)
    }
}

/// FreeBSD's error of a path that leaves its directory.
const ENOTCAPABLE: u16 = 93;

/// The kinds of file in `st_mode`, the same everywhere.
pub(super) mod kind {
    pub const MASK: u32 = 0o170_000;
    pub const FIFO: u32 = 0o010_000;
    pub const DIRECTORY: u32 = 0o040_000;
    pub const REGULAR: u32 = 0o100_000;
    pub const LINK: u32 = 0o120_000;
    pub const SOCKET: u32 = 0o140_000;
}

/// The mode of a file, its kind and permissions.
pub(super) fn mode_of(ctx: &Ctx<'_>, dir: i32, path: &[u8], flags: u32) -> Result<u32, Errno> {
    const STATX_TYPE_AND_MODE: u64 = 3;
    let mut record = [0; 256];
    let words = [u64::from(flags), STATX_TYPE_AND_MODE];
    let [flags, mask] = words;
    let args = &mut [dir.into(), Arg::In(path), flags.into(), mask.into(), Arg::Out(&mut record)];
    ctx.call_with(Sys::STATX, args)?;
    Ok(u32::from(u16::from_le_bytes([record[28], record[29]])))
}

/// The kind of a file, when it can be told.
pub(super) fn kind_of(ctx: &Ctx<'_>, dir: i32, path: &[u8], flags: u32) -> Option<u32> {
    mode_of(ctx, dir, path, flags).ok().map(|mode| mode & kind::MASK)
}

/// The path by which Linux names what a descriptor is open to, with its zero.
pub(super) fn descriptor_path(fd: i32) -> Vec<u8> {
    alloc::format!("/proc/self/fd/{fd}\0").into_bytes()
}

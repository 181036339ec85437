//! What is known of a file: the `stat` family in every layout its systems have had.

use super::{At, Place, at_flags, fd_of, linux_at};
use crate::{Answer, Args, Ctx};
use alloc::vec;
use alloc::vec::Vec;
use ashore_base::{Addr, Bytes};
use ashore_pivot::{Arg, Errno, Sys};

/// A member of a `struct stat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// `st_dev`
    Dev,
    /// `st_ino`
    Ino,
    /// `st_mode`
    Mode,
    /// `st_nlink`
    Nlink,
    /// `st_uid`
    Uid,
    /// `st_gid`
    Gid,
    /// `st_rdev`
    Rdev,
    /// `st_atim`, 16 bytes as all times
    Atime,
    /// `st_mtim`
    Mtime,
    /// `st_ctim`
    Ctime,
    /// `st_birthtim`
    Birth,
    /// `st_size`
    Size,
    /// `st_blocks`
    Blocks,
    /// `st_blksize`
    BlockSize,
}

/// The layout of one `struct stat`; what no field covers is zero.
pub struct Layout {
    /// How many bytes it has.
    pub size: usize,
    /// The fields: where each starts and how many bytes it has.
    pub fields: &'static [(Field, usize, usize)],
}

/// Device numbers of a system.
pub struct Devices {
    /// A device number of a major and a minor number.
    pub make: fn(major: u32, minor: u32) -> u64,
    /// The major and the minor number of a device number.
    pub split: fn(device: u64) -> (u32, u32),
}

/// What Linux's `statx` says of a file.
pub(super) struct Facts([u8; 256]);

impl Facts {
    /// Asks; `flags` are Linux's.
    pub fn of(ctx: &Ctx<'_>, dir: i32, path: &[u8], flags: u32) -> Result<Facts, Errno> {
        const BASIC_AND_BIRTH: u64 = 0xfff;
        let mut record = [0; 256];
        let args =
            &mut [dir.into(), Arg::In(path), Arg::Word(flags.into()), BASIC_AND_BIRTH.into(), Arg::Out(&mut record)];
        ctx.call_with(Sys::STATX, args)?;
        Ok(Facts(record))
    }

    /// Asks of what a descriptor is open to.
    pub fn of_descriptor(ctx: &Ctx<'_>, fd: i32) -> Result<Facts, Errno> {
        if fd < 0 {
            return Err(Errno::EBADF);
        }
        Facts::of(ctx, fd, b"\0", linux_at::EMPTY_PATH)
    }

    fn u32(&self, at: u64) -> u32 {
        Bytes(&self.0).u32(at).unwrap_or(0)
    }

    fn u64(&self, at: u64) -> u64 {
        Bytes(&self.0).u64(at).unwrap_or(0)
    }

    /// Kind and permissions.
    pub fn mode(&self) -> u32 {
        Bytes(&self.0).u16(28).unwrap_or(0).into()
    }

    /// Major and minor number of the device the file is on.
    pub fn device(&self) -> (u32, u32) {
        (self.u32(136), self.u32(140))
    }

    /// What tells the file from every other: its device and number.
    pub fn identity(&self) -> (u64, u64) {
        (self.u64(136), self.u64(32))
    }

    /// A field as the guest's system has it: a word, or seconds and nanoseconds.
    fn word(&self, field: Field, devices: &Devices) -> [u64; 2] {
        const BIRTH_KNOWN: u32 = 0x800;
        let time = |at| [self.u64(at), self.u32(at + 8).into()];
        match field {
            Field::Dev => [(devices.make)(self.u32(136), self.u32(140)), 0],
            Field::Rdev => [(devices.make)(self.u32(128), self.u32(132)), 0],
            Field::Ino => [self.u64(32), 0],
            Field::Mode => [self.mode().into(), 0],
            Field::Nlink => [self.u32(16).into(), 0],
            Field::Uid => [self.u32(20).into(), 0],
            Field::Gid => [self.u32(24).into(), 0],
            Field::Size => [self.u64(40), 0],
            Field::Blocks => [self.u64(48), 0],
            Field::BlockSize => [self.u32(4).into(), 0],
            Field::Atime => time(64),
            Field::Ctime => time(96),
            Field::Mtime => time(112),
            // A file system without birth times says one before the epoch.
            Field::Birth if self.u32(0) & BIRTH_KNOWN == 0 => [u64::MAX, 0],
            Field::Birth => time(80),
        }
    }

    /// The record of a layout.
    fn encode(&self, layout: &Layout, devices: &Devices) -> Vec<u8> {
        let mut record = vec![0; layout.size];
        for (field, at, len) in layout.fields {
            let [first, second] = self.word(*field, devices);
            let bytes = (u128::from(first) | u128::from(second) << 64).to_le_bytes();
            if let (Some(to), Some(from)) = (record.get_mut(*at..at + len), bytes.get(..*len)) {
                to.copy_from_slice(from);
            }
        }
        record
    }
}

fn answer(ctx: &Ctx<'_>, facts: &Facts, layout: &Layout, at: u64) -> Answer {
    let record = facts.encode(layout, &ctx.files()?.devices);
    ctx.write(Addr(at), &record)?;
    Ok(0.into())
}

/// `stat(path, buf)`
pub fn stat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let layout = ctx.files()?.stat;
    by_path(ctx, layout, args, 0)
}

/// `lstat(path, buf)`
pub fn lstat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let layout = ctx.files()?.stat;
    by_path(ctx, layout, args, linux_at::NO_FOLLOW)
}

/// `fstat(fd, buf)`
pub fn fstat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let layout = ctx.files()?.stat;
    by_descriptor(ctx, layout, args)
}

/// `fstatat(fd, path, buf, flags)`
pub fn fstatat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let layout = ctx.files()?.stat;
    by_place(ctx, layout, args)
}

/// `stat(path, buf)` of FreeBSD before 12.
pub fn old_stat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let layout = ctx.files()?.old_stat;
    by_path(ctx, layout, args, 0)
}

/// `lstat(path, buf)` of FreeBSD before 12.
pub fn old_lstat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let layout = ctx.files()?.old_stat;
    by_path(ctx, layout, args, linux_at::NO_FOLLOW)
}

/// `fstat(fd, buf)` of FreeBSD before 12.
pub fn old_fstat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let layout = ctx.files()?.old_stat;
    by_descriptor(ctx, layout, args)
}

/// `fstatat(fd, path, buf, flags)` of FreeBSD before 12.
pub fn old_fstatat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let layout = ctx.files()?.old_stat;
    by_place(ctx, layout, args)
}

/// `nstat(path, buf)`, which FreeBSD has for NetBSD's programs.
pub fn nstat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let layout = ctx.files()?.nstat;
    by_path(ctx, layout, args, 0)
}

/// `nlstat(path, buf)`
pub fn nlstat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let layout = ctx.files()?.nstat;
    by_path(ctx, layout, args, linux_at::NO_FOLLOW)
}

/// `nfstat(fd, buf)`
pub fn nfstat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let layout = ctx.files()?.nstat;
    by_descriptor(ctx, layout, args)
}

fn by_path(ctx: &Ctx<'_>, layout: &Layout, args: &Args, flags: u32) -> Answer {
    let place = Place::here(ctx, args[0])?;
    let facts = Facts::of(ctx, place.dir, &place.path, flags)?;
    answer(ctx, &facts, layout, args[1])
}

fn by_descriptor(ctx: &Ctx<'_>, layout: &Layout, args: &Args) -> Answer {
    let facts = Facts::of_descriptor(ctx, fd_of(args[0]))?;
    answer(ctx, &facts, layout, args[1])
}

fn by_place(ctx: &Ctx<'_>, layout: &Layout, args: &Args) -> Answer {
    let flags = at_flags(ctx, args[3], &[At::NoFollow, At::EmptyPath])?;
    let place = Place::at(ctx, args[0], args[1])?;
    let facts = Facts::of(ctx, place.dir, &place.path, flags)?;
    answer(ctx, &facts, layout, args[2])
}

//! Files, directories and descriptors.
//!
//! A guest's descriptor is the host's descriptor of the same number, and a guest's path is the host's after
//! [`Ctx::path`]. What is translated are flags, records and the errors in which the systems differ from Linux. The
//! calls are told by topic, one file each; [`Words`] holds what a system must say for all of them.

pub mod attributes;
pub mod descriptors;
pub mod dirs;
pub mod fcntl;
pub mod io;
pub mod ioctl;
pub mod limits;
pub mod names;
pub mod open;
pub mod poll;
pub mod ranges;
pub mod shared;
pub mod stat;
pub mod statfs;
mod termios;
#[cfg(test)]
mod tests;
pub mod xattr;

use crate::{Ctx, Fail};
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::{Arg, Errno, Sys};

pub use fcntl::Command;

/// What a system must supply.
pub struct Words {
    /// `O_*` bits that only some of the systems have or that differ, and Linux's.
    pub open: &'static [(u32, u32)],
    /// `O_EXEC` and `O_SEARCH`.
    pub open_search: u32,
    /// `O_RESOLVE_BENEATH`; 0 where there is none.
    pub open_beneath: u32,
    /// `O_EMPTY_PATH`; 0 where there is none.
    pub open_empty_path: u32,
    /// `O_REGULAR`; 0 where there is none.
    pub open_regular: u32,
    /// The error of opening a symbolic link with `O_NOFOLLOW`.
    pub no_follow: u16,
    /// The `AT_*` words.
    pub at: AtWords,
    /// The commands of `fcntl`.
    pub fcntl: &'static [(u32, Command)],
    /// Device numbers.
    pub devices: stat::Devices,
    /// `struct stat`.
    pub stat: &'static stat::Layout,
    /// `struct stat` of programs that the system still runs but no longer makes.
    pub old_stat: &'static stat::Layout,
    /// `struct nstat`.
    pub nstat: &'static stat::Layout,
    /// `struct dirent`.
    pub dirent: dirs::Layout,
    /// `struct dirent` of old programs.
    pub old_dirent: dirs::Layout,
    /// `struct statfs`, or `struct statvfs` where that is the system's only one.
    pub statfs: &'static statfs::Layout,
    /// The same of old programs; on DragonFly `struct statvfs`.
    pub old_statfs: &'static statfs::Layout,
    /// Whether `__getcwd` answers with a length.
    pub getcwd_counts: bool,
    /// `UTIME_NOW` and `UTIME_OMIT`.
    pub time_marks: [i64; 2],
    /// Whether a `timeval` has microseconds of 32 bits.
    pub narrow_micros: bool,
    /// The names of `pathconf` besides the first nine, which all systems share.
    pub limits: &'static [(u32, limits::Limit)],
    /// How many bytes a word of an `fd_set` has.
    pub fd_set_word: u64,
    /// `ENOATTR`.
    pub no_attribute: u16,
}

/// The words of calls with a directory descriptor. A bit is 0 where the system lacks it.
pub struct AtWords {
    /// The mark of the working directory.
    pub cwd: i32,
    /// `AT_EACCESS`
    pub eaccess: u32,
    /// `AT_SYMLINK_NOFOLLOW`
    pub no_follow: u32,
    /// `AT_SYMLINK_FOLLOW`
    pub follow: u32,
    /// `AT_REMOVEDIR`
    pub remove_dir: u32,
    /// `AT_RESOLVE_BENEATH`
    pub beneath: u32,
    /// `AT_EMPTY_PATH`
    pub empty_path: u32,
}

/// Linux's `AT_*` words.
pub(super) mod linux_at {
    /// `AT_FDCWD`
    pub const CWD: i32 = -100;
    /// `AT_SYMLINK_NOFOLLOW`
    pub const NO_FOLLOW: u32 = 0x100;
    /// `AT_EACCESS`
    pub const EACCESS: u32 = 0x200;
    /// `AT_REMOVEDIR`
    pub const REMOVE_DIR: u32 = 0x200;
    /// `AT_SYMLINK_FOLLOW`
    pub const FOLLOW: u32 = 0x400;
    /// `AT_EMPTY_PATH`
    pub const EMPTY_PATH: u32 = 0x1000;
}

/// `EFTYPE`, which Linux lacks: the same number on all three systems.
pub(super) const EFTYPE: Fail = Fail::Own(79);

impl<'a> Ctx<'a> {
    /// This system's words for files.
    pub(super) fn files(&self) -> Result<&'static Words, Errno> {
        Ok(self.bsd()?.family.files)
    }

    /// The directory descriptor of a word: 32 bits of it count, and the working directory's mark is Linux's.
    pub(super) fn dir(&self, word: u64) -> Result<i32, Errno> {
        let fd = word as u32 as i32;
        Ok(if fd == self.files()?.at.cwd { linux_at::CWD } else { fd })
    }
}

/// A path with what it starts from, ready for a Linux call.
pub(super) struct Place {
    /// The directory descriptor or Linux's mark.
    pub dir: i32,
    /// The path with its zero.
    pub path: Vec<u8>,
}

impl Place {
    /// The place of a path that starts from the working directory.
    pub fn here(ctx: &Ctx<'_>, path: u64) -> Result<Place, Errno> {
        Ok(Place { dir: linux_at::CWD, path: ctx.path(Addr(path))? })
    }

    /// The place of a path that starts from a directory descriptor.
    pub fn at(ctx: &Ctx<'_>, dir: u64, path: u64) -> Result<Place, Errno> {
        Ok(Place { dir: ctx.dir(dir)?, path: ctx.path(Addr(path))? })
    }
}

/// How many links a path may go through.
const LINKS: usize = 32;

impl Place {
    /// The same place where a final slash makes the systems follow a link: Linux does not when the call makes or
    /// removes the name.
    pub fn through_slash(mut self, ctx: &Ctx<'_>) -> Result<Place, Errno> {
        let ends_in_slash = |path: &[u8]| path.ends_with(b"/\0");
        if !ends_in_slash(&self.path) {
            return Ok(self);
        }
        for _ in 0..LINKS {
            let end = self.path.iter().rposition(|&b| b != b'/' && b != 0).map_or(0, |at| at + 1);
            let name = self.path.get(..end).unwrap_or(&[]);
            let Some(target) = link_target(ctx, self.dir, name) else { return Ok(self) };
            let parent = match name.iter().rposition(|&b| b == b'/') {
                Some(at) if !target.starts_with(b"/") => name.get(..=at).unwrap_or(&[]),
                _ => &[],
            };
            self.path = [parent, &target, b"/\0"].concat();
        }
        Err(Errno::ELOOP)
    }
}

/// What a symbolic link says; `None` when it is none.
fn link_target(ctx: &Ctx<'_>, dir: i32, name: &[u8]) -> Option<Vec<u8>> {
    const ROOM: usize = 4096;
    if name.is_empty() {
        return None;
    }
    let name = [name, b"\0"].concat();
    let mut target = alloc::vec![0; ROOM];
    let args = &mut [dir.into(), Arg::In(&name), Arg::Out(&mut target), Arg::Word(ROOM as u64)];
    let len = ctx.call_with(Sys::READLINKAT, args).ok()?;
    target.truncate(len as usize);
    Some(target)
}

/// A bit that a call with a directory descriptor may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    NoFollow,
    Follow,
    EmptyPath,
    RemoveDir,
    Eaccess,
}

impl At {
    /// The guest's bit, 0 where it lacks one, and Linux's.
    fn bits(self, words: &AtWords) -> (u32, u32) {
        match self {
            At::NoFollow => (words.no_follow, linux_at::NO_FOLLOW),
            At::Follow => (words.follow, linux_at::FOLLOW),
            At::EmptyPath => (words.empty_path, linux_at::EMPTY_PATH),
            At::RemoveDir => (words.remove_dir, linux_at::REMOVE_DIR),
            At::Eaccess => (words.eaccess, linux_at::EACCESS),
        }
    }
}

/// Linux's bits for a word of the guest's `AT_*` bits; `EINVAL` when it has one that the call does not know.
pub(super) fn at_flags(ctx: &Ctx<'_>, word: u64, known: &[At]) -> Result<u32, Errno> {
    let words = &ctx.files()?.at;
    let mut left = word as u32;
    let mut flags = 0;
    for (bit, linux) in known.iter().map(|at| at.bits(words)) {
        if left & bit != 0 {
            flags |= linux;
            left &= !bit;
        }
    }
    if left == 0 { Ok(flags) } else { Err(Errno::EINVAL) }
}

/// The microseconds in the second word of a `timeval`.
pub(super) fn micros(ctx: &Ctx<'_>, word: u64) -> Result<u64, Errno> {
    // What follows NetBSD's 32 bits is not of the record.
    let narrow = ctx.files()?.narrow_micros;
    let micros = if narrow { word as u32 as i32 as i64 as u64 } else { word };
    Some(micros).filter(|micros| *micros < 1_000_000).ok_or(Errno::EINVAL)
}

/// The descriptor in a word: 32 bits of it count.
pub(super) fn fd_of(word: u64) -> i32 {
    word as u32 as i32
}

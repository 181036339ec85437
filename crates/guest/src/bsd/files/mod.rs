//! Files, directories and descriptors.
//!
//! A guest's descriptor is the host's descriptor of the same number, and a guest's path is the host's after
//! [`Ctx::path`]. What is translated are flags, records and the errors in which the systems differ from Linux. The
//! calls are told by topic, one file each; [`Words`] holds what a system must say for all of them.

pub mod descriptors;
pub mod fcntl;
pub mod io;
pub mod open;

use crate::{Ctx, Fail};
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::Errno;

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

/// The descriptor in a word: 32 bits of it count.
pub(super) fn fd_of(word: u64) -> i32 {
    word as u32 as i32
}

//! Flags of calls that open files or find them by name.

use super::record::{constants, record};

constants! {
    /// Flags of `open` that are the same on every CPU here.
    FLAGS: u32 {
        O_RDONLY = 0,
        O_WRONLY = 1,
        O_RDWR = 2,
        O_ACCMODE = 3,
        O_CREAT = 0o100,
        O_EXCL = 0o200,
        O_NOCTTY = 0o400,
        O_TRUNC = 0o1000,
        O_APPEND = 0o2000,
        O_NONBLOCK = 0o4000,
        O_DSYNC = 0o10_000,
        O_ASYNC = 0o20_000,
        O_NOATIME = 0o1_000_000,
        O_CLOEXEC = 0o2_000_000,
        O_SYNC = 0o4_010_000,
        O_PATH = 0o10_000_000,
    }
}

/// The flags that AArch64 numbers in its own way.
pub mod aarch64 {
    super::constants! {
        /// Flags of `open`.
        FLAGS: u32 {
            O_DIRECTORY = 0o40_000,
            O_NOFOLLOW = 0o100_000,
            O_DIRECT = 0o200_000,
            O_LARGEFILE = 0o400_000,
            O_TMPFILE = 0o20_040_000,
        }
    }
}

/// The same flags on x86-64.
pub mod x86_64 {
    super::constants! {
        /// Flags of `open`. The kernel sets the one for large files by itself.
        FLAGS: u32 {
            O_DIRECT = 0o40_000,
            O_LARGEFILE = 0o100_000,
            O_DIRECTORY = 0o200_000,
            O_NOFOLLOW = 0o400_000,
            O_TMPFILE = 0o20_200_000,
        }
    }
}

/// Each flag that AArch64 and x86-64 number differently, with both numbers.
const DIFFERENT: [(u32, u32); 4] = [
    (aarch64::O_DIRECTORY, x86_64::O_DIRECTORY),
    (aarch64::O_NOFOLLOW, x86_64::O_NOFOLLOW),
    (aarch64::O_DIRECT, x86_64::O_DIRECT),
    (aarch64::O_LARGEFILE, x86_64::O_LARGEFILE),
];

/// Flags of AArch64 in x86-64's numbers.
pub fn aarch64_to_x86_64(flags: u32) -> u32 {
    let same = DIFFERENT.iter().fold(flags, |flags, (from, _)| flags & !from);
    DIFFERENT.iter().filter(|(from, _)| flags & from != 0).fold(same, |flags, (_, to)| flags | to)
}

/// Flags of x86-64 in AArch64's numbers.
pub fn x86_64_to_aarch64(flags: u32) -> u32 {
    let same = DIFFERENT.iter().fold(flags, |flags, (_, from)| flags & !from);
    DIFFERENT.iter().filter(|(_, from)| flags & from != 0).fold(same, |flags, (to, _)| flags | to)
}

record! {
    /// `struct open_how` of `openat2`.
    OpenHow: 24 {
        /// The flags.
        flags @ 0: u64,
        /// The permissions of a new file.
        mode @ 8: u64,
        /// How the path is followed.
        resolve @ 16: u64,
    }
}

constants! {
    /// How `openat2` follows a path.
    RESOLVE: u64 {
        RESOLVE_NO_XDEV = 1,
        RESOLVE_NO_MAGICLINKS = 2,
        RESOLVE_NO_SYMLINKS = 4,
        RESOLVE_BENEATH = 8,
        RESOLVE_IN_ROOT = 0x10,
        RESOLVE_CACHED = 0x20,
    }
}

/// `AT_FDCWD`: the working directory, where a call wants a directory's descriptor.
pub const AT_FDCWD: i32 = -100;

constants! {
    /// Flags of the calls that end in `at`. Two have one number: it depends on the call.
    AT_FLAGS: u32 {
        AT_SYMLINK_NOFOLLOW = 0x100,
        AT_EACCESS = 0x200,
        AT_REMOVEDIR = 0x200,
        AT_SYMLINK_FOLLOW = 0x400,
        AT_NO_AUTOMOUNT = 0x800,
        AT_EMPTY_PATH = 0x1000,
        AT_RECURSIVE = 0x8000,
    }
}

constants! {
    /// Flags of `renameat2`.
    RENAME: u32 {
        RENAME_NOREPLACE = 1,
        RENAME_EXCHANGE = 2,
        RENAME_WHITEOUT = 4,
    }
}

constants! {
    /// Flags of `close_range`.
    CLOSE_RANGE: u32 {
        CLOSE_RANGE_UNSHARE = 2,
        CLOSE_RANGE_CLOEXEC = 4,
    }
}

constants! {
    /// What `access` asks.
    ACCESS: u32 {
        F_OK = 0,
        X_OK = 1,
        W_OK = 2,
        R_OK = 4,
    }
}

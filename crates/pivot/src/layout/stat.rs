//! What is known of a file: `struct stat`, which CPUs lay out differently.

use super::record::{constants, record};
use super::time::Timespec;

record! {
    /// `struct stat` as every CPU with the generic layout has it, AArch64 and RISC-V among them.
    Stat: 128 {
        /// The device that holds the file.
        dev @ 0: u64,
        /// Its number there.
        ino @ 8: u64,
        /// Its kind and permissions.
        mode @ 16: u32,
        /// How many names it has.
        nlink @ 20: u32,
        /// Its user.
        uid @ 24: u32,
        /// Its group.
        gid @ 28: u32,
        /// The device it is, where it is one.
        rdev @ 32: u64,
        /// Its size in bytes.
        size @ 48: i64,
        /// How many bytes to read at once.
        blksize @ 56: i32,
        /// How many blocks of 512 bytes it takes.
        blocks @ 64: i64,
        /// When it was read.
        atime @ 72: Timespec,
        /// When its content changed.
        mtime @ 88: Timespec,
        /// When anything of it changed.
        ctime @ 104: Timespec,
    }
}

record! {
    /// `struct stat` of x86-64.
    StatX86_64: 144 {
        /// The device that holds the file.
        dev @ 0: u64,
        /// Its number there.
        ino @ 8: u64,
        /// How many names it has.
        nlink @ 16: u64,
        /// Its kind and permissions.
        mode @ 24: u32,
        /// Its user.
        uid @ 28: u32,
        /// Its group.
        gid @ 32: u32,
        /// The device it is, where it is one.
        rdev @ 40: u64,
        /// Its size in bytes.
        size @ 48: i64,
        /// How many bytes to read at once.
        blksize @ 56: i64,
        /// How many blocks of 512 bytes it takes.
        blocks @ 64: i64,
        /// When it was read.
        atime @ 72: Timespec,
        /// When its content changed.
        mtime @ 88: Timespec,
        /// When anything of it changed.
        ctime @ 104: Timespec,
    }
}

impl From<StatX86_64> for Stat {
    fn from(stat: StatX86_64) -> Stat {
        let StatX86_64 { dev, ino, nlink, mode, uid, gid, rdev, size, blksize, blocks, atime, mtime, ctime } = stat;
        let (nlink, blksize) = (nlink as u32, blksize as i32);
        Stat { dev, ino, mode, nlink, uid, gid, rdev, size, blksize, blocks, atime, mtime, ctime }
    }
}

impl From<Stat> for StatX86_64 {
    fn from(stat: Stat) -> StatX86_64 {
        let Stat { dev, ino, mode, nlink, uid, gid, rdev, size, blksize, blocks, atime, mtime, ctime } = stat;
        let (nlink, blksize) = (u64::from(nlink), i64::from(blksize));
        StatX86_64 { dev, ino, nlink, mode, uid, gid, rdev, size, blksize, blocks, atime, mtime, ctime }
    }
}

constants! {
    /// Kinds of files and their permissions.
    MODES: u32 {
        S_IFMT = 0o170_000,
        S_IFSOCK = 0o140_000,
        S_IFLNK = 0o120_000,
        S_IFREG = 0o100_000,
        S_IFBLK = 0o060_000,
        S_IFDIR = 0o040_000,
        S_IFCHR = 0o020_000,
        S_IFIFO = 0o010_000,
        S_ISUID = 0o4000,
        S_ISGID = 0o2000,
        S_ISVTX = 0o1000,
        S_IRWXU = 0o700,
        S_IRWXG = 0o070,
        S_IRWXO = 0o007,
    }
}

/// A device's number, from its major and minor number.
pub const fn device(major: u32, minor: u32) -> u64 {
    let (major, minor) = (major as u64, minor as u64);
    (major & 0xffff_f000) << 32 | (major & 0xfff) << 8 | (minor & 0xffff_ff00) << 12 | minor & 0xff
}

/// The major and minor number of a device.
pub const fn device_parts(device: u64) -> (u32, u32) {
    let major = device >> 32 & 0xffff_f000 | device >> 8 & 0xfff;
    let minor = device >> 12 & 0xffff_ff00 | device & 0xff;
    (major as u32, minor as u32)
}

//! Files, directories and descriptors: flag values and record layouts.

use crate::bsd::files::open::linux_flag;
use crate::bsd::files::{AtWords, Command, Words, dirs, limits, stat, statfs};

/// The values of this system.
pub static WORDS: Words = Words {
    open: &[
        (0x1_0000, linux_flag::DIRECT),
        (0x2_0000, linux_flag::DIRECTORY),
        (0x10_0000, linux_flag::CLOEXEC),
        (0x40_0000, linux_flag::PATH),
        (0x100_0000, linux_flag::DSYNC),
    ],
    open_search: 0x4_0000,
    open_beneath: 0x80_0000,
    open_empty_path: 0x200_0000,
    open_regular: 0,
    no_follow: 31,
    at: AtWords {
        cwd: -100,
        eaccess: 0x100,
        no_follow: 0x200,
        follow: 0x400,
        remove_dir: 0x800,
        beneath: 0x2000,
        empty_path: 0x4000,
    },
    fcntl: &[
        (0, Command::Dup),
        (1, Command::GetFd),
        (2, Command::SetFd),
        (3, Command::GetStatus),
        (4, Command::SetStatus),
        (5, Command::GetOwner),
        (6, Command::SetOwner),
        (7, Command::GetLock),
        (8, Command::SetLock),
        (9, Command::SetLockWait),
        (10, Command::Dup2),
        (11, Command::GetLock),
        (12, Command::SetLock),
        (13, Command::SetLockWait),
        (15, Command::ReadAhead),
        (16, Command::ReadAhead),
        (17, Command::DupCloexec),
        (18, Command::Dup2Cloexec),
        (19, Command::AddSeals),
        (20, Command::GetSeals),
        (21, Command::IsUnion),
    ],
    devices: stat::Devices { make: make_device, split: split_device },
    stat: &STAT,
    old_stat: &OLD_STAT,
    nstat: &NSTAT,
    dirent: dirs::Layout {
        next: Some(8),
        record_len: Some(16),
        number_len: 8,
        name_len: (20, 2),
        kind: 18,
        name: 24,
        align: 8,
    },
    old_dirent: dirs::Layout {
        next: None,
        record_len: Some(4),
        number_len: 4,
        name_len: (7, 1),
        kind: 6,
        name: 8,
        align: 4,
    },
    statfs: &STATFS,
    old_statfs: &OLD_STATFS,
    getcwd_counts: false,
    time_marks: [-1, -2],
    narrow_micros: false,
    limits: &[
        (10, limits::Limit::BlockSize),      // ALLOC_SIZE_MIN
        (12, limits::Limit::Fixed(64)),      // FILESIZEBITS
        (14, limits::Limit::BlockSize),      // REC_INCR_XFER_SIZE
        (15, limits::Limit::Fixed(1 << 17)), // REC_MAX_XFER_SIZE
        (16, limits::Limit::BlockSize),      // REC_MIN_XFER_SIZE
        (17, limits::Limit::Fixed(4096)),    // REC_XFER_ALIGN
        (18, limits::Limit::Fixed(1023)),    // SYMLINK_MAX
        (21, limits::Limit::BlockSize),      // MIN_HOLE_SIZE
        (53, limits::Limit::Fixed(0)),       // ASYNC_IO
        (54, limits::Limit::Fixed(0)),       // PRIO_IO
        (55, limits::Limit::Fixed(1)),       // SYNC_IO
        (59, limits::Limit::Fixed(0)),       // ACL_EXTENDED
        (60, limits::Limit::Fixed(3)),       // ACL_PATH_MAX
        (61, limits::Limit::Fixed(0)),       // CAP_PRESENT
        (62, limits::Limit::Fixed(0)),       // INF_PRESENT
        (63, limits::Limit::Fixed(0)),       // MAC_PRESENT
        (64, limits::Limit::Fixed(0)),       // ACL_NFS4
        (65, limits::Limit::Fixed(1)),       // DEALLOC_PRESENT
    ],
    fd_set_word: 8,
    no_attribute: 87,
};

/// `struct stat` since FreeBSD 12.
static STAT: stat::Layout = stat::Layout {
    size: 224,
    fields: &[
        (stat::Field::Dev, 0, 8),
        (stat::Field::Ino, 8, 8),
        (stat::Field::Nlink, 16, 8),
        (stat::Field::Mode, 24, 2),
        (stat::Field::Uid, 28, 4),
        (stat::Field::Gid, 32, 4),
        (stat::Field::Rdev, 40, 8),
        (stat::Field::Atime, 48, 16),
        (stat::Field::Mtime, 64, 16),
        (stat::Field::Ctime, 80, 16),
        (stat::Field::Birth, 96, 16),
        (stat::Field::Size, 112, 8),
        (stat::Field::Blocks, 120, 8),
        (stat::Field::BlockSize, 128, 4),
    ],
};

/// `struct freebsd11_stat`.
static OLD_STAT: stat::Layout = stat::Layout {
    size: 120,
    fields: &[
        (stat::Field::Dev, 0, 4),
        (stat::Field::Ino, 4, 4),
        (stat::Field::Mode, 8, 2),
        (stat::Field::Nlink, 10, 2),
        (stat::Field::Uid, 12, 4),
        (stat::Field::Gid, 16, 4),
        (stat::Field::Rdev, 20, 4),
        (stat::Field::Atime, 24, 16),
        (stat::Field::Mtime, 40, 16),
        (stat::Field::Ctime, 56, 16),
        (stat::Field::Size, 72, 8),
        (stat::Field::Blocks, 80, 8),
        (stat::Field::BlockSize, 88, 4),
        (stat::Field::Birth, 104, 16),
    ],
};

/// `struct nstat`.
static NSTAT: stat::Layout = stat::Layout {
    size: 128,
    fields: &[
        (stat::Field::Dev, 0, 4),
        (stat::Field::Ino, 4, 4),
        (stat::Field::Mode, 8, 4),
        (stat::Field::Nlink, 12, 4),
        (stat::Field::Uid, 16, 4),
        (stat::Field::Gid, 20, 4),
        (stat::Field::Rdev, 24, 4),
        (stat::Field::Atime, 32, 16),
        (stat::Field::Mtime, 48, 16),
        (stat::Field::Ctime, 64, 16),
        (stat::Field::Size, 80, 8),
        (stat::Field::Blocks, 88, 8),
        (stat::Field::BlockSize, 96, 4),
        (stat::Field::Birth, 112, 16),
    ],
};

/// Mount flags and Linux's: read-only, synchronous, no programs, no set-user-id, no access times.
static FLAGS: &[(u64, u64)] = &[(1, 1), (2, 0x10), (4, 8), (8, 2), (0x1000_0000, 0x400)];

/// `struct statfs` since FreeBSD 12.
static STATFS: statfs::Layout = statfs::Layout {
    size: 2344,
    fields: &[
        (statfs::Field::Constant(0x2014_0518), 0, 4),
        (statfs::Field::Flags, 8, 8),
        (statfs::Field::BlockSize, 16, 8),
        (statfs::Field::IoSize, 24, 8),
        (statfs::Field::Blocks, 32, 8),
        (statfs::Field::Free, 40, 8),
        (statfs::Field::Available, 48, 8),
        (statfs::Field::Files, 56, 8),
        (statfs::Field::FreeFiles, 64, 8),
        (statfs::Field::NameMax, 184, 4),
        (statfs::Field::Id, 192, 8),
        (statfs::Field::TypeName, 280, 16),
        (statfs::Field::From, 296, 1024),
        (statfs::Field::On, 1320, 1024),
    ],
    flags: FLAGS,
};

/// `struct freebsd11_statfs`.
static OLD_STATFS: statfs::Layout = statfs::Layout {
    size: 472,
    fields: &[
        (statfs::Field::Constant(0x2003_0518), 0, 4),
        (statfs::Field::Flags, 8, 8),
        (statfs::Field::BlockSize, 16, 8),
        (statfs::Field::IoSize, 24, 8),
        (statfs::Field::Blocks, 32, 8),
        (statfs::Field::Free, 40, 8),
        (statfs::Field::Available, 48, 8),
        (statfs::Field::Files, 56, 8),
        (statfs::Field::FreeFiles, 64, 8),
        (statfs::Field::NameMax, 184, 4),
        (statfs::Field::Id, 192, 8),
        (statfs::Field::TypeName, 280, 16),
        (statfs::Field::From, 296, 88),
        (statfs::Field::On, 384, 88),
    ],
    flags: FLAGS,
};

/// The minor number has 32 bits and the major number 32: the low bytes of both are next to each other, the rest around.
fn make_device(major: u32, minor: u32) -> u64 {
    let (major, minor) = (u64::from(major), u64::from(minor));
    (major & 0xffff_ff00) << 32 | (major & 0xff) << 8 | (minor & 0xff00) << 24 | minor & 0xffff_00ff
}

fn split_device(device: u64) -> (u32, u32) {
    let major = device >> 32 & 0xffff_ff00 | device >> 8 & 0xff;
    let minor = device >> 24 & 0xff00 | device & 0xffff_00ff;
    (major as u32, minor as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_numbers_go_both_ways() {
        for parts in [(0, 0), (8, 1), (0x1_0103, 0x5_00ff)] {
            assert_eq!(split_device(make_device(parts.0, parts.1)), parts);
        }
    }
}

//! Files, directories and descriptors: flag values and record layouts.

use crate::bsd::files::open::linux_flag;
use crate::bsd::files::{AtWords, Command, Words, dirs, limits, stat, statfs};

/// The values of this system.
pub static WORDS: Words = Words {
    open: &[
        (0x1_0000, linux_flag::DSYNC),
        (0x8_0000, linux_flag::DIRECT),
        (0x20_0000, linux_flag::DIRECTORY),
        (0x40_0000, linux_flag::CLOEXEC),
    ],
    open_search: 0x480_0000,
    open_beneath: 0,
    open_empty_path: 0,
    open_regular: 0x200_0000,
    no_follow: 79,
    at: AtWords {
        cwd: -100,
        eaccess: 0x100,
        no_follow: 0x200,
        follow: 0x400,
        remove_dir: 0x800,
        beneath: 0,
        empty_path: 0,
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
        (10, Command::CloseMany),
        (11, Command::Highest),
        (12, Command::DupCloexec),
        (13, Command::GetNoSigpipe),
        (14, Command::SetNoSigpipe),
        (15, Command::GetPath),
        (16, Command::AddSeals),
        (17, Command::GetSeals),
    ],
    devices: stat::Devices { make: make_device, split: split_device },
    stat: &STAT,
    old_stat: &STAT,
    nstat: &STAT,
    dirent: dirs::Layout {
        next: None,
        record_len: Some(8),
        number_len: 8,
        name_len: (10, 2),
        kind: 12,
        name: 13,
        align: 8,
    },
    old_dirent: dirs::Layout {
        next: None,
        record_len: Some(8),
        number_len: 8,
        name_len: (10, 2),
        kind: 12,
        name: 13,
        align: 8,
    },
    statfs: &STATVFS,
    old_statfs: &OLD_STATVFS,
    getcwd_counts: true,
    time_marks: [0x3fff_ffff, 0x3fff_fffe],
    narrow_micros: true,
    limits: &[
        (10, limits::Limit::Fixed(1)),    // SYNC_IO
        (11, limits::Limit::Fixed(64)),   // FILESIZEBITS
        (12, limits::Limit::Fixed(1024)), // SYMLINK_MAX
        (13, limits::Limit::Fixed(1)),    // 2_SYMLINKS
        (14, limits::Limit::Fixed(0)),    // ACL_EXTENDED
        (15, limits::Limit::BlockSize),   // MIN_HOLE_SIZE
    ],
    fd_set_word: 4,
    no_attribute: 93,
};

/// `struct stat`.
static STAT: stat::Layout = stat::Layout {
    size: 152,
    fields: &[
        (stat::Field::Dev, 0, 8),
        (stat::Field::Mode, 8, 4),
        (stat::Field::Ino, 16, 8),
        (stat::Field::Nlink, 24, 4),
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

/// Mount flags and Linux's: read-only, synchronous, no programs, no set-user-id, no devices, no access times.
static FLAGS: &[(u64, u64)] = &[(1, 1), (2, 0x10), (4, 8), (8, 2), (0x10, 4), (0x0400_0000, 0x400)];

/// `struct statvfs` since NetBSD 10.
static STATVFS: statfs::Layout = statfs::Layout {
    size: 3296,
    fields: &[
        (statfs::Field::Flags, 0, 8),
        (statfs::Field::IoSize, 8, 8),
        (statfs::Field::FragmentSize, 16, 8),
        (statfs::Field::IoSize, 24, 8),
        (statfs::Field::Blocks, 32, 8),
        (statfs::Field::Free, 40, 8),
        (statfs::Field::Available, 48, 8),
        (statfs::Field::Reserved, 56, 8),
        (statfs::Field::Files, 64, 8),
        (statfs::Field::FreeFiles, 72, 8),
        (statfs::Field::FreeFiles, 80, 8),
        (statfs::Field::Id, 128, 8),
        (statfs::Field::ShortId, 136, 8),
        (statfs::Field::NameMax, 144, 8),
        (statfs::Field::TypeName, 192, 32),
        (statfs::Field::On, 224, 1024),
        (statfs::Field::From, 1248, 1024),
    ],
    flags: FLAGS,
};

/// `struct statvfs` before NetBSD 10.
static OLD_STATVFS: statfs::Layout = statfs::Layout {
    size: 2256,
    fields: &[
        (statfs::Field::Flags, 0, 8),
        (statfs::Field::IoSize, 8, 8),
        (statfs::Field::FragmentSize, 16, 8),
        (statfs::Field::IoSize, 24, 8),
        (statfs::Field::Blocks, 32, 8),
        (statfs::Field::Free, 40, 8),
        (statfs::Field::Available, 48, 8),
        (statfs::Field::Reserved, 56, 8),
        (statfs::Field::Files, 64, 8),
        (statfs::Field::FreeFiles, 72, 8),
        (statfs::Field::FreeFiles, 80, 8),
        (statfs::Field::Id, 128, 8),
        (statfs::Field::ShortId, 136, 8),
        (statfs::Field::NameMax, 144, 8),
        (statfs::Field::TypeName, 172, 32),
        (statfs::Field::On, 204, 1024),
        (statfs::Field::From, 1228, 1024),
    ],
    flags: FLAGS,
};

/// The major number has 12 bits, in the middle of the minor number's 20.
fn make_device(major: u32, minor: u32) -> u64 {
    u64::from(major & 0xfff) << 8 | u64::from(minor & 0xf_ff00) << 12 | u64::from(minor & 0xff)
}

fn split_device(device: u64) -> (u32, u32) {
    ((device >> 8 & 0xfff) as u32, (device >> 12 & 0xf_ff00 | device & 0xff) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_numbers_go_both_ways() {
        for parts in [(0, 0), (8, 1), (0xfed, 0x5_00ff)] {
            assert_eq!(split_device(make_device(parts.0, parts.1)), parts);
        }
    }
}

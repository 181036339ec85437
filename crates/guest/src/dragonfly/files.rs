//! Files, directories and descriptors: flag values and record layouts.

use crate::bsd::files::open::linux_flag;
use crate::bsd::files::{AtWords, Command, Words, dirs, limits, stat, statfs};

/// The values of this system.
pub static WORDS: Words = Words {
    open: &[(0x1_0000, linux_flag::DIRECT), (0x2_0000, linux_flag::CLOEXEC), (0x800_0000, linux_flag::DIRECTORY)],
    open_search: 0,
    open_beneath: 0,
    open_empty_path: 0,
    open_regular: 0,
    no_follow: 31,
    at: AtWords { cwd: -328_243, eaccess: 4, no_follow: 1, follow: 8, remove_dir: 2, beneath: 0, empty_path: 0 },
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
        (17, Command::DupCloexec),
        (18, Command::Dup2Cloexec),
        (19, Command::GetPath),
    ],
    devices: stat::Devices { make: make_device, split: split_device },
    stat: &STAT,
    old_stat: &STAT,
    nstat: &STAT,
    dirent: dirs::Layout {
        next: None,
        record_len: None,
        number_len: 8,
        name_len: (8, 2),
        kind: 10,
        name: 16,
        align: 8,
    },
    old_dirent: dirs::Layout {
        next: None,
        record_len: None,
        number_len: 8,
        name_len: (8, 2),
        kind: 10,
        name: 16,
        align: 8,
    },
    statfs: &STATFS,
    old_statfs: &STATVFS,
    getcwd_counts: true,
    time_marks: [-1, -2],
    narrow_micros: false,
    limits: &[(12, limits::Limit::Fixed(64)), (18, limits::Limit::Fixed(1023))],
    fd_set_word: 8,
    no_attribute: 87,
};

/// `struct stat`.
static STAT: stat::Layout = stat::Layout {
    size: 128,
    fields: &[
        (stat::Field::Ino, 0, 8),
        (stat::Field::Nlink, 8, 4),
        (stat::Field::Dev, 12, 4),
        (stat::Field::Mode, 16, 2),
        (stat::Field::Uid, 20, 4),
        (stat::Field::Gid, 24, 4),
        (stat::Field::Rdev, 28, 4),
        (stat::Field::Atime, 32, 16),
        (stat::Field::Mtime, 48, 16),
        (stat::Field::Ctime, 64, 16),
        (stat::Field::Size, 80, 8),
        (stat::Field::Blocks, 88, 8),
        (stat::Field::BlockSize, 96, 4),
    ],
};

/// Mount flags and Linux's: read-only, synchronous, no programs, no set-user-id, no devices, no access times.
static FLAGS: &[(u64, u64)] = &[(1, 1), (2, 0x10), (4, 8), (8, 2), (0x10, 4), (0x1000_0000, 0x400)];

/// `struct statfs`.
static STATFS: statfs::Layout = statfs::Layout {
    size: 320,
    fields: &[
        (statfs::Field::BlockSize, 8, 8),
        (statfs::Field::IoSize, 16, 8),
        (statfs::Field::Blocks, 24, 8),
        (statfs::Field::Free, 32, 8),
        (statfs::Field::Available, 40, 8),
        (statfs::Field::Files, 48, 8),
        (statfs::Field::FreeFiles, 56, 8),
        (statfs::Field::Id, 64, 8),
        (statfs::Field::Flags, 80, 4),
        (statfs::Field::TypeName, 104, 16),
        (statfs::Field::On, 120, 80),
        (statfs::Field::From, 218, 80),
    ],
    flags: FLAGS,
};

/// `struct statvfs`.
static STATVFS: statfs::Layout = statfs::Layout {
    size: 160,
    fields: &[
        (statfs::Field::BlockSize, 0, 8),
        (statfs::Field::FragmentSize, 8, 8),
        (statfs::Field::Blocks, 16, 8),
        (statfs::Field::Free, 24, 8),
        (statfs::Field::Available, 32, 8),
        (statfs::Field::Files, 40, 8),
        (statfs::Field::FreeFiles, 48, 8),
        (statfs::Field::FreeFiles, 56, 8),
        (statfs::Field::Id, 64, 8),
        (statfs::Field::Flags, 72, 8),
        (statfs::Field::NameMax, 80, 8),
    ],
    flags: &[(1, 1), (2, 2)],
};

/// The major number has 8 bits, in the middle of the minor number's.
fn make_device(major: u32, minor: u32) -> u64 {
    u64::from(major & 0xff) << 8 | u64::from(minor & 0xffff_00ff)
}

fn split_device(device: u64) -> (u32, u32) {
    ((device >> 8 & 0xff) as u32, (device & 0xffff_00ff) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_numbers_go_both_ways() {
        for parts in [(0, 0), (8, 1), (0xfe, 0x5_00ff)] {
            assert_eq!(split_device(make_device(parts.0, parts.1)), parts);
        }
    }
}

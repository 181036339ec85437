//! Files, directories and descriptors: flag values and record layouts.

use crate::bsd::files::open::linux_flag;
use crate::bsd::files::{AtWords, Command, Words};

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
};

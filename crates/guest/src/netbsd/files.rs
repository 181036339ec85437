//! Files, directories and descriptors: flag values and record layouts.

use crate::bsd::files::open::linux_flag;
use crate::bsd::files::{AtWords, Command, Words};

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
};

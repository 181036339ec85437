//! Files, directories and descriptors: flag values and record layouts.

use crate::bsd::files::open::linux_flag;
use crate::bsd::files::{AtWords, Command, Words};

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
};

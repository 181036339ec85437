//! Error numbers of this system.

use ashore_pivot::Errno;

/// The guest's number of a Linux error.
pub fn from_linux(errno: Errno) -> u16 {
    errno.0
}

/// The name of one of this system's error numbers.
pub fn name(_number: u16) -> Option<&'static str> {
    None
}

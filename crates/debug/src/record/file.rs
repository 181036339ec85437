//! Files that have no name and are in memory only.

use ashore_pivot::{Errno, Sys};

const MFD_CLOEXEC: u64 = 1;

/// A file that holds these bytes: its descriptor, which is the caller's to close.
pub fn memory_file(bytes: &[u8]) -> Result<i32, Errno> {
    let name = b"ashore\0";
    let fd = ashore_sys::call(u64::from(Sys::MEMFD_CREATE.0), [name.as_ptr() as u64, MFD_CLOEXEC, 0, 0, 0, 0])?;
    let mut rest = bytes;
    while !rest.is_empty() {
        let words = [fd, rest.as_ptr() as u64, rest.len() as u64, 0, 0, 0];
        let count = ashore_sys::call(u64::from(Sys::WRITE.0), words)?;
        rest = rest.get(count as usize..).unwrap_or_default();
    }
    Ok(fd as i32)
}

//! What a replay shows of what its program wrote.

use ashore_pivot::{Errno, Sys};

/// Writes bytes to a standard descriptor of ours, all of them if that is possible.
pub(super) fn emit(stream: u64, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let words = [stream, bytes.as_ptr() as u64, bytes.len() as u64, 0, 0, 0];
        match ashore_sys::call(u64::from(Sys::WRITE.0), words) {
            Ok(count @ 1..) => bytes = bytes.get(count as usize..).unwrap_or_default(),
            Err(Errno::EINTR | Errno::EAGAIN) => {}
            _ => return,
        }
    }
}

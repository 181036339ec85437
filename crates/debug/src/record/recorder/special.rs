//! Calls that a recorder does not simply pass on.

use super::super::log::ending;
use super::Recorder;
use ashore_base::Addr;
use ashore_pivot::{Errno, Memory, Signal, Sys};
use ashore_sys::GuestMemory;
use std::sync::atomic::Ordering;

const SEEK_CUR: u64 = 1;
/// How much of a file one call may send to a standard descriptor.
const SENDFILE_MAX: u64 = 1 << 20;

impl Recorder {
    /// Closes a range of descriptors but ours.
    pub(super) fn close_range(&self, words: [u64; 6]) -> Result<u64, Errno> {
        let close = |first: u64, last: u64| {
            let words = [first, last, words[2], 0, 0, 0];
            ashore_sys::call(u64::from(Sys::CLOSE_RANGE.0), words)
        };
        let (first, last) = (u64::from(words[0] as u32), u64::from(words[1] as u32));
        if !(first..=last).contains(&self.fd) {
            return close(words[0], words[1]);
        }
        if first < self.fd {
            close(first, self.fd - 1)?;
        }
        if self.fd < last { close(self.fd + 1, last) } else { Ok(0) }
    }

    /// A process that kills itself has no time to tell.
    pub(super) fn foresee(&self, sys: Sys, words: &[u64; 6]) {
        let pid = self.pid.load(Ordering::Relaxed);
        let signal = if sys == Sys::TGKILL { words[2] } else { words[1] };
        let is_own = words[0] == pid || sys == Sys::KILL && words[0] == 0;
        if is_own && signal == u64::from(Signal::KILL.0) {
            self.keep_end(ending::SIGNAL, Signal::KILL.0);
        }
    }

    /// Sends part of a file to a standard descriptor, whose bytes no memory of the guest holds.
    pub(super) fn send_file(&self, mut words: [u64; 6], shown: &mut Vec<u8>) -> Result<u64, Errno> {
        let [_, from, at, count, ..] = words;
        let mut word = [0; 8];
        let offset = match at {
            0 => ashore_sys::call(u64::from(Sys::LSEEK.0), [from, 0, SEEK_CUR, 0, 0, 0])?,
            at => GuestMemory.read(Addr(at), &mut word).map(|()| u64::from_le_bytes(word))?,
        };
        words[3] = count.min(SENDFILE_MAX);
        let sent = ashore_sys::wait(u64::from(Sys::SENDFILE.0), words)?;
        shown.resize(sent as usize, 0);
        let words = [from, shown.as_mut_ptr() as u64, sent, offset, 0, 0];
        let read = ashore_sys::call(u64::from(Sys::PREAD64.0), words).unwrap_or(0);
        shown.truncate(read as usize);
        Ok(sent)
    }
}

//! What descriptors are open on, asked once and remembered until a call may have changed it.

use super::text::Text;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The descriptors of a process.
#[derive(Debug, Default)]
pub(crate) struct Fds {
    known: Mutex<BTreeMap<i32, String>>,
    /// Whether they are another machine's, so that nobody can be asked.
    are_elsewhere: bool,
}

impl Fds {
    /// Those of a process of which only numbers are known.
    pub(crate) fn elsewhere() -> Fds {
        Fds { are_elsewhere: true, ..Fds::default() }
    }

    /// Prints a descriptor with what it is open on.
    pub(crate) fn print(&self, out: &mut Text, fd: i32) -> std::fmt::Result {
        out.signed(fd.into());
        if fd < 0 || self.are_elsewhere {
            return Ok(());
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let target = known.entry(fd).or_insert_with(|| {
            let link = std::fs::read_link(format!("/proc/self/fd/{fd}"));
            link.map(|path| path.to_string_lossy().into_owned()).unwrap_or_default()
        });
        if !target.is_empty() {
            out.push('<');
            out.push_str(target);
            out.push('>');
        }
        Ok(())
    }

    /// Forgets one descriptor.
    pub(crate) fn forget(&self, fd: i32) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&fd);
    }

    /// Forgets all.
    pub(crate) fn clear(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Runs `fork` with nobody reading or changing this.
    pub(crate) fn around<T>(&self, fork: impl FnOnce() -> T) -> T {
        let _held = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        fork()
    }
}

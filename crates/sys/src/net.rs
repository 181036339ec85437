//! The safety net: no system call of the guest reaches the kernel by itself.

use crate::text::host_text;
use core::sync::atomic::{AtomicU8, Ordering};

/// How guest calls that no stub catches are caught.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Net {
    /// Syscall User Dispatch, exclusive mode: only the program's own text may call.
    Dispatch,
    /// A seccomp filter on the calling address that traps.
    Seccomp,
}

const PR_SET_SYSCALL_USER_DISPATCH: u64 = 59;
const PR_SYS_DISPATCH_ON: u64 = 1;

static CHOSEN: AtomicU8 = AtomicU8::new(0);

/// The net this kernel offers, tried on the calling thread and left off again; `None` when there is none.
pub fn available() -> Option<Net> {
    if dispatch().is_ok() {
        let _ = crate::call(libc::SYS_prctl as u64, [PR_SET_SYSCALL_USER_DISPATCH, 0, 0, 0, 0, 0]);
        return Some(Net::Dispatch);
    }
    None
}

/// Puts the net under the calling thread. Every new thread and every child of a fork does this before it
/// runs guest code: the kernel does not pass it on.
pub fn arm(net: Net) -> Result<(), ashore_pivot::Errno> {
    CHOSEN.store(net as u8 + 1, Ordering::Relaxed);
    match net {
        Net::Dispatch => dispatch(),
        Net::Seccomp => Err(ashore_pivot::Errno::ENOSYS),
    }
}

/// Puts the net chosen by the last [`arm`] under the calling thread, if there was one.
pub(crate) fn rearm() {
    if CHOSEN.load(Ordering::Relaxed) == Net::Dispatch as u8 + 1 {
        let _ = dispatch();
    }
}

fn dispatch() -> Result<(), ashore_pivot::Errno> {
    let text = host_text();
    let words = [PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, text.start.0, text.len(), 0, 0];
    crate::call(libc::SYS_prctl as u64, words).map(drop)
}

//! Stopping another guest thread wherever it is: a signal of our own that no guest sees.
//!
//! The signal is one that faults raise, because those are never blocked on the host. It is told from the others by
//! what is sent along: the address of a byte of ours. The thread's stay in the guest ends, or the call that it blocks
//! in, as for any signal; [`crate::Block::take_kick`] then says that it was this.

use crate::block::SignalInfo;
use ashore_pivot::{Errno, Signal};

const SIGNAL: Signal = Signal::FPE;
const SI_QUEUE: i32 = -1;

static COOKIE: u8 = 0;

fn cookie() -> u64 {
    &raw const COOKIE as u64
}

/// `siginfo_t` of a queued signal.
#[repr(C)]
struct Info {
    signal: i32,
    errno: i32,
    code: i32,
    _pad: i32,
    pid: i32,
    uid: u32,
    value: u64,
    _rest: [u64; 12],
}

const _: () = assert!(size_of::<Info>() == 128);

/// Has the guest thread on the host's thread `tid` stop soon. It may come to nothing when the thread has another
/// signal of the same number just then: whoever waits for the thread asks again.
pub fn kick(tid: i32) -> Result<(), Errno> {
    let pid = crate::call(libc::SYS_getpid as u64, [0; 6])?;
    let number = i32::from(SIGNAL.0);
    let info = Info {
        signal: number,
        errno: 0,
        code: SI_QUEUE,
        _pad: 0,
        pid: pid as i32,
        uid: 0,
        value: cookie(),
        _rest: [0; 12],
    };
    let words = [pid, tid as u64, u64::from(SIGNAL.0), &raw const info as u64, 0, 0];
    crate::call(libc::SYS_rt_tgsigqueueinfo as u64, words).map(drop)
}

/// Whether a signal is such a kick.
pub(crate) fn is_kick(info: &SignalInfo) -> bool {
    info.signal == u32::from(SIGNAL.0) && info.code == SI_QUEUE && info.value == cookie()
}

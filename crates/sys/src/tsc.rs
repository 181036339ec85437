//! The CPU's time-stamp counter, kept from the guest so that somebody else can tell it what it reads.
//!
//! The kernel's switch (`PR_SET_TSC`) is a thread's and holds for our own code too: the handler reads the counter for
//! that ([`answer_own`]).

use ashore_pivot::Errno;
use core::sync::atomic::{AtomicBool, Ordering};

const PR_SET_TSC: u64 = 26;
const PR_TSC_ENABLE: u64 = 1;
const PR_TSC_SIGSEGV: u64 = 2;

static IS_TRAPPED: AtomicBool = AtomicBool::new(false);

fn set(to: u64) -> Result<(), Errno> {
    crate::call(libc::SYS_prctl as u64, [PR_SET_TSC, to, 0, 0, 0, 0]).map(drop)
}

/// Has every reading of the counter fault, in the calling thread and its children.
pub fn trap_tsc() -> Result<(), Errno> {
    set(PR_TSC_SIGSEGV)?;
    IS_TRAPPED.store(true, Ordering::Relaxed);
    Ok(())
}

/// Takes [`trap_tsc`] back.
pub fn free_tsc() {
    IS_TRAPPED.store(false, Ordering::Relaxed);
    let _ = set(PR_TSC_ENABLE);
}

/// The counter, whether it is trapped or not.
pub fn read_tsc() -> u64 {
    let is_trapped = IS_TRAPPED.load(Ordering::Relaxed);
    if is_trapped {
        let _ = set(PR_TSC_ENABLE);
    }
    // SAFETY: reads the CPU's counter, which every process may; where it may not, the line above allows it.
    let count = unsafe { core::arch::x86_64::_rdtsc() };
    if is_trapped {
        let _ = set(PR_TSC_SIGSEGV);
    }
    count
}

/// How long the instruction is that reads the counter, when `code` begins with one: `rdtsc` or `rdtscp`.
pub fn tsc_len(code: [u8; 3]) -> Option<u64> {
    match code {
        [0x0f, 0x31, _] => Some(2),
        [0x0f, 0x01, 0xf9] => Some(3),
        _ => None,
    }
}

/// Reads the counter for code of ours, or of the kernel's shared page that we call, that faulted on it at `rip`: its
/// halves, and how far the instruction reaches.
pub(crate) fn answer_own(rip: u64) -> Option<(u64, u64, u64)> {
    if !IS_TRAPPED.load(Ordering::Relaxed) {
        return None;
    }
    let mut code = [0; 3];
    ashore_pivot::Memory::read(&crate::GuestMemory, ashore_base::Addr(rip), &mut code).ok()?;
    let len = tsc_len(code)?;
    let count = read_tsc();
    Some((count & 0xffff_ffff, count >> 32, len))
}

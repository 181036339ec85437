//! System calls of the host, from the program's own text.

use crate::block::PENDING;
use ashore_pivot::Errno;
use core::arch::{asm, naked_asm};

/// Makes a call that does not block.
///
/// Words may be guest addresses, which are not Rust's memory, or addresses of slices that the caller
/// borrows for the length of the call ([`ashore_pivot::Arg`]); those are the only callers.
pub fn call(number: u64, words: [u64; 6]) -> Result<u64, Errno> {
    let mut rax = number;
    // SAFETY: the kernel follows its ABI; what the words point at is the caller's promise above.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") rax,
            in("rdi") words[0],
            in("rsi") words[1],
            in("rdx") words[2],
            in("r10") words[3],
            in("r8") words[4],
            in("r9") words[5],
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack)
        );
    }
    Errno::check(rax)
}

/// Makes a call that may block: a signal for the guest that comes before it, or while it waits, ends it
/// with [`Errno::RESTART`]. Only for threads that have a block.
pub fn wait(number: u64, words: [u64; 6]) -> Result<u64, Errno> {
    // SAFETY: as in `call`; GS points at this thread's block.
    let raw = unsafe { interruptible(&words, number) };
    let result = Errno::check(raw);
    if result == Err(Errno::EINTR) && crate::thread::current().is_some_and(|block| block.has_pending()) {
        return Err(Errno::RESTART);
    }
    result
}

/// The check for signals and the call with no gap between: a handler that interrupts from
/// `ashore_wait_begin` up to the call itself resumes at `ashore_wait_aborted`.
#[unsafe(naked)]
unsafe extern "sysv64" fn interruptible(words: &[u64; 6], number: u64) -> u64 {
    naked_asm!(
        "mov rax, rsi",
        "mov r11, rdi",
        "mov rdi, [r11]",
        "mov rsi, [r11+8]",
        "mov rdx, [r11+16]",
        "mov r10, [r11+24]",
        "mov r8, [r11+32]",
        "mov r9, [r11+40]",
        ".globl ashore_wait_begin",
        "ashore_wait_begin:",
        "cmp dword ptr gs:[{pending}], 0",
        "jne ashore_wait_aborted",
        ".globl ashore_wait_call",
        "ashore_wait_call:",
        "syscall",
        "ret",
        ".globl ashore_wait_aborted",
        "ashore_wait_aborted:",
        "mov rax, -512",
        "ret",
        pending = const PENDING,
    )
}

unsafe extern "C" {
    fn ashore_wait_begin();
    fn ashore_wait_call();
    fn ashore_wait_aborted();
}

/// Where to resume when a signal hit at `rip`, if it is between the check and the call.
pub(crate) fn aborted_of(rip: u64) -> Option<u64> {
    (ashore_wait_begin as *const () as u64..=ashore_wait_call as *const () as u64)
        .contains(&rip)
        .then_some(ashore_wait_aborted as *const () as u64)
}

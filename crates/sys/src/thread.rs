//! Guest threads on host threads.

use crate::block::Block;
use ashore_pivot::Errno;
use core::arch::asm;
use core::sync::atomic::{AtomicU32, Ordering};

const ARCH_SET_GS: u64 = 0x1001;
const ARCH_GET_GS: u64 = 0x1004;
const ALT_STACK_LEN: usize = 64 * 1024;

/// Whether there are the instructions for FS and GS bases, once that was looked up.
static FSGSBASE: AtomicU32 = AtomicU32::new(UNKNOWN);
const UNKNOWN: u32 = 0;
const MISSING: u32 = 1;
const PRESENT: u32 = 2;

/// Whether FS and GS bases can be switched by instruction (AT_HWCAP2 bit 1).
#[inline]
pub fn has_fsgsbase() -> bool {
    match FSGSBASE.load(Ordering::Relaxed) {
        UNKNOWN => look_for_fsgsbase(),
        known => known == PRESENT,
    }
}

#[cold]
fn look_for_fsgsbase() -> bool {
    // SAFETY: reads the auxiliary vector.
    let is_present = unsafe { libc::getauxval(libc::AT_HWCAP2) } & 2 != 0;
    FSGSBASE.store(if is_present { PRESENT } else { MISSING }, Ordering::Relaxed);
    is_present
}

/// Switches the bases by kernel calls from now on, as on a machine without the instructions.
pub fn forget_fsgsbase() {
    FSGSBASE.store(MISSING, Ordering::Relaxed);
}

/// Makes the calling thread a guest thread: a block that GS points at and an alternate stack for handlers.
/// Both live as long as the thread. Signals must be blocked or not yet handled.
pub fn adopt() -> &'static mut Block {
    // SAFETY: FS:0 holds the thread pointer itself under the System V ABI.
    let host_fs = unsafe {
        let fs: u64;
        asm!("mov {}, fs:[0]", out(reg) fs, options(nostack, readonly));
        fs
    };
    let block = Box::leak(Box::new(Block { host_fs, no_fsgsbase: u32::from(!has_fsgsbase()), ..Block::default() }));
    let stack = Box::leak(vec![0u8; ALT_STACK_LEN].into_boxed_slice());
    let record = libc::stack_t { ss_sp: stack.as_mut_ptr().cast(), ss_flags: 0, ss_size: ALT_STACK_LEN };
    // SAFETY: the stack lives as long as the thread.
    unsafe { libc::sigaltstack(&record, core::ptr::null_mut()) };
    let _ = crate::call(libc::SYS_arch_prctl as u64, [ARCH_SET_GS, core::ptr::from_mut(block) as u64, 0, 0, 0, 0]);
    block
}

/// Gives back what [`adopt`] took. The thread must not run guest code or get handled signals again.
pub fn release() {
    let block = current_ptr();
    if block.is_null() {
        return;
    }
    let mut old = libc::stack_t { ss_sp: core::ptr::null_mut(), ss_flags: 0, ss_size: 0 };
    let off = libc::stack_t { ss_sp: core::ptr::null_mut(), ss_flags: libc::SS_DISABLE, ss_size: 0 };
    // SAFETY: block and stack came from `adopt` on this thread and nothing refers to them any more: the
    // caller has blocked every signal.
    unsafe {
        libc::sigaltstack(&off, &mut old);
        let _ = crate::call(libc::SYS_arch_prctl as u64, [ARCH_SET_GS, 0, 0, 0, 0, 0]);
        drop(Box::from_raw(block.cast_mut()));
        if !old.ss_sp.is_null() && old.ss_size == ALT_STACK_LEN {
            drop(Box::from_raw(core::ptr::slice_from_raw_parts_mut(old.ss_sp.cast::<u8>(), ALT_STACK_LEN)));
        }
    }
}

#[inline]
pub(crate) fn current_ptr() -> *const Block {
    if has_fsgsbase() {
        let gs: u64;
        // SAFETY: reads a register; the instruction exists (checked).
        unsafe { asm!("rdgsbase {}", out(reg) gs, options(nomem, nostack, preserves_flags)) };
        return gs as *const Block;
    }
    let mut gs = 0u64;
    let _ = crate::call(libc::SYS_arch_prctl as u64, [ARCH_GET_GS, &raw mut gs as u64, 0, 0, 0, 0]);
    gs as *const Block
}

/// The calling thread's block, when it is a guest thread.
#[inline]
pub fn current() -> Option<&'static Block> {
    // SAFETY: GS is null or points at the block of this thread, which lives as long as the thread.
    unsafe { current_ptr().as_ref() }
}

/// The calling thread's last fault, if it is a guest thread.
pub fn current_fault() -> crate::FaultInfo {
    current().map(|block| block.fault).unwrap_or_default()
}

/// The host's id of the calling thread.
pub fn current_tid() -> i32 {
    crate::call(libc::SYS_gettid as u64, [0; 6]).map_or(0, |tid| tid as i32)
}

/// Starts a host thread. Every signal is blocked in it until it sets its own mask.
pub fn spawn(body: impl FnOnce() + Send + 'static) -> Result<(), Errno> {
    let old = crate::set_signal_mask(ashore_pivot::SigSet(!0));
    let result = crate::stack::start(move || {
        body();
        crate::set_signal_mask(ashore_pivot::SigSet(!0));
        release();
    });
    crate::set_signal_mask(old);
    result
}

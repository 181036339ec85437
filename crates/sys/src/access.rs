//! Single accesses to the guest's memory, as instructions of a CPU make them: each is one instruction of the host's, so that
//! other threads never see half of one (up to eight bytes; sixteen when compared and exchanged), and a fault says where.

use crate::block::FaultInfo;
use crate::thread;
use core::arch::naked_asm;

/// How many bytes an access is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
#[allow(missing_docs)]
pub enum AccessSize {
    B1 = 0,
    B2 = 1,
    B4 = 2,
    B8 = 3,
    B16 = 4,
}

const SIGSEGV: u32 = 11;
/// Linux's `si_code` of a fault that the kernel tells nothing of: the address is no address of the host's.
const SI_KERNEL: i32 = 0x80;
/// Nothing is mapped there.
const SEGV_MAPERR: i32 = 1;

/// Loads from anywhere. The calling thread must be a guest's ([`crate::adopt`]).
pub fn load(at: u64, size: AccessSize) -> Result<u128, FaultInfo> {
    let mut value = 0;
    // SAFETY: `value` is valid; a bad address is caught by the handler.
    let failed = unsafe { load_any(&mut value, at, size as u64) };
    if failed == 0 { Ok(value) } else { Err(fault(at)) }
}

/// Stores anywhere: guest memory is the guest's to change ([`crate::GuestMemory`]).
pub fn store(at: u64, size: AccessSize, value: u128) -> Result<(), FaultInfo> {
    // SAFETY: `value` is valid; the address is the guest's, and a bad one is caught by the handler.
    let failed = unsafe { store_any(at, &value, size as u64) };
    if failed == 0 { Ok(()) } else { Err(fault(at)) }
}

/// Stores `new` if `old` is there, atomically, and gives what was there.
pub fn exchange(at: u64, size: AccessSize, old: u128, new: u128) -> Result<u128, FaultInfo> {
    let mut seen = old;
    // SAFETY: both values are valid; the address is the guest's, and a bad one is caught by the handler.
    let failed = unsafe { exchange_any(at, size as u64, &mut seen, &new) };
    if failed == 0 { Ok(seen) } else { Err(fault(at)) }
}

/// What the handler left of the fault of the access just made.
fn fault(at: u64) -> FaultInfo {
    let info = thread::current().map(crate::Block::fault).unwrap_or_default();
    if info.signal == SIGSEGV && info.code == SI_KERNEL {
        return FaultInfo { code: SEGV_MAPERR, addr: at, ..info };
    }
    info
}

/// # Safety
/// `to` must be valid.
#[unsafe(naked)]
unsafe extern "sysv64" fn load_any(to: *mut u128, from: u64, log2: u64) -> u64 {
    naked_asm!(
        ".globl ashore_access_load",
        "ashore_access_load:",
        "xor r8d, r8d",
        "cmp edx, 3",
        "je 4f",
        "ja 5f",
        "cmp edx, 1",
        "je 2f",
        "ja 3f",
        "movzx ecx, byte ptr [rsi]",
        "jmp 6f",
        "2:",
        "movzx ecx, word ptr [rsi]",
        "jmp 6f",
        "3:",
        "mov ecx, [rsi]",
        "jmp 6f",
        "4:",
        "mov rcx, [rsi]",
        "jmp 6f",
        "5:",
        "movups xmm0, [rsi]",
        "movups [rdi], xmm0",
        "xor eax, eax",
        "ret",
        "6:",
        "mov [rdi], rcx",
        "mov [rdi + 8], r8",
        ".globl ashore_access_load_end",
        "ashore_access_load_end:",
        "xor eax, eax",
        "ret",
    )
}

/// # Safety
/// `from` must be valid; the address must not be the host's.
#[unsafe(naked)]
unsafe extern "sysv64" fn store_any(to: u64, from: *const u128, log2: u64) -> u64 {
    naked_asm!(
        ".globl ashore_access_store",
        "ashore_access_store:",
        "mov rcx, [rsi]",
        "cmp edx, 3",
        "je 4f",
        "ja 5f",
        "cmp edx, 1",
        "je 2f",
        "ja 3f",
        "mov [rdi], cl",
        "jmp 6f",
        "2:",
        "mov [rdi], cx",
        "jmp 6f",
        "3:",
        "mov [rdi], ecx",
        "jmp 6f",
        "4:",
        "mov [rdi], rcx",
        "jmp 6f",
        "5:",
        "movups xmm0, [rsi]",
        "movups [rdi], xmm0",
        ".globl ashore_access_store_end",
        "ashore_access_store_end:",
        "6:",
        "xor eax, eax",
        "ret",
    )
}

/// Sixteen bytes need rbx, which is the caller's: it is kept in r9, where `exchange_failed` finds it too.
///
/// # Safety
/// `seen` and `new` must be valid; the address must not be the host's.
#[unsafe(naked)]
unsafe extern "sysv64" fn exchange_any(at: u64, log2: u64, seen: *mut u128, new: *const u128) -> u64 {
    naked_asm!(
        "mov r9, rbx",
        "mov r10, rdx",
        "mov r11, rcx",
        "mov rax, [r10]",
        "mov rdx, [r10 + 8]",
        "mov rbx, [r11]",
        "mov rcx, [r11 + 8]",
        "xor r8d, r8d",
        ".globl ashore_access_exchange",
        "ashore_access_exchange:",
        "cmp esi, 3",
        "je 4f",
        "ja 5f",
        "cmp esi, 1",
        "je 2f",
        "ja 3f",
        "lock cmpxchg [rdi], bl",
        "movzx eax, al",
        "jmp 6f",
        "2:",
        "lock cmpxchg [rdi], bx",
        "movzx eax, ax",
        "jmp 6f",
        "3:",
        "lock cmpxchg [rdi], ebx",
        "mov eax, eax",
        "jmp 6f",
        "4:",
        "lock cmpxchg [rdi], rbx",
        "jmp 6f",
        "5:",
        "lock cmpxchg16b [rdi]",
        "mov r8, rdx",
        ".globl ashore_access_exchange_end",
        "ashore_access_exchange_end:",
        "6:",
        "mov [r10], rax",
        "mov [r10 + 8], r8",
        "mov rbx, r9",
        "xor eax, eax",
        "ret",
    )
}

/// Where a faulting load or store resumes: nothing was pushed.
#[unsafe(naked)]
unsafe extern "sysv64" fn failed() -> u64 {
    naked_asm!("mov eax, 1", "ret")
}

/// Where a faulting exchange resumes.
#[unsafe(naked)]
unsafe extern "sysv64" fn exchange_failed() -> u64 {
    naked_asm!("mov rbx, r9", "mov eax, 1", "ret")
}

unsafe extern "C" {
    fn ashore_access_load();
    fn ashore_access_load_end();
    fn ashore_access_store();
    fn ashore_access_store_end();
    fn ashore_access_exchange();
    fn ashore_access_exchange_end();
}

/// Where to resume when the instruction at `rip` faulted, if it is one of these accesses.
pub(crate) fn resume_of(rip: u64) -> Option<u64> {
    let range = |begin: unsafe extern "C" fn(), end: unsafe extern "C" fn()| {
        (begin as *const () as u64..end as *const () as u64).contains(&rip)
    };
    if range(ashore_access_exchange, ashore_access_exchange_end) {
        return Some(exchange_failed as *const () as u64);
    }
    let is_plain =
        range(ashore_access_load, ashore_access_load_end) || range(ashore_access_store, ashore_access_store_end);
    is_plain.then_some(failed as *const () as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [AccessSize; 5] = [AccessSize::B1, AccessSize::B2, AccessSize::B4, AccessSize::B8, AccessSize::B16];

    #[repr(align(16))]
    struct Place([u8; 48]);

    #[test]
    fn every_size_touches_just_its_bytes() {
        for size in SIZES {
            let len = 1usize << size as u64;
            let mask = if len == 16 { !0 } else { (1u128 << (8 * len)) - 1 };
            let mut place = Place([0x55; 48]);
            let at = place.0.as_mut_ptr() as u64 + 16;
            let value = 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210u128;
            store(at, size, value).unwrap();
            assert_eq!(load(at, size).unwrap(), value & mask, "{size:?}");
            let other = !value & mask;
            assert_eq!(exchange(at, size, other, 1).unwrap(), value & mask, "{size:?}");
            assert_eq!(exchange(at, size, value & mask, other).unwrap(), value & mask, "{size:?}");
            assert_eq!(load(at, size).unwrap(), other, "{size:?}");
            assert!(place.0[..16].iter().chain(&place.0[16 + len..]).all(|byte| *byte == 0x55), "{size:?}");
        }
    }
}

//! Touching the guest's memory from the host: each access is a known instruction, and the handler turns its fault
//! into a result.

use core::arch::naked_asm;

/// Copies `len` bytes; 0 when all were copied, 1 when a fault stopped it.
///
/// # Safety
/// Whichever of the two ranges is the host's must be valid; the other may be anything.
#[unsafe(naked)]
pub(crate) unsafe extern "sysv64" fn copy(to: u64, from: u64, len: u64) -> u64 {
    naked_asm!(
        ".globl ashore_fault_copy",
        "ashore_fault_copy:",
        // Records are small, and the CPU's own copy takes long to start. Nothing is pushed here, so that any of
        // these instructions may fault.
        "cmp rdx, 64",
        "ja 6f",
        "cmp rdx, 32",
        "ja 3f",
        "cmp rdx, 16",
        "jae 2f",
        "cmp rdx, 8",
        "jb 5f",
        "mov rcx, [rsi]",
        "mov r8, [rsi + rdx - 8]",
        "mov [rdi], rcx",
        "mov [rdi + rdx - 8], r8",
        "xor eax, eax",
        "ret",
        "2:",
        "movups xmm0, [rsi]",
        "movups xmm1, [rsi + rdx - 16]",
        "movups [rdi], xmm0",
        "movups [rdi + rdx - 16], xmm1",
        "xor eax, eax",
        "ret",
        "3:",
        "movups xmm0, [rsi]",
        "movups xmm1, [rsi + 16]",
        "movups xmm2, [rsi + rdx - 32]",
        "movups xmm3, [rsi + rdx - 16]",
        "movups [rdi], xmm0",
        "movups [rdi + 16], xmm1",
        "movups [rdi + rdx - 32], xmm2",
        "movups [rdi + rdx - 16], xmm3",
        "xor eax, eax",
        "ret",
        "5:",
        "cmp rdx, 4",
        "jb 4f",
        "mov ecx, [rsi]",
        "mov r8d, [rsi + rdx - 4]",
        "mov [rdi], ecx",
        "mov [rdi + rdx - 4], r8d",
        "xor eax, eax",
        "ret",
        "6:",
        "cmp rdx, 512",
        "ja 4f",
        crate::copy::vectors!(),
        "xor eax, eax",
        "ret",
        "4:",
        "mov rcx, rdx",
        "rep movsb",
        ".globl ashore_fault_copy_end",
        "ashore_fault_copy_end:",
        "xor eax, eax",
        "ret",
    )
}

/// Loads 8 bytes from anywhere to a valid place; 0 or 1 as [`copy`].
///
/// # Safety
/// `to` must be valid for 8 bytes.
#[unsafe(naked)]
pub(crate) unsafe extern "sysv64" fn load64(to: *mut u64, from: u64) -> u64 {
    naked_asm!(
        ".globl ashore_fault_load64",
        "ashore_fault_load64:",
        "mov rcx, [rsi]",
        "mov [rdi], rcx",
        "xor eax, eax",
        "ret",
    )
}

/// Stores 8 bytes anywhere; 0 or 1 as [`copy`].
///
/// # Safety
/// The address must not be the host's.
#[unsafe(naked)]
pub(crate) unsafe extern "sysv64" fn store64(to: u64, value: u64) -> u64 {
    naked_asm!(".globl ashore_fault_store64", "ashore_fault_store64:", "mov [rdi], rsi", "xor eax, eax", "ret",)
}

/// Loads 4 bytes from anywhere to a valid place; 0 or 1 as [`copy`].
///
/// # Safety
/// `to` must be valid for 4 bytes.
#[unsafe(naked)]
pub(crate) unsafe extern "sysv64" fn load32(to: *mut u32, from: u64) -> u64 {
    naked_asm!(
        ".globl ashore_fault_load32",
        "ashore_fault_load32:",
        "mov ecx, [rsi]",
        "mov [rdi], ecx",
        "xor eax, eax",
        "ret",
    )
}

/// Compares and exchanges 4 bytes anywhere; what stood there goes to `seen`.
///
/// # Safety
/// `seen` must be valid; the address must not be the host's.
#[unsafe(naked)]
pub(crate) unsafe extern "sysv64" fn exchange32(at: u64, old: u32, new: u32, seen: *mut u32) -> u64 {
    naked_asm!(
        "mov eax, esi",
        ".globl ashore_fault_exchange32",
        "ashore_fault_exchange32:",
        "lock cmpxchg [rdi], edx",
        "mov [rcx], eax",
        "xor eax, eax",
        "ret",
    )
}

macro_rules! exchange {
    ($name:ident, $symbol:literal, $size:literal, $register:literal) => {
        /// Compares and exchanges anywhere; what stood there goes to `seen`.
        ///
        /// # Safety
        /// `seen` must be valid; the address must not be the host's.
        #[unsafe(naked)]
        pub(crate) unsafe extern "sysv64" fn $name(at: u64, old: u64, new: u64, seen: *mut u64) -> u64 {
            naked_asm!(
                "mov rax, rsi",
                concat!(".globl ", $symbol),
                concat!($symbol, ":"),
                concat!("lock cmpxchg ", $size, " ptr [rdi], ", $register),
                "mov [rcx], rax",
                "xor eax, eax",
                "ret",
            )
        }
    };
}

exchange!(exchange_byte, "ashore_fault_exchange_byte", "byte", "dl");
exchange!(exchange_half, "ashore_fault_exchange_half", "word", "dx");
exchange!(exchange_word, "ashore_fault_exchange_word", "dword", "edx");
exchange!(exchange_long, "ashore_fault_exchange_long", "qword", "rdx");

/// Compares and exchanges 16 bytes anywhere, at a multiple of 16; `words` has the old and the new value, and gets what
/// stood there in the place of the old one.
///
/// # Safety
/// `words` must be valid; the address must not be the host's.
#[unsafe(naked)]
pub(crate) unsafe extern "sysv64" fn exchange_wide(at: u64, words: *mut [u64; 4]) -> u64 {
    naked_asm!(
        "mov r8, rbx",
        "mov r9, rsi",
        "mov rax, [r9]",
        "mov rdx, [r9 + 8]",
        "mov rbx, [r9 + 16]",
        "mov rcx, [r9 + 24]",
        ".globl ashore_fault_exchange_wide",
        "ashore_fault_exchange_wide:",
        "lock cmpxchg16b [rdi]",
        "mov [r9], rax",
        "mov [r9 + 8], rdx",
        "mov rbx, r8",
        "xor eax, eax",
        "ret",
    )
}

/// Where a faulting exchange of 16 bytes resumes.
#[unsafe(naked)]
unsafe extern "sysv64" fn failed_wide() -> u64 {
    naked_asm!("mov rbx, r8", "mov eax, 1", "ret")
}

/// Counts bytes before the first zero, at most `max`; the count goes to `count`.
///
/// # Safety
/// `count` must be valid.
#[unsafe(naked)]
pub(crate) unsafe extern "sysv64" fn length(from: u64, max: u64, count: *mut u64) -> u64 {
    naked_asm!(
        "xor ecx, ecx",
        "2:",
        "cmp rcx, rsi",
        "jae 3f",
        ".globl ashore_fault_length",
        "ashore_fault_length:",
        "cmp byte ptr [rdi + rcx], 0",
        "je 3f",
        "inc rcx",
        "jmp 2b",
        "3:",
        "mov [rdx], rcx",
        "xor eax, eax",
        "ret",
    )
}

/// Where a faulting access resumes: nothing was pushed, so it only returns 1.
#[unsafe(naked)]
unsafe extern "sysv64" fn failed() -> u64 {
    naked_asm!("mov eax, 1", "ret")
}

unsafe extern "C" {
    fn ashore_fault_copy();
    fn ashore_fault_copy_end();
    fn ashore_fault_load64();
    fn ashore_fault_store64();
    fn ashore_fault_load32();
    fn ashore_fault_exchange32();
    fn ashore_fault_length();
    fn ashore_fault_exchange_byte();
    fn ashore_fault_exchange_half();
    fn ashore_fault_exchange_word();
    fn ashore_fault_exchange_long();
    fn ashore_fault_exchange_wide();
}

/// Where to resume when the instruction at `rip` faulted, if it is one of these accesses.
pub(crate) fn resume_of(rip: u64) -> Option<u64> {
    let copy = ashore_fault_copy as *const () as u64..ashore_fault_copy_end as *const () as u64;
    if rip == ashore_fault_exchange_wide as *const () as u64 {
        return Some(failed_wide as *const () as u64);
    }
    let sites: [unsafe extern "C" fn(); 9] = [
        ashore_fault_load64,
        ashore_fault_store64,
        ashore_fault_load32,
        ashore_fault_exchange32,
        ashore_fault_length,
        ashore_fault_exchange_byte,
        ashore_fault_exchange_half,
        ashore_fault_exchange_word,
        ashore_fault_exchange_long,
    ];
    let is_known = copy.contains(&rip) || sites.iter().any(|site| *site as *const () as u64 == rip);
    is_known.then_some(failed as *const () as u64)
}

#[cfg(test)]
mod tests {
    use super::copy;

    #[test]
    fn every_length_copies_just_its_bytes() {
        let from: Vec<u8> = (0..600).map(|n| (n % 251) as u8).collect();
        for len in 0..600usize {
            let mut to = [0xaa; 610];
            // SAFETY: both ranges are valid for `len` bytes.
            let failed = unsafe { copy(to[5..].as_mut_ptr() as u64, from.as_ptr() as u64, len as u64) };
            assert_eq!(failed, 0);
            assert!(to[5..5 + len] == from[..len], "{len}");
            assert!(to[..5].iter().chain(&to[5 + len..]).all(|byte| *byte == 0xaa), "{len}");
        }
    }
}

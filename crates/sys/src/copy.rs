//! Copying bytes: the C library's `memcpy` starts a `rep movs` for every length, which costs more than a
//! small copy itself. Registers, records and lines of a trace are small; this is on every call's path.

use core::arch::naked_asm;

/// The instructions that copy more than 64 bytes by vector registers: `rdx` of them, from `rsi` to `rdi`.
macro_rules! vectors {
    () => {
        concat!(
            "5:\n",
            "movups xmm0, [rsi]\n",
            "movups xmm1, [rsi + 16]\n",
            "movups xmm2, [rsi + 32]\n",
            "movups xmm3, [rsi + 48]\n",
            "movups [rdi], xmm0\n",
            "movups [rdi + 16], xmm1\n",
            "movups [rdi + 32], xmm2\n",
            "movups [rdi + 48], xmm3\n",
            "add rsi, 64\n",
            "add rdi, 64\n",
            "sub rdx, 64\n",
            "cmp rdx, 64\n",
            "ja 5b\n",
            // 1 to 64 are left and at least 64 lie before: the last 64 at once.
            "movups xmm0, [rsi + rdx - 64]\n",
            "movups xmm1, [rsi + rdx - 48]\n",
            "movups xmm2, [rsi + rdx - 32]\n",
            "movups xmm3, [rsi + rdx - 16]\n",
            "movups [rdi + rdx - 64], xmm0\n",
            "movups [rdi + rdx - 48], xmm1\n",
            "movups [rdi + rdx - 32], xmm2\n",
            "movups [rdi + rdx - 16], xmm3\n",
        )
    };
}
pub(crate) use vectors;

/// `memcpy` for the whole program: overlapping moves up to 512 bytes, the CPU's own copy above.
///
/// # Safety
/// As C says: both ranges valid for `len` bytes and disjoint.
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    naked_asm!(
        "mov rax, rdi",
        "cmp rdx, 16",
        "jb 2f",
        "cmp rdx, 32",
        "ja 3f",
        "movups xmm0, [rsi]",
        "movups xmm1, [rsi + rdx - 16]",
        "movups [rdi], xmm0",
        "movups [rdi + rdx - 16], xmm1",
        "ret",
        "3:",
        "cmp rdx, 64",
        "ja 4f",
        "movups xmm0, [rsi]",
        "movups xmm1, [rsi + 16]",
        "movups xmm2, [rsi + rdx - 32]",
        "movups xmm3, [rsi + rdx - 16]",
        "movups [rdi], xmm0",
        "movups [rdi + 16], xmm1",
        "movups [rdi + rdx - 32], xmm2",
        "movups [rdi + rdx - 16], xmm3",
        "ret",
        "4:",
        "cmp rdx, 512",
        "ja 6f",
        vectors!(),
        "ret",
        "6:",
        "mov rcx, rdx",
        "rep movsb",
        "ret",
        "2:",
        "cmp edx, 8",
        "jae 8f",
        "cmp edx, 4",
        "jae 7f",
        "test edx, edx",
        "je 9f",
        // 1 to 3: first, middle and last byte.
        "mov r10, rdx",
        "shr r10, 1",
        "movzx ecx, byte ptr [rsi]",
        "movzx r8d, byte ptr [rsi + r10]",
        "movzx r9d, byte ptr [rsi + rdx - 1]",
        "mov [rdi], cl",
        "mov [rdi + r10], r8b",
        "mov [rdi + rdx - 1], r9b",
        "9:",
        "ret",
        "8:",
        "mov rcx, [rsi]",
        "mov r8, [rsi + rdx - 8]",
        "mov [rdi], rcx",
        "mov [rdi + rdx - 8], r8",
        "ret",
        "7:",
        "mov ecx, [rsi]",
        "mov r8d, [rsi + rdx - 4]",
        "mov [rdi], ecx",
        "mov [rdi + rdx - 4], r8d",
        "ret",
    )
}

/// `memmove` for the whole program; the C library's own would bring its `memcpy` along.
///
/// # Safety
/// As C says: both ranges valid for `len` bytes.
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    naked_asm!(
        "mov rax, rdi",
        "mov rcx, rdi",
        "sub rcx, rsi",
        "jb 2f",
        "cmp rcx, rdx",
        "jae {memcpy}",
        // The target begins inside the source: from the end down.
        "3:",
        "cmp rdx, 16",
        "jb 4f",
        "sub rdx, 16",
        "movups xmm0, [rsi + rdx]",
        "movups [rdi + rdx], xmm0",
        "jmp 3b",
        "4:",
        "test rdx, rdx",
        "je 5f",
        "dec rdx",
        "movzx ecx, byte ptr [rsi + rdx]",
        "mov [rdi + rdx], cl",
        "jmp 4b",
        "5:",
        "ret",
        // The target begins below the source.
        "2:",
        "neg rcx",
        "cmp rcx, rdx",
        "jae {memcpy}",
        "mov rcx, rdx",
        "rep movsb",
        "ret",
        memcpy = sym memcpy,
    )
}

#[cfg(test)]
mod tests {
    use super::{memcpy, memmove};

    #[test]
    fn overlapping_moves_are_right_both_ways() {
        for len in (0..200usize).chain([512, 513, 700]) {
            for from in [0usize, 1, 15, 16, 17, 63, 64, 100] {
                for to in [0usize, 1, 8, 16, 31, 64, 99] {
                    let mut bytes: Vec<u8> = (0..1000u32).map(|n| (n * 13 + n / 256) as u8).collect();
                    let mut expected = bytes.clone();
                    let moved = bytes[from..from + len].to_vec();
                    expected.splice(to..to + len, moved);
                    let base = bytes.as_mut_ptr();
                    // SAFETY: both ranges lie inside the vector.
                    unsafe { memmove(base.add(to), base.add(from), len) };
                    assert!(bytes == expected, "{len} from {from} to {to}");
                }
            }
        }
    }

    #[test]
    fn every_length_copies_just_its_bytes() {
        let from: Vec<u8> = (0..2000u32).map(|n| (n * 7 + n / 256) as u8).collect();
        for len in (0..700).chain([1000, 1024, 1999]) {
            for skew in 0..3 {
                let len = len.min(from.len() - skew);
                let mut to = vec![0xaa; len + 8];
                // SAFETY: both vectors hold at least `len` bytes from there on and are disjoint.
                let back = unsafe { memcpy(to[4..].as_mut_ptr(), from[skew..].as_ptr(), len) };
                assert_eq!(back, to[4..].as_mut_ptr());
                assert!(to[..4].iter().chain(&to[len + 4..]).all(|byte| *byte == 0xaa), "{len}");
                assert!(to[4..len + 4] == from[skew..skew + len], "{len}");
            }
        }
    }
}

//! The vector and floating-point state of the calling thread's guest.
//!
//! While the host runs, the low halves of the vector registers are in the block and all the rest is still
//! in the CPU (the host is built for baseline x86-64 and never touches it). The save format is XSAVE's
//! standard form: 512 legacy bytes, a 64-byte header, then the parts the CPU has.

use crate::block::Block;
use core::arch::asm;
use core::arch::x86_64::__cpuid_count;
use std::sync::OnceLock;

/// The length of the legacy part, which every format of every guest system begins with.
pub const FP_LEGACY_LEN: usize = 512;
const XMM_AT: usize = 160;
const HEADER_AT: usize = 512;
/// x87, SSE, AVX, and AVX-512's three: what user code may hold. Protection keys and tile data stay.
const PARTS: u64 = 0b1110_0111;

#[repr(C, align(64))]
struct Area([u8; 4096]);

fn layout() -> (u64, usize) {
    static LAYOUT: OnceLock<(u64, usize)> = OnceLock::new();
    *LAYOUT.get_or_init(|| {
        let leaf = __cpuid_count(0xd, 0);
        let parts = (u64::from(leaf.edx) << 32 | u64::from(leaf.eax)) & PARTS;
        let mut len = 576usize;
        for part in 2..8 {
            if parts & (1 << part) != 0 {
                let leaf = __cpuid_count(0xd, part);
                len = len.max(leaf.ebx as usize + leaf.eax as usize);
            }
        }
        (parts, len.min(4096))
    })
}

fn has_xsave() -> bool {
    static HAS: OnceLock<bool> = OnceLock::new();
    *HAS.get_or_init(|| __cpuid_count(1, 0).ecx & (1 << 27) != 0)
}

/// Saves the guest's state.
pub fn save_fp(block: &Block) -> Vec<u8> {
    let mut area = Box::new(Area([0; 4096]));
    let at = area.0.as_mut_ptr();
    let len = if has_xsave() {
        let (parts, len) = layout();
        // SAFETY: the area is 64-byte aligned and at least `len` bytes long; the parts are enabled ones.
        unsafe {
            asm!("xsave64 [{}]", in(reg) at, in("eax") parts as u32, in("edx") (parts >> 32) as u32, options(nostack));
        }
        len
    } else {
        // SAFETY: the area is aligned and 512 bytes are written.
        unsafe { asm!("fxsave64 [{}]", in(reg) at, options(nostack)) };
        FP_LEGACY_LEN
    };
    for (i, xmm) in block.xmm.iter().enumerate() {
        for (half, word) in xmm.iter().enumerate() {
            let start = XMM_AT + i * 16 + half * 8;
            area.0[start..start + 8].copy_from_slice(&word.to_le_bytes());
        }
    }
    if len > FP_LEGACY_LEN {
        // The low halves are never in their initial state as far as the header knows: they came from the block.
        area.0[HEADER_AT] |= 2;
    }
    area.0[..len].to_vec()
}

/// Restores the guest's state from what [`save_fp`] gave, perhaps edited by the guest, or from its legacy
/// part alone, which leaves the rest as it is. Bits no CPU accepts are cleared instead of faulting.
pub fn load_fp(block: &mut Block, image: &[u8]) {
    if image.len() < FP_LEGACY_LEN {
        return;
    }
    let mut area = Box::new(Area([0; 4096]));
    let (parts, len) = layout();
    let whole = has_xsave() && image.len() >= len;
    let take = if whole { len } else { FP_LEGACY_LEN };
    area.0[..take].copy_from_slice(&image[..take]);
    // Reserved bits of MXCSR fault: keep the architectural sixteen.
    area.0[26] = 0;
    area.0[27] = 0;
    let mut states = u64::MAX;
    if whole {
        let mut header = [0u8; 8];
        header.copy_from_slice(&area.0[HEADER_AT..HEADER_AT + 8]);
        states = u64::from_le_bytes(header) & parts;
        area.0[HEADER_AT..HEADER_AT + 64].fill(0);
        area.0[HEADER_AT..HEADER_AT + 8].copy_from_slice(&states.to_le_bytes());
    }
    let at = area.0.as_ptr();
    // SAFETY: the area is aligned and long enough, its header has only enabled parts and zeros, MXCSR only
    // defined bits. The instructions change the vector and x87 state only, which the host does not hold
    // anything in across this statement (clobbers).
    unsafe {
        if whole {
            asm!("xrstor64 [{}]", in(reg) at, in("eax") parts as u32, in("edx") (parts >> 32) as u32,
                out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _, out("xmm4") _, out("xmm5") _,
                out("xmm6") _, out("xmm7") _, out("xmm8") _, out("xmm9") _, out("xmm10") _, out("xmm11") _,
                out("xmm12") _, out("xmm13") _, out("xmm14") _, out("xmm15") _, options(nostack));
        } else {
            asm!("fxrstor64 [{}]", in(reg) at,
                out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _, out("xmm4") _, out("xmm5") _,
                out("xmm6") _, out("xmm7") _, out("xmm8") _, out("xmm9") _, out("xmm10") _, out("xmm11") _,
                out("xmm12") _, out("xmm13") _, out("xmm14") _, out("xmm15") _, options(nostack));
        }
    }
    for (i, xmm) in block.xmm.iter_mut().enumerate() {
        for (half, word) in xmm.iter_mut().enumerate() {
            let start = XMM_AT + i * 16 + half * 8;
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&area.0[start..start + 8]);
            *word = if states & 2 != 0 { u64::from_le_bytes(bytes) } else { 0 };
        }
    }
}

//! Where the program's own code and image are.

use ashore_base::{Addr, AddrRange};
use core::sync::atomic::{AtomicU64, Ordering};

static TEXT: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];
static IMAGE: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];

#[repr(C)]
#[derive(Clone, Copy)]
struct ProgramHeader {
    kind: u32,
    flags: u32,
    offset: u64,
    vaddr: u64,
    paddr: u64,
    filesz: u64,
    memsz: u64,
    align: u64,
}

unsafe extern "C" {
    static __ehdr_start: u8;
}

/// The executable segment of this program: the only place its system calls come from.
pub fn host_text() -> AddrRange {
    find();
    range(&TEXT)
}

/// All segments of this program.
pub(crate) fn host_image() -> AddrRange {
    find();
    range(&IMAGE)
}

/// Whether `rip` is code of ours. Safe in a handler once [`host_text`] has been called.
pub(crate) fn is_host(rip: u64) -> bool {
    TEXT[0].load(Ordering::Relaxed) <= rip && rip < TEXT[1].load(Ordering::Relaxed)
}

fn range(of: &[AtomicU64; 2]) -> AddrRange {
    AddrRange { start: Addr(of[0].load(Ordering::Relaxed)), end: Addr(of[1].load(Ordering::Relaxed)) }
}

fn find() {
    if TEXT[1].load(Ordering::Relaxed) != 0 {
        return;
    }
    // SAFETY: AT_PHDR and AT_PHNUM describe this program's own headers, mapped for its whole life;
    // __ehdr_start is the address its image was loaded at.
    let (base, headers) = unsafe {
        let at = libc::getauxval(libc::AT_PHDR) as *const ProgramHeader;
        let count = libc::getauxval(libc::AT_PHNUM) as usize;
        ((&raw const __ehdr_start) as u64, core::slice::from_raw_parts(at, count))
    };
    let first = headers.iter().filter(|h| h.kind == 1).map(|h| h.vaddr).min().unwrap_or(0) & !4095;
    let bias = base.wrapping_sub(first);
    let mut end = 0;
    for header in headers.iter().filter(|h| h.kind == 1) {
        let start = bias.wrapping_add(header.vaddr);
        end = end.max(start + header.memsz);
        if header.flags & 1 != 0 {
            TEXT[0].store(start, Ordering::Relaxed);
            TEXT[1].store(start + header.memsz, Ordering::Relaxed);
        }
    }
    IMAGE[0].store(base, Ordering::Relaxed);
    IMAGE[1].store((end + 4095) & !4095, Ordering::Relaxed);
}

/// The host's AT_HWCAP and AT_HWCAP2.
pub fn hwcap() -> [u64; 2] {
    // SAFETY: reads the auxiliary vector.
    unsafe { [libc::getauxval(libc::AT_HWCAP), libc::getauxval(libc::AT_HWCAP2)] }
}

/// Where the host kernel's shared page is.
pub fn shared_page() -> Addr {
    // SAFETY: reads the auxiliary vector.
    Addr(unsafe { libc::getauxval(libc::AT_SYSINFO_EHDR) })
}

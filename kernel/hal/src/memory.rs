//! Bytes of RAM through the direct map, where byte `p` of physical memory is at [`DIRECT`]` + p`.

use ashore_kernel_core::Frame;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// The direct map of RAM.
pub(crate) const DIRECT: u64 = 0xffff_0000_0000_0000;
/// Devices, in the same way: byte `p` is at `DEVICES + p`.
pub(crate) const DEVICES: u64 = 0xffff_8000_0000_0000;
/// Bytes of a page.
pub(crate) const PAGE: usize = 4096;

/// The physical address a frame begins at.
pub(crate) fn physical(frame: Frame) -> u64 {
    u64::from(frame.0) << 12
}

/// Where a physical address of RAM is seen.
pub(crate) fn direct(physical: u64) -> *mut u8 {
    (DIRECT + physical) as *mut u8
}

fn bytes(frame: Frame, from: usize, len: usize) -> *mut u8 {
    assert!(from <= PAGE && len <= PAGE - from, "bytes outside a frame");
    direct(physical(frame) + from as u64)
}

/// A slice of RAM at a physical address.
///
/// # Safety
/// It is RAM that is mapped and that nobody writes while the slice lives.
pub(crate) unsafe fn slice(physical: u64, len: usize) -> &'static [u8] {
    // SAFETY: see above.
    unsafe { core::slice::from_raw_parts(direct(physical), len) }
}

/// Reads a frame.
pub(crate) fn read_frame(frame: Frame, from: usize, into: &mut [u8]) {
    // SAFETY: the bytes lie in one frame, which the direct map has, and which is no memory of the kernel's own objects:
    // the kernel's core names only frames it took from the allocator. Programs may write them at the same time; the copy is
    // made by instructions, to which that is only a value.
    unsafe { copy(into.as_mut_ptr(), bytes(frame, from, into.len()), into.len()) }
}

/// Writes a frame.
pub(crate) fn write_frame(frame: Frame, to: usize, from: &[u8]) {
    // SAFETY: as above.
    unsafe { copy(bytes(frame, to, from.len()), from.as_ptr(), from.len()) }
}

/// Copies bytes with plain loads and stores, whatever else happens to them: 64 at a time.
///
/// # Safety
/// `from` can be read and `to` written for `len` bytes; they do not overlap.
unsafe fn copy(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: the loops stay within `len` bytes. Memory is Normal, so that unaligned accesses are allowed.
    unsafe {
        core::arch::asm!(
            "subs {len}, {len}, #64",
            "b.lo 3f",
            "2:",
            "ldp {a}, {b}, [{from}], #64",
            "ldp {c}, {d}, [{from}, #-48]",
            "ldp {e}, {f}, [{from}, #-32]",
            "ldp {g}, {h}, [{from}, #-16]",
            "stp {a}, {b}, [{to}], #64",
            "stp {c}, {d}, [{to}, #-48]",
            "stp {e}, {f}, [{to}, #-32]",
            "stp {g}, {h}, [{to}, #-16]",
            "subs {len}, {len}, #64",
            "b.hs 2b",
            "3:",
            // What is left is told by the low bits of the count, which taking 64 away does not change.
            "tbz {len}, #5, 1f",
            "ldp {a}, {b}, [{from}], #32",
            "ldp {c}, {d}, [{from}, #-16]",
            "stp {a}, {b}, [{to}], #32",
            "stp {c}, {d}, [{to}, #-16]",
            "1:",
            "tbz {len}, #4, 4f",
            "ldp {a}, {b}, [{from}], #16",
            "stp {a}, {b}, [{to}], #16",
            "4:",
            "tbz {len}, #3, 5f",
            "ldr {a}, [{from}], #8",
            "str {a}, [{to}], #8",
            "5:",
            "tbz {len}, #2, 6f",
            "ldr {a:w}, [{from}], #4",
            "str {a:w}, [{to}], #4",
            "6:",
            "tbz {len}, #1, 7f",
            "ldrh {a:w}, [{from}], #2",
            "strh {a:w}, [{to}], #2",
            "7:",
            "tbz {len}, #0, 8f",
            "ldrb {a:w}, [{from}]",
            "strb {a:w}, [{to}]",
            "8:",
            to = inout(reg) to => _,
            from = inout(reg) from => _,
            len = inout(reg) len => _,
            a = out(reg) _,
            b = out(reg) _,
            c = out(reg) _,
            d = out(reg) _,
            e = out(reg) _,
            f = out(reg) _,
            g = out(reg) _,
            h = out(reg) _,
            options(nostack),
        );
    }
}

/// Fills a frame with zeros.
pub(crate) fn zero_frame(frame: Frame) {
    let at = bytes(frame, 0, PAGE);
    // SAFETY: as `write_frame`; 64-byte steps stay in the page. Blocks of DC ZVA may have another size or be prohibited, so
    // plain stores are the default, eight words a turn.
    unsafe {
        core::arch::asm!(
            "mrs {size}, dczid_el0",
            "cmp {size}, #4",
            "b.ne 3f",
            "2:",
            "dc zva, {at}",
            "add {at}, {at}, #64",
            "dc zva, {at}",
            "add {at}, {at}, #64",
            "dc zva, {at}",
            "add {at}, {at}, #64",
            "dc zva, {at}",
            "add {at}, {at}, #64",
            "tst {at}, #0xfff",
            "b.ne 2b",
            "b 4f",
            "3:",
            "stp xzr, xzr, [{at}]",
            "stp xzr, xzr, [{at}, #16]",
            "stp xzr, xzr, [{at}, #32]",
            "stp xzr, xzr, [{at}, #48]",
            "add {at}, {at}, #64",
            "tst {at}, #0xfff",
            "b.ne 3b",
            "4:",
            at = inout(reg) at => _,
            size = out(reg) _,
            options(nostack),
        );
    }
}

/// Copies a frame.
pub(crate) fn copy_frame(from: Frame, to: Frame) {
    if from != to {
        // SAFETY: two frames of RAM, as `read_frame` and `write_frame`; different frames do not overlap.
        unsafe { copy(bytes(to, 0, PAGE), bytes(from, 0, PAGE), PAGE) }
    }
}

/// Copies a part of a frame to a part of a frame.
pub(crate) fn move_bytes(from: (Frame, usize), to: (Frame, usize), len: usize) {
    // SAFETY: parts of frames of RAM, as `read_frame` and `write_frame`. The copy is made by instructions: bytes of a part
    // that overlaps the other are only values.
    unsafe { copy(bytes(to.0, to.1, len), bytes(from.0, from.1, len), len) }
}

/// Stores `new` in a word if it is `old`; what it was.
pub(crate) fn exchange(frame: Frame, at: usize, old: u32, new: u32) -> u32 {
    assert!(at.is_multiple_of(4), "a word that is not aligned");
    // SAFETY: an aligned word of a frame, as above; everybody else who changes it at the same time is a program.
    let word = unsafe { AtomicU32::from_ptr(bytes(frame, at, 4).cast()) };
    word.compare_exchange(old, new, Ordering::SeqCst, Ordering::SeqCst).unwrap_or_else(|was| was)
}

/// An entry of a table of translation.
pub(crate) fn entry(table: Frame, nth: usize) -> &'static AtomicU64 {
    // SAFETY: an aligned word of a frame. Tables are read by the CPU's own walks, and changed by whole words only.
    unsafe { AtomicU64::from_ptr(bytes(table, nth * 8, 8).cast()) }
}

/// Stores two words in a page that the program this CPU is in may write; whether it may. Who asks sees to it that the page stays
/// where it is.
#[inline]
pub(crate) fn store(at: u64, words: (u64, u64)) -> bool {
    let within = at % PAGE as u64;
    if within > PAGE as u64 - 16 {
        return false;
    }
    let found: u64;
    // SAFETY: asks the CPU to translate an address as a program's write; nothing but the answer changes.
    unsafe {
        core::arch::asm!(
            "at s1e0w, {}", "isb", "mrs {}, par_el1",
            in(reg) at, lateout(reg) found, options(nostack, preserves_flags),
        );
    }
    if found & 1 != 0 {
        return false;
    }
    let at = direct((found & 0xffff_ffff_f000) | within);
    // SAFETY: two words of a frame that a program has, as in `write_frame`; the compiler's own stores would go byte by byte.
    unsafe { core::arch::asm!("stp {}, {}, [{}]", in(reg) words.0, in(reg) words.1, in(reg) at, options(nostack)) };
    true
}

/// The word of code at a program's address, if the program may read it.
pub(crate) fn program_word(at: u64) -> Option<u32> {
    let found: u64;
    // SAFETY: asks the CPU to translate an address as a program's read; nothing but the answer changes.
    unsafe {
        core::arch::asm!("at s1e0r, {}", "isb", "mrs {}, par_el1", in(reg) at, lateout(reg) found, options(nostack))
    };
    if found & 1 != 0 || !at.is_multiple_of(4) {
        return None;
    }
    let (frame, within) = (Frame((found >> 12 & 0xf_ffff_ffff) as u32), at as usize % PAGE);
    let mut word = [0; 4];
    read_frame(frame, within, &mut word);
    Some(u32::from_le_bytes(word))
}

/// Makes code that was written to a frame visible to instruction fetch everywhere.
pub(crate) fn sync_code(frame: Frame) {
    let at = bytes(frame, 0, PAGE);
    // SAFETY: cleaning a frame's lines to where instructions are fetched from, and forgetting all fetched ones, changes no
    // value. 16 bytes is the shortest line there can be; CTR_EL0 tells the real one.
    unsafe {
        core::arch::asm!(
            "mrs {line}, ctr_el0",
            "ubfx {line}, {line}, #16, #4",
            "lsl {line}, {four}, {line}",
            "2:",
            "dc cvau, {at}",
            "add {at}, {at}, {line}",
            "tst {at}, #0xfff",
            "b.ne 2b",
            "dsb ish",
            "ic ialluis",
            "dsb ish",
            "isb",
            at = inout(reg) at => _,
            line = out(reg) _,
            four = in(reg) 4u64,
            options(nostack),
        );
    }
}

//! Running code that an engine made: its memory, going in and coming out, and where it stopped when it faults.
//!
//! Translated code runs on the host's stack pointer (which it never uses), with the host's FS base, and with `r15` pointing
//! into its thread's [`Frame`]. It leaves by a jump to the address in the frame, or because a handler hit: that saves all
//! registers to the frame, where the engine finds out what the guest's state is, and can resume or single-step the very same
//! instruction ([`Frame::resume`]).
//!
//! Code is mapped twice, once to be executed and once to be written, so that no page is both. A child after `fork` shares
//! these pages: who forks must make a new [`Arena`] in the child before anything is written.

use crate::block::PENDING;
use crate::handler::KernelContext;
use crate::map::{self, Mapping};
use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use ashore_pivot::Errno;
use core::arch::naked_asm;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// How far `r15` is behind the frame's start.
pub const BIAS: usize = 128;
/// Where the frame keeps the host's stack pointer.
pub const HOST_RSP: usize = 2048;
/// The address that code which leaves jumps to.
pub const RETURN: usize = 2056;
/// The guest's floating-point control.
pub const GUEST_MXCSR: usize = 2080;
/// The host's.
pub const HOST_MXCSR: usize = 2084;
/// The general registers where a handler hit, by number; then `rip` and the flags.
pub const CONTEXT: usize = 2176;
/// The vector registers there.
pub const CONTEXT_VECTORS: usize = 2432;

/// Why a stay in translated code ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stay {
    /// The code left by itself.
    Left,
    /// A signal waits; the code was not entered.
    NotEntered,
    /// A signal hit; the frame has the registers.
    Interrupted,
    /// An instruction faulted, as the thread's block says; the frame has the registers.
    Faulted,
}

/// What any bytes of its length are a value of, so that it can lie in a frame.
///
/// # Safety
/// There is no padding in it, every pattern of bits is a value, and it is aligned to at most a page.
pub unsafe trait Plain: Copy {}

// SAFETY: words, and its assertions in its crate say that nothing is between them.
unsafe impl Plain for ashore_isa::aarch64::Regs {}

/// Memory for code, and behind it for data that code reaches by short distances.
#[derive(Debug)]
pub struct Arena {
    code: AddrRange,
    data: AddrRange,
    writable: AddrRange,
}

static RANGE: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];

/// Whether an address is in translated code. Safe in a handler.
#[inline]
pub(crate) fn is_code(rip: u64) -> bool {
    RANGE[0].load(Ordering::Relaxed) <= rip && rip < RANGE[1].load(Ordering::Relaxed)
}

impl Arena {
    /// Makes the memory. There is one arena in a process: handlers know only the last one.
    pub fn new(code_len: u64, data_len: u64) -> Result<Arena, Errno> {
        let words = [c"ashore-code".as_ptr() as u64, u64::from(libc::MFD_CLOEXEC), 0, 0, 0, 0];
        let fd = crate::call(libc::SYS_memfd_create as u64, words)? as i32;
        let made = Arena::over(fd, code_len, data_len);
        let _ = crate::call(libc::SYS_close as u64, [fd as u64, 0, 0, 0, 0, 0]);
        let arena = made?;
        RANGE[0].store(arena.code.start.0, Ordering::Relaxed);
        RANGE[1].store(arena.code.end.0, Ordering::Relaxed);
        Ok(arena)
    }

    fn over(fd: i32, code_len: u64, data_len: u64) -> Result<Arena, Errno> {
        let len = code_len + data_len;
        crate::call(libc::SYS_ftruncate as u64, [fd as u64, len, 0, 0, 0, 0])?;
        let (shared, fixed) = (libc::MAP_SHARED as u32, (libc::MAP_SHARED | libc::MAP_FIXED) as u32);
        let all = map::anonymous(Addr::NULL, len)?;
        let writable = map::anonymous(Addr::NULL, code_len)?;
        let code = AddrRange { start: all.start, end: all.start.plus(code_len) };
        let data = AddrRange { start: code.end, end: all.end };
        debug_assert!(shared != fixed);
        for (range, prot, offset) in [(code, 5, 0), (data, 3, code_len), (writable, 3, 0)] {
            map::map(&Mapping { at: range.start, len: range.len(), prot, flags: fixed, fd, offset })?;
        }
        Ok(Arena { code, data, writable })
    }

    /// The bytes for code.
    pub fn code_len(&self) -> u32 {
        self.code.len() as u32
    }

    /// The place of the first byte of data.
    pub fn data_start(&self) -> u32 {
        self.code.len() as u32
    }

    /// The bytes of data.
    pub fn data_len(&self) -> u32 {
        self.data.len() as u32
    }

    /// The address of a place of code.
    #[inline]
    pub fn address(&self, place: u32) -> u64 {
        self.code.start.0 + u64::from(place)
    }

    /// The place of an address, if it is code.
    #[inline]
    pub fn place(&self, address: u64) -> Option<u32> {
        if self.code.contains(Addr(address)) { Some((address - self.code.start.0) as u32) } else { None }
    }

    /// Writes code that nobody executes yet. What does not fit is not written.
    pub fn write(&self, place: u32, bytes: &[u8]) {
        if u64::from(place) + bytes.len() as u64 > self.writable.len() {
            return;
        }
        let to = (self.writable.start.0 + u64::from(place)) as *mut u8;
        // SAFETY: inside of the writable mapping, which lives as long as `self` and which no reference covers.
        unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
    }

    /// Reads code, which nobody writes meanwhile.
    pub fn read(&self, place: u32, len: u32) -> Vec<u8> {
        let mut bytes = vec![0; len as usize];
        if u64::from(place) + u64::from(len) <= self.writable.len() {
            let from = (self.writable.start.0 + u64::from(place)) as *const u8;
            // SAFETY: inside of the writable mapping, which lives as long as `self`; the vector is as long.
            unsafe { core::ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), bytes.len()) };
        }
        bytes
    }

    /// Has the host make memory for code that is going to be written: once instead of page by page.
    pub fn populate(&self, place: u32, len: u32) {
        let start = place & !(PAGE_SIZE as u32 - 1);
        let end = u64::from(place) + u64::from(len);
        if end <= self.writable.len() {
            let at = self.writable.start.0 + u64::from(start);
            let words = [at, (end - u64::from(start)).next_multiple_of(PAGE_SIZE), libc::MADV_POPULATE_WRITE as u64];
            let _ = crate::call(libc::SYS_madvise as u64, [words[0], words[1], words[2], 0, 0, 0]);
        }
    }

    /// Adds code, which nobody writes meanwhile, to some bytes.
    pub fn read_to(&self, place: u32, len: u32, to: &mut Vec<u8>) {
        if u64::from(place) + u64::from(len) <= self.writable.len() {
            let from = (self.writable.start.0 + u64::from(place)) as *const u8;
            to.reserve(len as usize);
            // SAFETY: inside of the writable mapping, which lives as long as `self`; the vector has room for as much, and all of
            // it is written before it is counted.
            unsafe {
                core::ptr::copy_nonoverlapping(from, to.as_mut_ptr().add(to.len()), len as usize);
                to.set_len(to.len() + len as usize);
            }
        }
    }

    /// Four bytes of code; zero where there is none.
    pub fn four(&self, place: u32) -> u32 {
        if u64::from(place) + 4 > self.writable.len() {
            return 0;
        }
        let from = (self.writable.start.0 + u64::from(place)) as *const u32;
        // SAFETY: inside of the writable mapping.
        unsafe { from.read_unaligned() }
    }

    /// Eight bytes of code.
    pub fn eight(&self, place: u32) -> u64 {
        u64::from(self.four(place)) | u64::from(self.four(place.wrapping_add(4))) << 32
    }

    /// Gives the memory of code that nobody executes any more back to the host. Both are multiples of a page.
    pub fn give_back(&self, place: u32, len: u32) {
        if u64::from(place) + u64::from(len) <= self.writable.len() {
            let at = self.writable.start.0 + u64::from(place);
            let _ = crate::call(libc::SYS_madvise as u64, [at, u64::from(len), libc::MADV_REMOVE as u64, 0, 0, 0]);
        }
    }

    /// Replaces four bytes of code at once; they must not cross a cache line.
    pub fn patch(&self, place: u32, word: u32) {
        if u64::from(place) + 4 > self.writable.len() {
            return;
        }
        let to = (self.writable.start.0 + u64::from(place)) as *mut u32;
        // SAFETY: inside of the writable mapping. Within a cache line one such store is seen at once by who executes it.
        unsafe { to.write_unaligned(word) };
    }

    /// Replaces eight bytes of code at once; the place is a multiple of eight.
    pub fn patch_eight(&self, place: u32, word: u64) {
        if !place.is_multiple_of(8) || u64::from(place) + 8 > self.writable.len() {
            return;
        }
        // SAFETY: inside of the writable mapping, and aligned.
        let to = unsafe { AtomicU64::from_ptr((self.writable.start.0 + u64::from(place)) as *mut u64) };
        to.store(word, Ordering::Release);
    }

    /// Sets eight bytes of the data at once; the place is a multiple of eight.
    pub fn set_word(&self, place: u32, to: u64) {
        let at = self.code.start.0 + u64::from(place);
        if !place.is_multiple_of(8) || !self.data.contains(Addr(at)) {
            return;
        }
        // SAFETY: inside of the data mapping, which has whole pages, and aligned.
        unsafe { AtomicU64::from_ptr(at as *mut u64) }.store(to, Ordering::Release);
    }

    /// Makes pages of the data zero. Both are multiples of a page.
    pub fn clear_data(&self, place: u32, len: u32) {
        let at = self.code.start.0 + u64::from(place);
        if self.data.contains(Addr(at)) && u64::from(len) <= self.data.end.0 - at {
            let _ = crate::call(libc::SYS_madvise as u64, [at, u64::from(len), libc::MADV_REMOVE as u64, 0, 0, 0]);
        }
    }

    /// Sets a counter in the data; the place is a multiple of four.
    pub fn set_counter(&self, place: u32, to: u32) {
        let at = self.code.start.0 + u64::from(place);
        if !place.is_multiple_of(4) || !self.data.contains(Addr(at)) {
            return;
        }
        // SAFETY: inside of the data mapping, and aligned.
        unsafe { AtomicU32::from_ptr(at as *mut u32) }.store(to, Ordering::Relaxed);
    }
}

/// A thread's memory that translated code finds through `r15`.
#[derive(Debug)]
pub struct Frame {
    range: AddrRange,
    len: usize,
}

impl Frame {
    /// A frame of zeros.
    pub fn new(len: usize) -> Result<Frame, Errno> {
        let len = len.max(CONTEXT_VECTORS + 256);
        let range = map::anonymous(Addr::NULL, (len as u64).next_multiple_of(PAGE_SIZE))?;
        Ok(Frame { range, len })
    }

    /// Its bytes.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: mapped for as long as `self` lives; written only through `&mut self`.
        unsafe { core::slice::from_raw_parts(self.range.start.0 as *const u8, self.len) }
    }

    /// Its bytes, to be changed.
    #[inline]
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: mapped for as long as `self` lives, and borrowed.
        unsafe { core::slice::from_raw_parts_mut(self.range.start.0 as *mut u8, self.len) }
    }

    /// What it begins with.
    #[inline]
    pub fn first<T: Plain>(&self) -> &T {
        const { assert!(size_of::<T>() <= CONTEXT_VECTORS && align_of::<T>() <= PAGE_SIZE as usize) };
        // SAFETY: a frame is at least so long and begins a page; any bytes are a `T`, written only through `&mut self`.
        unsafe { &*(self.range.start.0 as *const T) }
    }

    /// What it begins with, to be changed.
    #[inline]
    pub fn first_mut<T: Plain>(&mut self) -> &mut T {
        const { assert!(size_of::<T>() <= CONTEXT_VECTORS && align_of::<T>() <= PAGE_SIZE as usize) };
        // SAFETY: as in `first`, and borrowed.
        unsafe { &mut *(self.range.start.0 as *mut T) }
    }

    #[inline]
    fn pointer(&self) -> u64 {
        self.range.start.0 + BIAS as u64
    }

    /// Runs translated code from the address `gate` until it ends. The thread must be adopted.
    ///
    /// The code is the engine's word for what the guest does; it changes nothing of the host's but this frame.
    #[inline]
    pub fn enter(&mut self, gate: u64) -> Stay {
        if !is_code(gate) || crate::thread::current().is_none() {
            return Stay::NotEntered;
        }
        // SAFETY: the gate is code an engine made for frames like this one, and the frame is this call's alone.
        stay(unsafe { go(self.pointer(), gate) })
    }

    /// Goes on with the registers in the frame where a handler left them; with the trap flag among the flags there, for one
    /// instruction.
    pub fn resume(&mut self) -> Stay {
        let at = CONTEXT + 16 * 8;
        let rip = self.bytes().get(at..at + 8).and_then(|word| word.try_into().ok()).map_or(0, u64::from_le_bytes);
        if !is_code(rip) {
            return Stay::NotEntered;
        }
        // SAFETY: as in `enter`; `r15` in the registers is this frame's, for the handler saved it from code that had it.
        stay(unsafe { go_on(self.pointer()) })
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        map::forget(AddrRange { start: self.code.start, end: self.data.end });
        map::forget(self.writable);
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        map::forget(self.range);
    }
}

#[inline]
fn stay(kind: u64) -> Stay {
    match kind {
        1 => Stay::Left,
        2 => Stay::Interrupted,
        3 => Stay::Faulted,
        _ => Stay::NotEntered,
    }
}

/// Saves the registers of translated code that a handler hit, and sends it out. `kind` is what [`go`] gives then.
///
/// # Safety
/// The context must be one of translated code.
pub(crate) unsafe fn stop(context: &mut KernelContext, kind: u64) {
    let c = &context;
    let words = [
        c.rax,
        c.rcx,
        c.rdx,
        c.rbx,
        c.rsp,
        c.rbp,
        c.rsi,
        c.rdi,
        c.r8,
        c.r9,
        c.r10,
        c.r11,
        c.r12,
        c.r13,
        c.r14,
        c.r15,
        c.rip,
        c.eflags & !0x100,
    ];
    let to = (context.r15 - BIAS as u64) as *mut u8;
    // SAFETY: in translated code `r15` points into the thread's frame, which has room for these words.
    unsafe { to.add(CONTEXT).cast::<[u64; 18]>().write_unaligned(words) };
    context.rax = kind;
    context.rip = ashore_translated_stop as *const () as u64;
}

/// Whether `rip` is between the check for signals and translated code.
pub(crate) fn is_entering(rip: u64) -> bool {
    (ashore_translated_begin as *const () as u64..ashore_translated_end as *const () as u64).contains(&rip)
}

/// Where an abandoned entry resumes.
pub(crate) fn abandoned() -> u64 {
    ashore_translated_abandoned as *const () as u64
}

unsafe extern "C" {
    fn ashore_translated_begin();
    fn ashore_translated_end();
    fn ashore_translated_abandoned();
    fn ashore_translated_stop();
}

/// Goes in at a gate. Gives 0 if a signal waits, 1 when the code leaves, 2 and 3 when a handler stopped it.
///
/// # Safety
/// `frame` is a frame's pointer for `r15`, `gate` code for it.
#[unsafe(naked)]
unsafe extern "sysv64" fn go(frame: u64, gate: u64) -> u64 {
    naked_asm!(
        "push rbx",
        "push rbp",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "mov r15, rdi",
        "mov [r15 + {host_rsp}], rsp",
        "lea rax, [rip + 2f]",
        "mov [r15 + {return_}], rax",
        "stmxcsr [r15 + {host_mxcsr}]",
        ".globl ashore_translated_begin",
        "ashore_translated_begin:",
        "cmp dword ptr gs:[{pending}], 0",
        "jne ashore_translated_abandoned",
        "ldmxcsr [r15 + {guest_mxcsr}]",
        "jmp rsi",
        ".globl ashore_translated_end",
        "ashore_translated_end:",
        // The code leaves.
        "2:",
        "stmxcsr [r15 + {guest_mxcsr}]",
        "mov eax, 1",
        "jmp 3f",
        ".globl ashore_translated_abandoned",
        "ashore_translated_abandoned:",
        "xor eax, eax",
        "jmp 3f",
        // A handler sends here: rax says why.
        ".globl ashore_translated_stop",
        "ashore_translated_stop:",
        "stmxcsr [r15 + {guest_mxcsr}]",
        "movups [r15 + {vectors}], xmm0",
        "movups [r15 + {vectors} + 16], xmm1",
        "movups [r15 + {vectors} + 32], xmm2",
        "movups [r15 + {vectors} + 48], xmm3",
        "movups [r15 + {vectors} + 64], xmm4",
        "movups [r15 + {vectors} + 80], xmm5",
        "movups [r15 + {vectors} + 96], xmm6",
        "movups [r15 + {vectors} + 112], xmm7",
        "movups [r15 + {vectors} + 128], xmm8",
        "movups [r15 + {vectors} + 144], xmm9",
        "movups [r15 + {vectors} + 160], xmm10",
        "movups [r15 + {vectors} + 176], xmm11",
        "movups [r15 + {vectors} + 192], xmm12",
        "movups [r15 + {vectors} + 208], xmm13",
        "movups [r15 + {vectors} + 224], xmm14",
        "movups [r15 + {vectors} + 240], xmm15",
        "3:",
        "ldmxcsr [r15 + {host_mxcsr}]",
        "mov rsp, [r15 + {host_rsp}]",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbp",
        "pop rbx",
        "ret",
        host_rsp = const HOST_RSP - BIAS,
        return_ = const RETURN - BIAS,
        guest_mxcsr = const GUEST_MXCSR - BIAS,
        host_mxcsr = const HOST_MXCSR - BIAS,
        vectors = const CONTEXT_VECTORS - BIAS,
        pending = const PENDING,
    )
}

/// Goes in with the registers of the frame's context. Gives what [`go`] gives.
///
/// # Safety
/// As for [`go`]; the context is one that [`stop`] saved.
#[unsafe(naked)]
unsafe extern "sysv64" fn go_on(frame: u64) -> u64 {
    naked_asm!(
        "push rbx",
        "push rbp",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "mov r15, rdi",
        "mov [r15 + {host_rsp}], rsp",
        "stmxcsr [r15 + {host_mxcsr}]",
        "ldmxcsr [r15 + {guest_mxcsr}]",
        "movups xmm0, [r15 + {vectors}]",
        "movups xmm1, [r15 + {vectors} + 16]",
        "movups xmm2, [r15 + {vectors} + 32]",
        "movups xmm3, [r15 + {vectors} + 48]",
        "movups xmm4, [r15 + {vectors} + 64]",
        "movups xmm5, [r15 + {vectors} + 80]",
        "movups xmm6, [r15 + {vectors} + 96]",
        "movups xmm7, [r15 + {vectors} + 112]",
        "movups xmm8, [r15 + {vectors} + 128]",
        "movups xmm9, [r15 + {vectors} + 144]",
        "movups xmm10, [r15 + {vectors} + 160]",
        "movups xmm11, [r15 + {vectors} + 176]",
        "movups xmm12, [r15 + {vectors} + 192]",
        "movups xmm13, [r15 + {vectors} + 208]",
        "movups xmm14, [r15 + {vectors} + 224]",
        "movups xmm15, [r15 + {vectors} + 240]",
        // iretq sets stack, flags and instruction pointer at once, so that the trap flag counts from there.
        "mov rdx, rsp",
        "mov eax, ss",
        "push rax",
        "push rdx",
        "push qword ptr [r15 + {context} + 136]",
        "mov eax, cs",
        "push rax",
        "push qword ptr [r15 + {context} + 128]",
        "mov rax, [r15 + {context}]",
        "mov rcx, [r15 + {context} + 8]",
        "mov rdx, [r15 + {context} + 16]",
        "mov rbx, [r15 + {context} + 24]",
        "mov rbp, [r15 + {context} + 40]",
        "mov rsi, [r15 + {context} + 48]",
        "mov rdi, [r15 + {context} + 56]",
        "mov r8, [r15 + {context} + 64]",
        "mov r9, [r15 + {context} + 72]",
        "mov r10, [r15 + {context} + 80]",
        "mov r11, [r15 + {context} + 88]",
        "mov r12, [r15 + {context} + 96]",
        "mov r13, [r15 + {context} + 104]",
        "mov r14, [r15 + {context} + 112]",
        "iretq",
        host_rsp = const HOST_RSP - BIAS,
        guest_mxcsr = const GUEST_MXCSR - BIAS,
        host_mxcsr = const HOST_MXCSR - BIAS,
        vectors = const CONTEXT_VECTORS - BIAS,
        context = const CONTEXT - BIAS,
    )
}

//! Running code that an engine made: its memory, going in and coming out, and where it stopped when it faults.
//!
//! Translated code runs with the host's FS base, with `r15` pointing into its thread's [`Frame`], and on a stack of its own
//! behind that frame, where it keeps where calls return. It leaves by a jump to the address in the frame, or because a handler
//! hit: that saves all registers to the frame, where the engine finds out what the guest's state is, and can resume or
//! single-step the very same instruction ([`Frame::resume`]).

mod arena;

pub use arena::Arena;
pub(crate) use arena::is_code;

use crate::block::PENDING;
use crate::handler::KernelContext;
use crate::map;
use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use ashore_pivot::Errno;
use core::arch::naked_asm;

/// How far `r15` is behind the frame's start.
pub const BIAS: usize = 144;
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

/// A thread's memory that translated code finds through `r15`.
#[derive(Debug)]
pub struct Frame {
    range: AddrRange,
    len: usize,
    /// The page between it and the stack, which nobody may touch.
    guard: AddrRange,
}

/// The bytes of the stack that code keeps returns on.
const STACK: u64 = 64 << 10;
/// What is at that stack's start.
const STACK_START: u64 = 16;

impl Frame {
    /// A frame of zeros.
    pub fn new(len: usize) -> Result<Frame, Errno> {
        let len = len.max(CONTEXT_VECTORS + 256);
        let frame = (len as u64).next_multiple_of(PAGE_SIZE);
        let range = map::anonymous(Addr::NULL, frame + PAGE_SIZE + STACK)?;
        let guard = AddrRange { start: range.start.plus(frame), end: range.start.plus(frame + PAGE_SIZE) };
        // Whoever drops it gives its memory back, without a guard too.
        let made = Frame { range, len, guard };
        map::protect_host(guard, 0)?;
        Ok(made)
    }

    /// Where the stack of returns begins; it grows downwards. The word there is where a return goes that no call was made for.
    pub fn stack_start(&self) -> u64 {
        self.range.end.0 - STACK_START
    }

    /// Says where a return goes that no call was made for.
    pub fn set_lost(&mut self, address: u64) {
        // SAFETY: mapped for as long as `self` lives, aligned, and borrowed; code that uses it runs only by `&mut self`.
        unsafe { (self.stack_start() as *mut u64).write(address) };
    }

    /// Whether an address is where the stack of returns has no more room.
    pub fn is_stack_end(&self, address: u64) -> bool {
        self.guard.contains(Addr(address))
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
        "mov eax, ss",
        "push rax",
        "push qword ptr [r15 + {context} + 32]",
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

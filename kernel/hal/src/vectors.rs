//! Entering and leaving programs, and the table of vectors.
//!
//! Of a saved status neither the mode nor what is masked (bits 0 to 9) nor what would make the state illegal or mask more (13 to
//! 20) comes into the CPU. A step (21) works only while the debug unit is on, the rest means nothing to a program.
//!
//! [`enter`] keeps the kernel's own registers and the address of the thread's on the stack, where the vectors find it: no
//! register of the CPU is spent on it, and there is nothing to look up. Both ways together are 75 instructions. A call that has
//! a handler for that is answered with most registers in the CPU, in 40 instructions and the handler's.
//!
//! Anything that comes while the kernel itself runs is a defect of the kernel. Its registers go to the CPU's own area without
//! touching the stack, which may be what is broken.

use ashore_isa::aarch64::{Regs, Vectors};
use ashore_kernel_core::quick::{Handlers, NUMBERS};
use core::arch::global_asm;
use core::ffi::c_void;

/// What [`enter`] answers for an interrupt; no syndrome looks so.
pub(crate) const INTERRUPT: u64 = u64::MAX;
/// What [`enter`] answers for an error that nobody asked for (SError).
pub(crate) const ERROR: u64 = u64::MAX - 1;

/// What [`enter`] keeps on the stack: the kernel's own registers, two of the program's that have no place yet, the two
/// arguments that a stop needs and the handlers; how much that is.
const SCRATCH: usize = 96;
const REGS: usize = 112;
const HANDLERS: usize = 128;
const FRAME: usize = 144;

unsafe extern "C" {
    /// Runs the program whose registers these are until it stops; answers the syndrome (`ESR_EL1`), or one of the words
    /// above. Calls that there is a handler for are answered by that; one that leaves a call stops the program.
    ///
    /// # Safety
    /// The pointers are to registers nobody else uses meanwhile and to the `Caller` that the handlers are told of; the lower half of
    /// the address space is the program's.
    pub(crate) fn enter(regs: *mut Regs, caller: *const c_void, handlers: &Handlers) -> u64;

    /// Loads the vector registers.
    ///
    /// # Safety
    /// The pointer can be read.
    pub(crate) fn load_vectors(from: *const Vectors);

    /// Saves the vector registers.
    ///
    /// # Safety
    /// The pointer can be written.
    pub(crate) fn save_vectors(to: *mut Vectors);
}

global_asm!(
    r#"
    .macro  broken kind
    .balign 128
    msr     tpidrro_el0, x0
    mrs     x0, tpidr_el1
    cbz     x0, _too_early
    str     x1, [x0, #8]
    mov     x1, #\kind
    b       _broken
    .endm

    .section .vectors, "ax"
    .balign 2048
    .global _vectors
_vectors:
    broken  0
    broken  1
    broken  2
    broken  3
    broken  4
    broken  5
    broken  6
    broken  7

    .balign 128
    stp     x0, x1, [sp, #{scratch}]
    mrs     x0, esr_el1
    lsr     x1, x0, #26
    cmp     x1, #{call}
    b.ne    _stopped
    ldr     x1, [sp, #{handlers}]
    cmp     x8, #{numbers}
    b.hs    _stopped
    ldr     x1, [x1, x8, lsl #3]
    cbz     x1, _stopped
    b       _quick
    .balign 128
    stp     x0, x1, [sp, #{scratch}]
    mov     x0, #{interrupt}
    b       _stopped
    broken  10
    .balign 128
    stp     x0, x1, [sp, #{scratch}]
    mov     x0, #{error}
    b       _stopped

    broken  12
    broken  13
    broken  14
    broken  15

    .balign 64
    .global enter
enter:
    stp     x19, x20, [sp, #-{frame}]!
    stp     x21, x22, [sp, #16]
    stp     x23, x24, [sp, #32]
    stp     x25, x26, [sp, #48]
    stp     x27, x28, [sp, #64]
    stp     x29, x30, [sp, #80]
    stp     x0, x1, [sp, #{regs}]
    str     x2, [sp, #{handlers}]
    ldp     x1, x2, [x0, #256]
    msr     elr_el1, x1
    and     x2, x2, #{no_mode}
    and     x2, x2, #{no_state}
    msr     spsr_el1, x2
    ldr     x1, [x0, #272]
    msr     tpidr_el0, x1
    ldp     x30, x1, [x0, #240]
    msr     sp_el0, x1
    ldp     x2, x3, [x0, #16]
    ldp     x4, x5, [x0, #32]
    ldp     x6, x7, [x0, #48]
    ldp     x8, x9, [x0, #64]
    ldp     x10, x11, [x0, #80]
    ldp     x12, x13, [x0, #96]
    ldp     x14, x15, [x0, #112]
    ldp     x16, x17, [x0, #128]
    ldp     x18, x19, [x0, #144]
    ldp     x20, x21, [x0, #160]
    ldp     x22, x23, [x0, #176]
    ldp     x24, x25, [x0, #192]
    ldp     x26, x27, [x0, #208]
    ldp     x28, x29, [x0, #224]
    ldp     x0, x1, [x0]
    eret

// A call that the handler at x1 may answer: what a function may change is kept where it belongs anyway, the rest stays. Neither
// where the program goes on nor its status changes meanwhile.
_quick:
    ldr     x0, [sp, #{regs}]
    stp     x2, x3, [x0, #16]
    stp     x4, x5, [x0, #32]
    stp     x6, x7, [x0, #48]
    stp     x8, x9, [x0, #64]
    stp     x10, x11, [x0, #80]
    stp     x12, x13, [x0, #96]
    stp     x14, x15, [x0, #112]
    stp     x16, x17, [x0, #128]
    stp     x18, x19, [x0, #144]
    str     x30, [x0, #240]
    mov     x3, x1
    ldp     x0, x1, [sp, #{scratch}]
    ldr     x2, [sp, #{caller}]
    blr     x3
    ldr     x18, [sp, #{regs}]
    cbz     x1, 2f
    ldr     x1, [sp, #{scratch} + 8]
    ldp     x2, x3, [x18, #16]
    ldp     x4, x5, [x18, #32]
    ldp     x6, x7, [x18, #48]
    ldp     x8, x9, [x18, #64]
    ldp     x10, x11, [x18, #80]
    ldp     x12, x13, [x18, #96]
    ldp     x14, x15, [x18, #112]
    ldp     x16, x17, [x18, #128]
    ldr     x30, [x18, #240]
    ldr     x18, [x18, #144]
    eret
2:  mov     x1, x18
    ldr     x30, [x1, #240]
    mrs     x0, esr_el1
    b       _kept

_stopped:
    ldr     x1, [sp, #{regs}]
    stp     x2, x3, [x1, #16]
    stp     x4, x5, [x1, #32]
    stp     x6, x7, [x1, #48]
    stp     x8, x9, [x1, #64]
    stp     x10, x11, [x1, #80]
    stp     x12, x13, [x1, #96]
    stp     x14, x15, [x1, #112]
    stp     x16, x17, [x1, #128]
    stp     x18, x19, [x1, #144]
_kept:
    stp     x20, x21, [x1, #160]
    stp     x22, x23, [x1, #176]
    stp     x24, x25, [x1, #192]
    stp     x26, x27, [x1, #208]
    stp     x28, x29, [x1, #224]
    ldp     x2, x3, [sp, #{scratch}]
    stp     x2, x3, [x1]
    mrs     x2, sp_el0
    stp     x30, x2, [x1, #240]
    mrs     x2, elr_el1
    mrs     x3, spsr_el1
    stp     x2, x3, [x1, #256]
    mrs     x2, tpidr_el0
    str     x2, [x1, #272]
    ldp     x21, x22, [sp, #16]
    ldp     x23, x24, [sp, #32]
    ldp     x25, x26, [sp, #48]
    ldp     x27, x28, [sp, #64]
    ldp     x29, x30, [sp, #80]
    ldp     x19, x20, [sp], #{frame}
    ret

// The kernel faulted: x0 is the CPU's area, x1 the kind, their own values are at 8 and in tpidrro_el0.
_broken:
    stp     x2, x3, [x0, #16]
    stp     x4, x5, [x0, #32]
    stp     x6, x7, [x0, #48]
    stp     x8, x9, [x0, #64]
    stp     x10, x11, [x0, #80]
    stp     x12, x13, [x0, #96]
    stp     x14, x15, [x0, #112]
    stp     x16, x17, [x0, #128]
    stp     x18, x19, [x0, #144]
    stp     x20, x21, [x0, #160]
    stp     x22, x23, [x0, #176]
    stp     x24, x25, [x0, #192]
    stp     x26, x27, [x0, #208]
    stp     x28, x29, [x0, #224]
    mov     x2, sp
    stp     x30, x2, [x0, #240]
    mrs     x2, tpidrro_el0
    str     x2, [x0]
    mrs     x2, elr_el1
    mrs     x3, spsr_el1
    stp     x2, x3, [x0, #256]
    mrs     x2, tpidr_el0
    str     x2, [x0, #272]
    ldr     x2, [x0, #{last_stack}]
    mov     sp, x2
    mov     x29, xzr
    mov     x30, xzr
    b       {broken}

// Before a CPU has an area: say what is known through the debugger and stay.
_too_early:
    mrs     x2, esr_el1
    adr     x1, 8f
    mov     x0, #4
    hlt     #0xf000
    adr     x1, 9f
    mov     x0, #0x20
    hlt     #0xf000
7:  wfi
    b       7b
8:  .asciz  "ashore: the kernel faulted before it could set up reports\n"
    .balign 8
9:  .quad   0x20026, {panicked}

    .arch_extension fp
    .arch_extension simd
    .global load_vectors
load_vectors:
    add     x3, x0, #512
    ldp     w1, w2, [x3]
    msr     fpsr, x1
    msr     fpcr, x2
    ldp     q0, q1, [x0]
    ldp     q2, q3, [x0, #32]
    ldp     q4, q5, [x0, #64]
    ldp     q6, q7, [x0, #96]
    ldp     q8, q9, [x0, #128]
    ldp     q10, q11, [x0, #160]
    ldp     q12, q13, [x0, #192]
    ldp     q14, q15, [x0, #224]
    ldp     q16, q17, [x0, #256]
    ldp     q18, q19, [x0, #288]
    ldp     q20, q21, [x0, #320]
    ldp     q22, q23, [x0, #352]
    ldp     q24, q25, [x0, #384]
    ldp     q26, q27, [x0, #416]
    ldp     q28, q29, [x0, #448]
    ldp     q30, q31, [x0, #480]
    ret
    .global save_vectors
save_vectors:
    mrs     x1, fpsr
    mrs     x2, fpcr
    add     x3, x0, #512
    stp     w1, w2, [x3]
    stp     q0, q1, [x0]
    stp     q2, q3, [x0, #32]
    stp     q4, q5, [x0, #64]
    stp     q6, q7, [x0, #96]
    stp     q8, q9, [x0, #128]
    stp     q10, q11, [x0, #160]
    stp     q12, q13, [x0, #192]
    stp     q14, q15, [x0, #224]
    stp     q16, q17, [x0, #256]
    stp     q18, q19, [x0, #288]
    stp     q20, q21, [x0, #320]
    stp     q22, q23, [x0, #352]
    stp     q24, q25, [x0, #384]
    stp     q26, q27, [x0, #416]
    stp     q28, q29, [x0, #448]
    stp     q30, q31, [x0, #480]
    ret
    .arch_extension nosimd
    .arch_extension nofp
    "#,
    frame = const FRAME,
    scratch = const SCRATCH,
    regs = const REGS,
    caller = const REGS + 8,
    handlers = const HANDLERS,
    numbers = const NUMBERS,
    call = const crate::trap::CALL,
    no_mode = const !0x3ffu64,
    no_state = const !0x1f_e000u64,
    interrupt = const INTERRUPT as i64,
    error = const ERROR as i64,
    last_stack = const core::mem::offset_of!(crate::cpu::Cpu, last_stack),
    broken = sym crate::crash::broken,
    panicked = const crate::firmware::PANICKED,
);

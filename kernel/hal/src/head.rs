//! The first instructions: from whatever state a loader left to translation, a stack and Rust.
//!
//! The image begins with the header of the arm64 boot protocol, whose first word is a branch over it; an ELF loader enters
//! behind it. The code is position-independent until translation is on. Nothing is taken over from whoever ran before:
//! every register the kernel relies upon is set here.

use core::arch::global_asm;

/// `SCTLR_EL1` with translation and caches. Stack pointers are checked, data of programs may lie anywhere; programs may clean
/// caches by address and zero blocks (UCI, UCT, DZE), wait for events but not for interrupts (nTWE without nTWI).
pub(crate) const CONTROL: u64 = CONTROL_OFF | 1 | 1 << 2 | 1 << 12;
/// The same with translation and caches off. SA, SA0, ITD, SED, EOS, DZE, UCT, nTWE, TSCXT, EIS, SPAN, UCI, nTLSMD, LSMAOE.
const CONTROL_OFF: u64 = 1 << 3
    | 1 << 4
    | 1 << 7
    | 1 << 8
    | 1 << 11
    | 1 << 14
    | 1 << 15
    | 1 << 18
    | 1 << 20
    | 1 << 22
    | 1 << 23
    | 1 << 26
    | 1 << 28
    | 1 << 29;
/// `MAIR_EL1`: attribute 0 is memory, 1 a device (nGnRnE).
const ATTRIBUTES: u64 = 0x00ff;
/// `TCR_EL1` without what the CPU's identity decides: 48 bits in both halves, 4 KiB granules, tables in inner-shareable cached
/// memory, the top byte of programs' addresses ignored as Linux does it.
const TRANSLATION: u64 = 16 | 1 << 8 | 1 << 10 | 3 << 12 | 16 << 16 | 1 << 24 | 1 << 26 | 3 << 28 | 2 << 30 | 1 << 37;
/// Floating point is nobody's to trap.
const FLOATING: u64 = 3 << 20;
/// Programs may read the virtual counter.
const COUNTER: u64 = 1 << 1;

/// Where the kernel's image is linked. The linker script has it too.
pub(crate) const KERNEL: u64 = 0xffff_ffff_8000_0000;

global_asm!(
    r#"
    .section .head, "ax"
    .global _start
    .global _head
_head:
    b       _start
    .long   0
    .quad   0                       // anywhere in memory
    .quad   _image_len
    .quad   0xa                     // little-endian, 4 KiB pages, any place
    .quad   {mailbox} - _head       // what the kernel leaves for the host: see Mailbox
    .quad   0
    .quad   0
    .ascii  "ARM\x64"
    .long   0

_start:
    msr     daifset, #0xf
    mov     x19, x0                 // the device tree
    bl      level                   // to EL1
    adrp    x0, _bss
    adrp    x1, _end
1:  stp     xzr, xzr, [x0], #16
    cmp     x0, x1
    b.lo    1b

    adrp    x20, _head              // where the image lies
    mov     x9, #3                  // a table
    mov     x10, #0x701             // a block of memory: accessed, inner-shareable, attribute 0

    // The GiB of the image and that of the tree: where they are, and in the direct map.
    adrp    x0, {early_low}
    adrp    x1, {early_gib}
    orr     x2, x1, x9
    str     x2, [x0]                // identity and direct map begin alike
    lsr     x3, x20, #30
    lsl     x4, x3, #30
    orr     x4, x4, x10
    str     x4, [x1, x3, lsl #3]
    lsr     x3, x19, #30
    lsl     x4, x3, #30
    orr     x4, x4, x10
    str     x4, [x1, x3, lsl #3]

    // The image where it is linked: KERNEL is entry 511, 510, 0.
    adrp    x5, {early_third}
    orr     x2, x5, x9
    str     x2, [x0, #511 * 8]
    adrp    x6, {early_second}
    orr     x2, x6, x9
    str     x2, [x5, #510 * 8]
    adrp    x7, {early_pages}
    orr     x2, x7, x9
    str     x2, [x6]
    orr     x3, x20, x10
    orr     x3, x3, #2
    mov     x4, #512
2:  str     x3, [x7], #8
    add     x3, x3, #0x1000
    subs    x4, x4, #1
    b.ne    2b

    // Lines that were in a cache before it was on must not win over what was just written.
    dsb     sy
    adrp    x1, _bss
    adrp    x2, _end
3:  dc      ivac, x1
    add     x1, x1, #16
    cmp     x1, x2
    b.lo    3b
    dsb     sy

    mov     x1, x0
    bl      translate
    ldr     x2, ={stack}
    add     sp, x2, #{stack_len}
    mov     x0, x19
    mov     x1, x20
    mov     x29, xzr
    ldr     x2, ={start}
    mov     x30, xzr
    br      x2

// Another CPU begins: x0 is the physical address of its wake-up note.
    .global _wake
_wake:
    msr     daifset, #0xf
    mov     x19, x0
    bl      level
    ldp     x0, x1, [x19]           // the identity table, the kernel's table
    ldp     x20, x21, [x19, #16]    // its stack, its area
    bl      translate
    mov     sp, x20
    mov     x0, x21
    mov     x29, xzr
    ldr     x2, ={woken}
    mov     x30, xzr
    br      x2

// Goes to EL1 and sets what must not be inherited.
level:
    mrs     x0, currentel
    cmp     x0, #0xc
    b.eq    refuse
    cmp     x0, #0x8
    b.ne    4f
    mov     x0, #1 << 31            // EL1 is AArch64
    msr     hcr_el2, x0
    mov     x0, #3                  // EL1 reads counters and sets timers
    msr     cnthctl_el2, x0
    msr     cntvoff_el2, xzr
    mov     x0, #0x33ff             // no traps of floating point
    msr     cptr_el2, x0
    msr     hstr_el2, xzr
    msr     vttbr_el2, xzr
    mrs     x0, mdcr_el2
    and     x0, x0, #0x1f
    msr     mdcr_el2, x0
    mrs     x0, midr_el1
    msr     vpidr_el2, x0
    mrs     x0, mpidr_el1
    msr     vmpidr_el2, x0
    mrs     x0, id_aa64pfr0_el1
    ubfx    x0, x0, #24, #4
    cbz     x0, 3f
    mrs     x0, s3_4_c12_c9_5       // the interrupt controller's registers are EL1's (ICC_SRE_EL2)
    orr     x0, x0, #1
    orr     x0, x0, #8
    msr     s3_4_c12_c9_5, x0
    isb
    msr     s3_4_c12_c11_0, xzr
3:  ldr     x0, ={control_off}
    msr     sctlr_el1, x0
    mov     x0, #0x3c5              // EL1, own stack pointer, all masked
    msr     spsr_el2, x0
    adr     x0, 4f
    msr     elr_el2, x0
    eret
4:  msr     spsel, #1
    ldr     x0, ={control_off}
    msr     sctlr_el1, x0
    isb
    adr     x0, _vectors
    msr     vbar_el1, x0
    ldr     x0, ={floating}
    msr     cpacr_el1, x0
    mov     x0, #{counter}
    msr     cntkctl_el1, x0
    msr     mdscr_el1, xzr
    msr     osdlr_el1, xzr
    msr     oslar_el1, xzr
    msr     tpidr_el1, xzr
    msr     tpidr_el0, xzr
    msr     tpidrro_el0, xzr
    msr     contextidr_el1, xzr
    mov     x0, #2
    msr     cntv_ctl_el0, x0        // no timer yet
    msr     cntp_ctl_el0, x0
    mrs     x0, id_aa64dfr0_el1
    ubfx    x0, x0, #8, #4
    cbz     x0, 5f
    msr     pmuserenr_el0, xzr      // programs do not read the counters of performance
5:  isb
    ret

// Turns translation on with the tables x0 (lower half) and x1 (upper half) and returns to the kernel's own addresses.
translate:
    ldr     x2, ={attributes}
    msr     mair_el1, x2
    ldr     x2, ={translation}
    mrs     x3, id_aa64mmfr0_el1
    and     x4, x3, #0xf            // how many address bits
    cmp     x4, #5
    mov     x5, #5
    csel    x4, x4, x5, lo
    orr     x2, x2, x4, lsl #32
    ubfx    x4, x3, #4, #4          // 16-bit address space ids
    cmp     x4, #2
    b.ne    6f
    orr     x2, x2, #1 << 36
6:  msr     tcr_el1, x2
    msr     ttbr0_el1, x0
    msr     ttbr1_el1, x1
    tlbi    vmalle1
    dsb     nsh
    ic      iallu
    dsb     nsh
    isb
    ldr     x2, ={control}
    msr     sctlr_el1, x2
    isb
    ldr     x2, =_vectors
    msr     vbar_el1, x2
    ldr     x2, =_head
    adrp    x3, _head
    sub     x2, x2, x3
    add     x30, x30, x2
    isb
    ret

// There is nobody to ask at EL3: say so through the debugger, if there is one, and stay.
refuse:
    adr     x1, 8f
    mov     x0, #4
    hlt     #0xf000
    adr     x1, 9f
    mov     x0, #0x20
    hlt     #0xf000
7:  wfi
    b       7b
8:  .asciz  "ashore: the machine entered the kernel at EL3; it must enter at EL2 or EL1\n"
    .balign 8
9:  .quad   0x20026, {panicked}

// The kernel's table becomes x0; x1 is what to add to the kernel's addresses to get where they lie.
    .global _root
_root:
    adr     x2, 1f
    add     x2, x2, x1
    br      x2
1:  msr     ttbr1_el1, x0
    isb
    tlbi    vmalle1
    dsb     nsh
    isb
    ret

// Goes on at x1 with the stack x0 and the argument x2.
    .global _stack
_stack:
    mov     sp, x0
    mov     x0, x2
    mov     x29, xzr
    mov     x30, xzr
    br      x1
    .ltorg
    "#,
    mailbox = sym crate::crash::MAILBOX,
    early_low = sym EARLY_LOW,
    early_gib = sym EARLY_GIB,
    early_third = sym EARLY_THIRD,
    early_second = sym EARLY_SECOND,
    early_pages = sym EARLY_PAGES,
    stack = sym STACK,
    stack_len = const STACK_LEN,
    start = sym crate::start::start,
    woken = sym crate::start::woken,
    control = const CONTROL,
    control_off = const CONTROL_OFF,
    floating = const FLOATING,
    counter = const COUNTER,
    attributes = const ATTRIBUTES,
    translation = const TRANSLATION,
    panicked = const crate::firmware::PANICKED,
);

/// A table of translation before there is an allocator.
#[repr(C, align(4096))]
pub(crate) struct Early([u64; 512]);

/// The level-0 table of the first steps, in both halves: the image where it lies and where it is linked, and the direct map.
pub(crate) static mut EARLY_LOW: Early = Early([0; 512]);
static mut EARLY_GIB: Early = Early([0; 512]);
static mut EARLY_THIRD: Early = Early([0; 512]);
static mut EARLY_SECOND: Early = Early([0; 512]);
static mut EARLY_PAGES: Early = Early([0; 512]);

/// Bytes of the first CPU's first stack.
const STACK_LEN: usize = 0x8000;

#[repr(C, align(4096))]
struct Stack([u8; STACK_LEN]);
static mut STACK: Stack = Stack([0; STACK_LEN]);

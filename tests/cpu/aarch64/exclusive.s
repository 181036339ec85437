// Atomics: exclusive pairs that succeed and fail, single instructions of every operation, in loops.
.include "case.inc"
.arch armv8.1-a
.global _start
_start:
    adrp x0, cells
    add x0, x0, :lo12:cells
    mov x1, #3000
1:  ldxr x2, [x0]
    add x2, x2, x1
    stxr w3, x2, [x0]
    cbnz w3, 1b
    subs x1, x1, #1
    b.ne 1b
    ldr x2, [x0]
    expect x2, 4501500
    // Nothing is watched: it fails and stores nothing.
    clrex
    mov x4, #9
    stxr w3, x4, [x0]
    expect x3, 1
    ldr x2, [x0]
    expect x2, 4501500
    // Another store of the same thread to the place, of another value: whether that ends the watch is the CPU's to say, but
    // what is stored then is stored, or not.
    ldaxr w2, [x0, #0]
    stlxr w3, w4, [x0]
    expect x3, 0
    ldr w2, [x0]
    expect x2, 9
    ldxp x5, x6, [x0]
    mov x7, #77
    stxp w3, x6, x7, [x0]
    expect x3, 0
    ldr x2, [x0, #8]
    expect x2, 77
    // Compare and swap: of one and of pairs.
    str xzr, [x0]
    mov x5, #0
    mov x6, #5
    cas x5, x6, [x0]
    expect x5, 0
    cas x5, x7, [x0]
    expect x5, 5
    mov x8, #5
    mov x9, #77
    mov x10, #1
    mov x11, #2
    caspal x8, x9, x10, x11, [x0]
    expect x8, 5
    expect x9, 77
    ldr x2, [x0, #8]
    expect x2, 2
    mov w5, #0x1ff
    mov w6, #3
    casb w5, w6, [x0]
    expect x5, 1
    // Changes, by every operation.
    mov x1, #12
    str x1, [x0]
    mov x2, #10
    ldadd x2, x3, [x0]
    expect x3, 12
    ldclr x2, x3, [x0]
    expect x3, 22
    ldset x2, x3, [x0]
    expect x3, 20
    ldeor x2, x3, [x0]
    expect x3, 30
    mov x4, #-1
    ldsmax x4, x3, [x0]
    expect x3, 20
    ldsmin x4, x3, [x0]
    expect x3, 20
    ldumin x2, x3, [x0]
    expect x3, 0xffffffffffffffff
    ldumax x4, x3, [x0]
    expect x3, 10
    swpal x2, x3, [x0]
    expect x3, 0xffffffffffffffff
    mov w4, #0xff
    ldaddb w4, w3, [x0]
    expect x3, 10
    ldrb w3, [x0]
    expect x3, 9
    // Ordered accesses and barriers.
    stlr x2, [x0]
    dmb ish
    ldar x3, [x0]
    dsb sy
    isb
    expect x3, 10
    passed
.bss
.balign 16
cells: .skip 64

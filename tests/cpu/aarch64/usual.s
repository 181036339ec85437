// What is written at sight: usual instructions in registers that live in host registers (x0 to x4) and in memory (x5, x6, x7),
// with flags that are read behind them and without; and what is fused or kept for the next instruction.
.include "case.inc"
.macro expect_v register, low, high
    mov x26, v\register\().d[0]
    expect x26, \low
    mov x26, v\register\().d[1]
    expect x26, \high
.endm
.macro all a, b
    // Zero and other constants between a comparison and its reader.
    mov \a, #7
    cmp \a, #7
    mov \a, #0
    mov \b, #5
    expect_flags 6
    expect \a, 0
    expect \b, 5
    cmp \b, #6
    mov \a, #0
    cset \b, lo
    expect \b, 1
    ldr \a, =0x123456789abcdef0
    add \b, \a, #1
    expect \b, 0x123456789abcdef1
    // Sums, differences, logic: in place, from another register, with flags that are read later.
    mov \a, #10
    mov \b, #3
    cmp \a, \b
    add \a, \a, #0xfff
    sub \b, \b, #4
    expect_flags 2
    expect \a, 0x1009
    expect \b, 0xffffffffffffffff
    cmp \a, \a
    add \a, \a, \b
    sub \b, \a, \b
    expect_flags 6
    expect \a, 0x1008
    expect \b, 0x1009
    sub \a, \b, \a
    expect \a, 1
    sub \b, \a, \b
    expect \b, 0xffffffffffffeff8
    and \b, \b, #0xff
    expect \b, 0xf8
    eor \a, \b, \a
    orr \b, \a, \b
    expect \a, 0xf9
    expect \b, 0xf9
    lsl \a, \a, #60
    asr \b, \a, #60
    lsr \a, \a, #60
    expect \b, 0xfffffffffffffff9
    expect \a, 9
    add \a, \a, \a
    expect \a, 18
    mov \b, \a
    mov \a, \a
    expect \b, 18
    // Bits: low ones, those in between, high ones.
    mov \a, #0x80
    tbz \a, #7, failed
    tbnz \a, #6, failed
    ldr \a, =0x8000000040000100
    tbz \a, #8, failed
    tbz \a, #30, failed
    tbnz \a, #31, failed
    tbz \a, #63, failed
    cbz \a, failed
    // Trailing zeros: in place, elsewhere, of words, of zero, with flags that are read later.
    cmp \a, #0
    rbit \b, \a
    clz \b, \b
    expect_flags 10
    expect \b, 8
    rbit \a, \a
    clz \b, \a
    expect \a, 0x0080000200000001
    expect \b, 8
    mov \a, #0
    rbit \a, \a
    clz \a, \a
    expect \a, 64
    // Memory: pairs whose first or second register is the base, and bases that change.
    adrp x20, cells
    add x20, x20, :lo12:cells
    mov \a, x20
    mov x21, #-1
    add x23, \a, #16
    stp x21, x23, [\a, #16]!
    ldp \b, \a, [\a]
    expect \b, 0xffffffffffffffff
    sub \a, \a, x20
    expect \a, 16
    add \a, x20, #16
    ldp \a, \b, [\a]
    expect \a, 0xffffffffffffffff
    sub \b, \b, x20
    expect \b, 16
    mov \a, x20
    mov x23, \a
    str x23, [\a], #8
    ldr \b, [\a, #-8]!
    cmp \b, \a
    cset \b, eq
    expect \b, 1
    mov \b, #0x81
    strb w21, [\a, #1]
    strh wzr, [\a, #2]
    str xzr, [\a, #8]
    ldrsb x22, [\a, #1]
    expect x22, 0xffffffffffffffff
    ldrh w22, [\a, #2]
    expect x22, 0
.endm
.global _start
_start:
    all x0, x1
    all x2, x5
    all x6, x3
    all x5, x7
    // Words.
    ldr x5, =0xffffffff00000010
    ldr x0, =0xffffffff00000010
    add w1, w5, #1
    add w5, w5, #1
    sub w0, w0, #17
    expect x1, 17
    expect x5, 17
    expect x0, 0xffffffff
    ldr x0, =0xffffffff00000010
    and w0, w0, #0x10
    expect x0, 0x10
    ldr x0, =0xffffffff00000010
    lsl w0, w0, #2
    expect x0, 0x40
    ldr x0, =0xffffffff00000010
    cmp w0, #16
    add w0, w0, w0
    b.ne failed
    expect x0, 0x20
    rbit w1, w0
    clz w1, w1
    expect x1, 5
    mov w1, #0
    rbit w1, w1
    clz w1, w1
    expect x1, 32
    // An element that is used twice, and changes between.
    ldr x0, =0x0000000300000002
    fmov d0, x0
    movi v1.4s, #5
    mul v2.4s, v1.4s, v0.s[1]
    mul v3.4s, v1.4s, v0.s[1]
    expect_v 2, 0x0000000f0000000f, 0x0000000f0000000f
    expect_v 3, 0x0000000f0000000f, 0x0000000f0000000f
    mul v2.4s, v1.4s, v0.s[0]
    mov v0.s[0], w0
    add v0.4s, v0.4s, v1.4s
    mul v3.4s, v1.4s, v0.s[0]
    expect_v 2, 0x0000000a0000000a, 0x0000000a0000000a
    expect_v 3, 0x0000002300000023, 0x0000002300000023
    // Halves of vectors in each other's place, and in their own.
    mov x1, #1
    mov x2, #2
    mov v4.d[0], x1
    mov v4.d[1], x2
    mov v5.16b, v4.16b
    mov v5.d[0], v4.d[1]
    expect_v 5, 2, 2
    mov v5.d[1], v4.d[0]
    expect_v 5, 2, 1
    movi v6.2d, #0
    mov v6.d[0], v5.d[0]
    expect_v 6, 2, 0
    mov v6.d[1], v5.d[1]
    expect_v 6, 2, 1
    mov v6.d[0], v6.d[1]
    expect_v 6, 1, 1
    // Tables: indices inside, on the border, far outside.
    ldr x1, =0x0706050403020100
    ldr x2, =0x0f0e0d0c0b0a0908
    mov v7.d[0], x1
    mov v7.d[1], x2
    ldr x1, =0xff80100f7f01007e
    mov v16.d[0], x1
    mov v16.d[1], x2
    tbl v17.16b, {v7.16b}, v16.16b
    expect_v 17, 0x0000000f00010000, 0x0f0e0d0c0b0a0908
    tbl v16.8b, {v7.16b}, v16.8b
    expect_v 16, 0x0000000f00010000, 0
    tbl v7.16b, {v7.16b}, v7.16b
    expect_v 7, 0x0706050403020100, 0x0f0e0d0c0b0a0908
    passed
.ltorg
.balign 8
.data
.balign 16
cells: .skip 64

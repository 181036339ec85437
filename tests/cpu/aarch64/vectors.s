// Vectors: lanes, widths, saturation and its flag, tables, the upper half that narrow results clear.
.include "case.inc"
.global _start
.macro expect_v number, low, high
    mov x25, v\number\().d[0]
    expect x25, \low
    mov x25, v\number\().d[1]
    expect x25, \high
.endm
_start:
    msr fpsr, xzr
    ldr x0, =0x0706050403020100
    ldr x1, =0x0f0e0d0c0b0a0908
    mov v0.d[0], x0
    mov v0.d[1], x1
    // A narrow result clears what is above.
    mov v1.16b, v0.16b
    add v1.8b, v0.8b, v0.8b
    expect_v 1, 0x0e0c0a0806040200, 0
    mov v1.16b, v0.16b
    fmov s1, wzr
    expect_v 1, 0, 0
    // Into the upper half, the lower one stays.
    movi v1.2d, #0xffffffffffffffff
    xtn2 v1.16b, v0.8h
    expect_v 1, 0xffffffffffffffff, 0x0e0c0a0806040200
    // Saturation is remembered.
    movi v2.16b, #0x7f
    sqadd v3.16b, v2.16b, v0.16b
    expect_v 3, 0x7f7f7f7f7f7f7f7f, 0x7f7f7f7f7f7f7f7f
    mrs x2, fpsr
    expect x2, 0x8000000
    msr fpsr, xzr
    uqadd v3.16b, v2.16b, v0.16b
    mrs x2, fpsr
    expect x2, 0
    sqxtun v3.8b, v0.8h
    expect_v 3, 0xffffffffffffffff, 0
    mrs x2, fpsr
    expect x2, 0x8000000
    // Tables, from one and from two registers; what is not in them is zero or stays.
    ldr x2, =0xff10200f0e010013
    mov v4.d[0], x2
    mov v4.d[1], x2
    tbl v5.16b, {v0.16b}, v4.16b
    expect_v 5, 0x0000000f0e010000, 0x0000000f0e010000
    mov v6.16b, v0.16b
    mov v7.16b, v2.16b
    tbl v5.16b, {v6.16b, v7.16b}, v4.16b
    expect_v 5, 0x007f000f0e01007f, 0x007f000f0e01007f
    tbx v5.16b, {v0.16b}, v4.16b
    expect_v 5, 0x007f000f0e01007f, 0x007f000f0e01007f
    // Orders.
    rev64 v5.8h, v0.8h
    expect_v 5, 0x0100030205040706, 0x09080b0a0d0c0f0e
    zip1 v5.16b, v0.16b, v2.16b
    expect_v 5, 0x7f037f027f017f00, 0x7f077f067f057f04
    uzp2 v5.8h, v0.8h, v0.8h
    expect_v 5, 0x0f0e0b0a07060302, 0x0f0e0b0a07060302
    trn1 v5.4s, v0.4s, v2.4s
    expect_v 5, 0x7f7f7f7f03020100, 0x7f7f7f7f0b0a0908
    ext v5.16b, v0.16b, v2.16b, #5
    expect_v 5, 0x0c0b0a0908070605, 0x7f7f7f7f7f0f0e0d
    // Sums across, counts, widening products.
    addv b5, v0.16b
    expect_v 5, 0x78, 0
    uaddlv h5, v2.16b
    expect_v 5, 2032, 0
    cnt v5.8b, v2.8b
    expect_v 5, 0x0707070707070707, 0
    smull v5.8h, v0.8b, v2.8b
    expect_v 5, 0x017d00fe007f0000, 0x037902fa027b01fc
    umlal2 v5.8h, v0.16b, v0.16b
    expect_v 5, 0x01f6016200d00040, 0x045a03be0324028c
    // Shifts by a register: to the left, to the right where it is negative, far.
    movi v8.16b, #0xfe
    sshl v5.16b, v2.16b, v8.16b
    expect_v 5, 0x1f1f1f1f1f1f1f1f, 0x1f1f1f1f1f1f1f1f
    movi v8.16b, #9
    ushl v5.16b, v2.16b, v8.16b
    expect_v 5, 0, 0
    // A polynomial product, the rounds of a cipher.
    pmull v5.8h, v0.8b, v2.8b
    expect_v 5, 0x008100fe007f0000, 0x017d0102018301fc
    // A hot loop with many registers alive: sixteen sums of bytes.
    mov x20, #2000
    movi v16.2d, #0
    movi v17.2d, #0
    movi v18.2d, #0
    movi v19.2d, #0
    movi v31.2d, #0
1:  uaddw v16.8h, v16.8h, v0.8b
    uaddw2 v17.8h, v17.8h, v0.16b
    eor v18.16b, v18.16b, v16.16b
    add v19.2d, v19.2d, v17.2d
    sub v31.4s, v31.4s, v19.4s
    subs x20, x20, #1
    b.ne 1b
    expect_v 16, 0x17700fa007d00000, 0x36b02ee027101f40
    mov x25, v31.d[1]
    mov x24, v18.d[0]
    add x24, x24, x25
    expect x24, 0x1221eaa3c3050ac0
    passed

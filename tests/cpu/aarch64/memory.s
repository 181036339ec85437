// Every way of naming a place, with every size: distances, changes of the base, indices, pairs, literals, across pages.
.include "case.inc"
.global _start
_start:
    adrp x0, cells
    add x0, x0, :lo12:cells
    ldr x1, =0x8899aabbccddeeff
    str x1, [x0]
    ldrb w2, [x0, #1]
    expect x2, 0xee
    ldrsb x2, [x0, #1]
    expect x2, 0xffffffffffffffee
    ldrsb w2, [x0, #1]
    expect x2, 0xffffffee
    ldrh w2, [x0, #2]
    expect x2, 0xccdd
    ldrsh x2, [x0, #2]
    expect x2, 0xffffffffffffccdd
    ldrsw x2, [x0, #4]
    expect x2, 0xffffffff8899aabb
    ldur w2, [x0, #3]
    expect x2, 0x99aabbcc
    // Changes of the base, before and after, to loads into the loop's own registers.
    add x3, x0, #64
    mov x4, #0
1:  str x4, [x3], #8
    add x4, x4, #1
    cmp x4, #300
    b.lo 1b
    mov x5, #0
2:  ldr x6, [x3, #-8]!
    add x5, x5, x6
    subs x4, x4, #1
    b.ne 2b
    expect x5, 44850
    sub x7, x3, x0
    expect x7, 64
    // Indices: wide, narrow with and without a sign, scaled.
    mov x8, #5
    ldr x9, [x3, x8, lsl #3]
    expect x9, 5
    mov x8, #-1
    add x10, x3, #64
    ldr x9, [x10, w8, sxtw #3]
    expect x9, 7
    mov w8, #2
    movk x8, #0x1234, lsl #48
    ldr x9, [x10, w8, uxtw #3]
    expect x9, 10
    // Pairs, with a base that is changed.
    ldp x11, x12, [x3], #16
    ldp x13, x14, [x3, #16]!
    add x11, x11, x12
    add x13, x13, x14
    expect x11, 1
    expect x13, 9
    ldpsw x11, x12, [x0]
    expect x11, 0xffffffffccddeeff
    expect x12, 0xffffffff8899aabb
    // Not aligned, across a page and a line.
    ldr x1, =0x0102030405060708
    adrp x3, cells + 4096
    str x1, [x3, #-3]
    ldur x2, [x3, #-3]
    expect x2, 0x0102030405060708
    ldrb w2, [x3]
    expect x2, 5
    str q0, [x3, #-16]!
    ldr x2, =0x1122334455667788
    fmov d1, x2
    str d1, [x3, #8]
    ldr q2, [x3]
    mov x2, v2.d[1]
    expect x2, 0x1122334455667788
    // Structures of vectors.
    ldr x1, =0x0706050403020100
    stp x1, x1, [x0]
    add x4, x0, #16
    stp x1, x1, [x4]
    mov x5, x0
    ld2 {v0.8b, v1.8b}, [x5], #16
    mov x2, v0.d[0]
    expect x2, 0x0604020006040200
    mov x2, v1.d[0]
    expect x2, 0x0705030107050301
    cmp x5, x4
    mov x27, #98
    b.ne failed
    ld1r {v3.4h}, [x0]
    mov x2, v3.d[0]
    expect x2, 0x0100010001000100
    st1 {v3.b}[1], [x4]
    ldrb w2, [x4]
    expect x2, 1
    // A literal, and an address of the program counter.
    ldr w2, number
    expect x2, 0x600df00d
    ldrsw x2, negative
    expect x2, 0xfffffffffffffff9
    // Zeros of a block.
    dc zva, x0
    ldr x2, [x0]
    expect x2, 0
    passed
.balign 4
number: .word 0x600df00d
negative: .word -7
.bss
.balign 4096
cells: .skip 16384

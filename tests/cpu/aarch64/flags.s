// Flags: each producer, over branches, calls and loops to each consumer.
.include "case.inc"
.global _start
_start:
    mov x0, #-1
    adds x1, x0, #1
    expect_flags 6
    mov w0, #0x7fffffff
    adds w1, w0, #1
    expect_flags 9
    mov x0, #0
    subs x1, x0, #1
    expect_flags 8
    mov x0, #0x8000000000000000
    subs x1, x0, #1
    expect_flags 3
    ands x1, x0, x0
    expect_flags 8
    bics x1, x0, x0
    expect_flags 4
    tst w0, #1
    expect_flags 4

    // With carry, a chain over a branch.
    mov x0, #-1
    mov x1, #1
    adds x2, x0, x1
    b 1f
    udf #0
1:  adcs x3, x0, xzr
    expect_flags 6
    subs x2, xzr, x1
    sbcs x3, x0, x1
    expect x3, 0xfffffffffffffffd
    subs x2, x1, xzr
    ngcs x3, x1
    expect x3, 0xffffffffffffffff

    // Conditional compares: taken, and with the flags that stand in them.
    mov x0, #5
    cmp x0, #5
    ccmp x0, #6, #0, eq
    expect_flags 8
    cmp x0, #4
    ccmp x0, #6, #13, eq
    expect_flags 13
    cmp x0, #4
    ccmn x0, #5, #2, ne
    expect_flags 0

    // Every condition after every state of the flags.
    mov x20, #0
    mov x19, #0
2:  lsl x1, x20, #28
    msr nzcv, x1
    cset x2, eq
    cset x3, hs
    bfi x2, x3, #1, #1
    cset x3, mi
    bfi x2, x3, #2, #1
    cset x3, vs
    bfi x2, x3, #3, #1
    cset x3, hi
    bfi x2, x3, #4, #1
    cset x3, ge
    bfi x2, x3, #5, #1
    cset x3, gt
    bfi x2, x3, #6, #1
    b.al 3f
    udf #0
3:  b.ls 4f
    orr x2, x2, #0x80
4:  b.lt 5f
    orr x2, x2, #0x100
5:  b.le 6f
    orr x2, x2, #0x200
6:  ror x19, x19, #7
    add x19, x19, x2
    add x20, x20, #1
    cmp x20, #16
    b.lo 2b
    adr x0, sum
    ldr x0, [x0]
    cmp x19, x0
    mov x27, #99
    b.ne failed

    // Alive over a call and around a loop.
    cmp xzr, xzr
    bl nothing
    b.eq 7f
    udf #0
7:  mov x0, #4000
    mov x1, #0
    adds xzr, xzr, xzr
8:  adc x1, x1, xzr
    sub x0, x0, #1
    cbz x0, 9f
    cmp x0, #2000
    b 8b
9:  expect x1, 2000

    // Floating-point compares, and selects by them.
    fmov d0, #1.0
    fmov d1, #2.0
    fcmp d0, d1
    expect_flags 8
    fcmp d1, d0
    expect_flags 2
    fcmp d1, d1
    expect_flags 6
    adr x0, nan
    ldr d2, [x0]
    fcmp d2, d0
    expect_flags 3
    fcmp d2, d0
    fccmp d0, d1, #4, lt
    expect_flags 8
    fcmp d0, d1
    fcsel d3, d0, d1, mi
    fmov x0, d3
    expect x0, 0x3ff0000000000000
    passed
nothing: ret
.balign 8
nan: .quad 0x7ff8000000000000
sum: .quad 0x3fc686374b020e75

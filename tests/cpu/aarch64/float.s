// Numbers: not-a-number, rounding, flushing, the default not-a-number, and what the status tells of it.
.include "case.inc"
.global _start
.macro number register, bits
    ldr x0, =\bits
    fmov \register, x0
.endm
.macro expect_d register, bits
    fmov x25, \register
    expect x25, \bits
.endm
.macro expect_status bits
    mrs x25, fpsr
    expect x25, \bits
    msr fpsr, xzr
.endm
_start:
    msr fpsr, xzr
    msr fpcr, xzr
    number d0, 0x3ff0000000000000
    number d1, 0x4008000000000000
    fdiv d2, d0, d1
    expect_d d2, 0x3fd5555555555555
    expect_status 0x10
    // Rounding up, down, to zero: the control is read where it is needed.
    mov x1, #0x400000
    msr fpcr, x1
    fdiv d2, d0, d1
    expect_d d2, 0x3fd5555555555556
    mov x1, #0x800000
    msr fpcr, x1
    fneg d3, d0
    fdiv d2, d3, d1
    expect_d d2, 0xbfd5555555555556
    mov x1, #0xc00000
    msr fpcr, x1
    fdiv d2, d3, d1
    expect_d d2, 0xbfd5555555555555
    msr fpcr, xzr
    msr fpsr, xzr
    // Zero by zero, infinity less infinity, a root: the default one, positive.
    movi d4, #0
    fdiv d2, d4, d4
    expect_d d2, 0x7ff8000000000000
    expect_status 1
    fdiv d2, d0, d4
    expect_d d2, 0x7ff0000000000000
    expect_status 2
    fsub d2, d2, d2
    expect_d d2, 0x7ff8000000000000
    fsqrt d2, d3
    expect_d d2, 0x7ff8000000000000
    expect_status 1
    // A signalling one comes first, and becomes quiet; of two quiet ones the first.
    number d5, 0xfff8000000000005
    number d6, 0x7ff0000000000006
    fadd d2, d5, d6
    expect_d d2, 0x7ff8000000000006
    expect_status 1
    number d7, 0x7ff8000000000007
    fadd d2, d5, d7
    expect_d d2, 0xfff8000000000005
    fmul d2, d7, d5
    expect_d d2, 0x7ff8000000000007
    expect_status 0
    fmaxnm d2, d0, d7
    expect_d d2, 0x3ff0000000000000
    fmax d2, d0, d7
    expect_d d2, 0x7ff8000000000007
    movi d4, #0
    fneg d8, d4
    fmin d2, d4, d8
    expect_d d2, 0x8000000000000000
    // The default one always.
    mov x1, #0x2000000
    msr fpcr, x1
    fadd d2, d5, d7
    expect_d d2, 0x7ff8000000000000
    msr fpcr, xzr
    // Tiny numbers, with and without flushing: operands, results, conversions, roundings.
    number d9, 0x000fffffffffffff
    number d10, 0x0010000000000001
    number d11, 0x3fe0000000000000
    msr fpsr, xzr
    fadd d2, d9, d4
    expect_d d2, 0x000fffffffffffff
    expect_status 0
    fmul d2, d10, d11
    expect_d d2, 0x0008000000000000
    expect_status 0x18
    mov x1, #0x1000000
    msr fpcr, x1
    fadd d2, d9, d4
    expect_d d2, 0
    expect_status 0x80
    fmul d2, d10, d11
    expect_d d2, 0
    expect_status 8
    frintp d2, d9
    expect_d d2, 0
    expect_status 0x80
    fcvtpu x2, d9
    expect x2, 0
    expect_status 0x80
    fcvtzs w2, d9
    expect x2, 0
    expect_status 0x80
    fdiv d2, d9, d4
    expect_d d2, 0x7ff8000000000000
    expect_status 0x81
    fdiv d2, d0, d9
    expect_d d2, 0x7ff0000000000000
    expect_status 0x82
    fabs d2, d9
    expect_d d2, 0x000fffffffffffff
    expect_status 0
    // Beside a quiet not-a-number they are flushed, too: in sums, comparisons, vectors of two and of four.
    fadd d2, d7, d9
    expect_d d2, 0x7ff8000000000007
    expect_status 0x80
    fdiv d2, d9, d7
    expect_status 0x80
    fcmp d9, d7
    expect_status 0x80
    fcmp d7, d0
    expect_status 0
    fcmeq d2, d7, d9
    expect_d d2, 0
    expect_status 0x80
    number d15, 0x000000017fc00000
    number d16, 0x3f80000000000001
    fmul v2.2s, v15.2s, v16.2s
    expect_status 0x80
    fabd v2.4s, v15.4s, v16.4s
    expect_status 0x80
    fmla v2.2s, v15.2s, v16.2s
    expect_status 0x80
    fmadd d2, d9, d7, d0
    expect_status 0x80
    fmaxnm d2, d9, d7
    expect_d d2, 0
    expect_status 0x80
    number d2, 0x13b1c363b28175fb
    scvtf d2, d2
    expect_d d2, 0x43b3b1c363b28176
    expect_status 0x10
    // The same in a loop that becomes hot.
    mov x20, #2500
    mov x21, #0
1:  fadd d2, d9, d0
    fmov x2, d2
    add x21, x21, x2, lsr #52
    fmul d2, d10, d11
    fmov x2, d2
    add x21, x21, x2
    subs x20, x20, #1
    b.ne 1b
    expect x21, 2557500
    expect_status 0x88
    msr fpcr, xzr
    // To integers: what is too large is the largest, not-a-number is zero.
    number d12, 0x43f0000000000000
    fcvtzs x2, d12
    expect x2, 0x7fffffffffffffff
    expect_status 1
    fcvtzu w2, d12
    expect x2, 0xffffffff
    fcvtzs x2, d7
    expect x2, 0
    fcvtzu x2, d3
    expect x2, 0
    expect_status 1
    // Rounded to one too large, that is nothing but invalid. In range it is inexact.
    number d14, 0x41effffffff00000
    fcvtpu w2, d14
    expect x2, 0xffffffff
    fcvtnu w2, d14
    expect x2, 0xffffffff
    number d14, 0x41f0000000100000
    fcvtmu w2, d14
    expect x2, 0xffffffff
    number d14, 0xc1e0000000280000
    fcvtps w2, d14
    expect x2, 0x80000000
    number d14, 0xc3f8000000000001
    fcvtps w2, d14
    expect x2, 0x80000000
    fcvtms x2, d14
    expect x2, 0x8000000000000000
    expect_status 1
    number d15, 0x41dfffffffe00000
    fcvtns w2, d15
    expect x2, 0x7fffffff
    expect_status 1
    number d15, 0x41dfffffffa00000
    fcvtps w2, d15
    expect x2, 0x7fffffff
    expect_status 0x10
    number d15, 0x41efffffffe00000
    fcvtpu w2, d15
    expect x2, 0xffffffff
    fcvtmu w2, d15
    expect x2, 0xffffffff
    expect_status 0
    number d15, 0x41efffffffd00000
    fcvtpu w2, d15
    expect x2, 0xffffffff
    expect_status 0x10
    number d14, 0x4f00000041200000
    mov v14.d[1], v14.d[0]
    fcvtps v14.4s, v14.4s
    expect_d d14, 0x7fffffff0000000a
    expect_status 1
    number d14, 0x4f00000041240000
    mov v14.d[1], v14.d[0]
    fcvtms v14.4s, v14.4s
    expect_d d14, 0x7fffffff0000000a
    expect_status 0x11
    number d14, 0xc1200000c1240000
    mov v14.d[1], v14.d[0]
    fcvtms v14.4s, v14.4s
    expect_d d14, 0xfffffff6fffffff5
    expect_status 0x10
    fcvtas x2, d11
    expect x2, 1
    expect_status 0x10
    frintx d2, d11
    expect_d d2, 0
    expect_status 0x10
    frintn d2, d11
    expect_status 0
    // Of a vector of 64 bits nothing is above: zero less zero is negative where it is rounded down.
    movi v14.4s, #0
    mov x1, #0x800000
    msr fpcr, x1
    fsub v15.2s, v14.2s, v14.2s
    expect_d d15, 0x8000000080000000
    mov x25, v15.d[1]
    expect x25, 0
    fabd v15.2s, v14.2s, v14.2s
    expect_d d15, 0
    mov x25, v15.d[1]
    expect x25, 0
    // Of operands that are full vectors too.
    number d15, 0x7f7fffff3f800000
    mov v15.d[1], v15.d[0]
    fadd v2.2s, v14.2s, v15.2s
    fmul v2.2s, v2.2s, v2.2s
    mov x25, v2.d[1]
    expect x25, 0
    msr fpcr, xzr
    expect_status 0x14
    // A comparison under a condition whose flags nobody reads: what it raises counts.
    number d15, 0x7ff8000000000007
    b 1f
1:  fcmp d15, d15
    fccmpe d15, d15, #7, lt
    fcmpe d0, #0.0
    expect_status 1
    b 1f
1:  subs x1, x20, #1
    fccmpe d15, d15, #7, ge
    fcmpe d0, #0.0
    expect_status 0
    // Multiplied and added with one rounding.
    number d13, 0x3ff0000000000001
    fmul d14, d13, d13
    fnmsub d2, d13, d13, d14
    expect_d d2, 0x3970000000000000
    passed

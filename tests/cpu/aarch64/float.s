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
    fcvtas x2, d11
    expect x2, 1
    expect_status 0x10
    frintx d2, d11
    expect_d d2, 0
    expect_status 0x10
    frintn d2, d11
    expect_status 0
    // Multiplied and added with one rounding.
    number d13, 0x3ff0000000000001
    fmul d14, d13, d13
    fnmsub d2, d13, d13, d14
    expect_d d2, 0x3970000000000000
    passed

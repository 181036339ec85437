// A program that writes code: it runs what it wrote, after it said so, also when that was hot already and when it is its own loop.
.include "case.inc"
.global _start
_start:
    // A page to write and to execute.
    mov x0, #0
    mov x1, #4096
    mov x2, #7
    mov x3, #0x22
    mov x4, #-1
    mov x5, #0
    mov x8, #222
    svc #0
    mov x19, x0
    // mov x0, #N; ret, for many N.
    mov x20, #0
    mov x21, #0
1:  ldr w1, first
    add w1, w1, w20, lsl #5
    ldr w2, second
    stp w1, w2, [x19]
    dc cvau, x19
    dsb ish
    ic ivau, x19
    dsb ish
    isb
    blr x19
    add x21, x21, x0
    // The hot ones are run often.
    tst x20, #63
    b.ne 3f
    mov x22, #1700
2:  blr x19
    subs x22, x22, #1
    b.ne 2b
    add x21, x21, x0
3:  add x20, x20, #1
    cmp x20, #256
    b.lo 1b
    expect x21, 33024
    // What is written behind an instruction in the same page leaves it as it was.
    mov x23, #0
4:  str x23, [x19, #1024]
    blr x19
    add x23, x23, #1
    cmp x23, #100
    b.lo 4b
    expect x0, 255
    // Without permission to execute it is not executed, with it again it is.
    mov x0, x19
    mov x1, #4096
    mov x2, #3
    mov x8, #226
    svc #0
    ldr w1, third
    str w1, [x19]
    mov x0, x19
    mov x1, #4096
    mov x2, #5
    mov x8, #226
    svc #0
    ic ivau, x19
    dsb ish
    isb
    blr x19
    expect x0, 7
    passed
.balign 4
first: mov x0, #0
second: ret
third: mov x0, #7

// Loops that become hot: counted, nested, entered in the middle, with several ends, around calls and jump tables.
.include "case.inc"
.global _start
_start:
    mov x0, #0
    mov x1, #5000
1:  add x0, x0, x1
    subs x1, x1, #1
    b.ne 1b
    expect x0, 12502500

    // Nested, the inner one with two ends.
    mov x0, #0
    mov x1, #0
2:  mov x2, #0
3:  cmp x2, x1
    b.hs 4f
    add x0, x0, x2
    add x2, x2, #1
    tbz x2, #6, 3b
4:  add x1, x1, #1
    cmp x1, #200
    b.lo 2b
    expect x0, 315840

    // Entered in the middle: two ways into one loop.
    mov x0, #0
    mov x3, #0
    mov x1, #0
5:  tbnz x3, #0, 7f
6:  add x1, x1, #3
7:  add x1, x1, #1
    add x0, x0, #1
    and x4, x0, #7
    cbnz x4, 6b
    add x3, x3, #1
    cmp x3, #1000
    b.lo 5b
    expect x0, 8000
    expect x1, 30500

    // A jump table in a loop.
    mov x0, #0
    mov x1, #0
    adr x5, table
8:  and x2, x0, #3
    ldr w3, [x5, x2, lsl #2]
    add x3, x5, w3, sxtw
    br x3
way0: add x1, x1, #1
    b 9f
way1: add x1, x1, #10
    b 9f
way2: add x1, x1, #100
    b 9f
way3: eor x1, x1, #0x8000000000000000
9:  add x0, x0, #1
    cmp x0, #4000
    b.lo 8b
    expect x1, 111000

    // Recursion, and calls by register.
    mov x0, #15
    bl fib
    expect x0, 610
    mov x19, #0
    mov x20, #3000
    adr x21, bump
    adr x22, bump2
10: tst x20, #1
    csel x23, x21, x22, eq
    blr x23
    subs x20, x20, #1
    b.gt 10b
    expect x19, 13500

    // A loop of one instruction, and one that never runs twice.
    mov x0, #3000
11: sub x0, x0, #1
    cbnz x0, 11b
    expect x0, 0
    // A value that lives in a vector over the loop.
    movi v7.2d, #0
    mov x0, #2000
    dup v6.2d, x0
12: add v7.2d, v7.2d, v6.2d
    sub x0, x0, #1
    cbnz x0, 12b
    mov x1, v7.d[1]
    expect x1, 4000000
    passed

fib: cmp x0, #2
    b.lo 1f
    stp x29, x30, [sp, #-32]!
    str x0, [sp, #16]
    sub x0, x0, #1
    bl fib
    ldr x1, [sp, #16]
    str x0, [sp, #16]
    sub x0, x1, #2
    bl fib
    ldr x1, [sp, #16]
    add x0, x0, x1
    ldp x29, x30, [sp], #32
1:  ret
bump: add x19, x19, #4
    ret
bump2: add x19, x19, #5
    ret
.balign 4
table: .word way0 - table, way1 - table, way2 - table, way3 - table

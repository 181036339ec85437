// Calls and returns that the host cannot foresee: deeper than what is remembered of them, to elsewhere than the call was, on
// another stack, from a frame further out, and without a call.
.include "case.inc"

.globl _start
_start:
    mov x25, #3
round:
    // Twenty thousand calls before the first return.
    mov x0, #20000
    bl deep
    expect x0, 20000
    // To elsewhere than behind the call, which comes back there afterwards.
    mov x19, #0
    bl elsewhere
    add x19, x19, #100
there:
    add x19, x19, #1
    expect x19, 1
    // Two stacks by turns, as coroutines do it.
    mov x20, #0
    mov x21, sp
    sub x22, sp, #256
    adr x23, other
    mov x24, #10
1:  bl switch
    add x20, x20, #1
    subs x24, x24, #1
    b.ne 1b
    expect x20, 10010
    // From three calls to behind the first.
    mov x19, #0
    bl outer
    expect x19, 1
    // A return that no call was made for, to code that calls.
    adr x30, 2f
    ret
2:  adr x1, leaf
    mov x0, #5
    blr x1
    blr x1
    expect x0, 7
    // Calls by a register that is the link register.
    adr x30, leaf
    blr x30
    expect x0, 8
    subs x25, x25, #1
    b.ne round
    passed

deep:
    cbz x0, 1f
    stp x29, x30, [sp, #-16]!
    sub x0, x0, #1
    bl deep
    add x0, x0, #1
    ldp x29, x30, [sp], #16
1:  ret

elsewhere:
    adr x30, there
    ret

// Goes on where the other stack stopped.
switch:
    mov x0, x23
    mov x23, x30
    mov x1, sp
    mov sp, x22
    mov x22, x1
    mov x30, x0
    ret

other:
    mov x0, #3
    bl deep
    add x20, x20, #1000
    bl switch
    b other

outer:
    mov x10, x30
    mov x11, sp
    bl middle
    add x19, x19, #100
    ret
middle:
    bl inner
    add x19, x19, #100
    ret
inner:
    add x19, x19, #1
    mov sp, x11
    ret x10

leaf:
    add x0, x0, #1
    ret

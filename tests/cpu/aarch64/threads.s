// Threads: no atomic instruction of one loses what another did, and what is ordered is seen in order. (qemu 7.2 does not keep
// a release behind which an acquire comes: the last check fails there now and then.)
.include "case.inc"
.arch armv8.1-a
.global _start

.set others, 2
.set rounds, 20000
.set meetings, 1500
// VM, FS, FILES, SIGHAND, THREAD, SYSVSEM.
.set as_thread, 0x50f00

// Waits until a place has a value; others run meanwhile.
.macro wait_for place, value
wait\@:
    ldar x9, [\place]
    cmp x9, \value
    b.hs here\@
    mov x8, #124
    svc #0
    b wait\@
here\@:
.endm

.macro cell register, number
    add \register, x21, #(\number * 64)
.endm

_start:
    adrp x21, cells
    add x21, x21, :lo12:cells
    mov x19, #1
    adrp x22, stacks
    add x22, x22, :lo12:stacks
1:  add x22, x22, #4096
    mov x0, #(as_thread & 0xffff)
    movk x0, #(as_thread >> 16), lsl #16
    mov x1, x22
    mov x2, #0
    mov x3, #0
    mov x4, #0
    mov x8, #220
    svc #0
    cbz x0, other
    add x19, x19, #1
    cmp x19, #others
    b.ls 1b
    mov x19, #0
    bl count
    bl meet
    // Everybody is done.
    cell x10, 15
    mov x11, #others
    wait_for x10, x11
    b check

other:
    bl count
    bl meet
    cell x0, 15
    mov x1, #1
    staddl x1, [x0]
    mov x0, #0
    mov x8, #93
    svc #0

// Every way to add to what others add to. x19 is the thread's number, x21 where the cells are.
count:
    // All at once.
    mov x20, #1
    cell x10, 18
    staddl x20, [x10]
    mov x11, #(others + 1)
    wait_for x10, x11
    mov x20, #rounds
    mov x23, #1
    mov x24, #100
    add x24, x24, x19
    mov x25, #1
    lsl x25, x25, x19
    mov x0, #1
    mov x1, #3
    mov x2, #5
1:  cell x10, 0
    ldadd x0, x3, [x10]
    cell x10, 1
    ldaddalb w1, w3, [x10]
    // Exclusive pairs of three widths.
    cell x10, 2
2:  ldxr w3, [x10]
    add w3, w3, #1
    stxr w4, w3, [x10]
    cbnz w4, 2b
    cell x10, 3
2:  ldaxrh w3, [x10]
    add w3, w3, #3
    stlxrh w4, w3, [x10]
    cbnz w4, 2b
    cell x10, 4
2:  ldxp x3, x5, [x10]
    add x3, x3, x0
    add x5, x5, x2
    stxp w4, x3, x5, [x10]
    cbnz w4, 2b
    // Compared and swapped: one, and two.
    cell x10, 5
2:  ldr x3, [x10]
    mov x6, x3
    add x4, x3, x2
    cas x3, x4, [x10]
    cmp x3, x6
    b.ne 2b
    cell x10, 6
2:  ldp x4, x5, [x10]
    mov x6, x4
    mov x7, x5
    add x2, x4, #1
    add x3, x5, #7
    caspal x4, x5, x2, x3, [x10]
    cmp x4, x6
    ccmp x5, x7, #0, eq
    b.ne 2b
    mov x2, #5
    // Swapped: what one puts in another takes out.
    cell x10, 7
    swpal x24, x24, [x10]
    // Bits of one's own: set, cleared, turned.
    cell x10, 8
    ldset w25, w3, [x10]
    tst x3, x25
    b.ne lost
    ldeora w25, w3, [x10]
    tst x3, x25
    b.eq lost
    ldeorl w25, w3, [x10]
    tst x3, x25
    b.ne lost
    ldclral w25, w3, [x10]
    tst x3, x25
    b.eq lost
    // The greatest and the least of all.
    add x3, x19, x20, lsl #2
    cell x10, 9
    ldumax x3, x4, [x10]
    cell x10, 10
    neg w3, w3
    ldsmina w3, w4, [x10]
    subs x20, x20, #1
    b.ne 1b
    cell x10, 11
    stadd x24, [x10]
    ret
lost:
    cell x10, 12
    stadd x0, [x10]
    ret

// Two of the threads write one place each and read the other's, at about the same time; others only wait.
meet:
    stp x29, x30, [sp, #-16]!
    mov x20, #1
    mov x18, #1
1:  // Everybody is here.
    cell x10, 16
    ldaddal x18, x3, [x10]
    add x11, x20, x20, lsl #1
    wait_for x10, x11
    cmp x19, #1
    b.hi 3f
    // Released and acquired: at least one sees the other's.
    add x12, x21, #(20 * 64)
    add x13, x12, x19, lsl #7
    eor x14, x19, #1
    add x14, x12, x14, lsl #7
    stlr x20, [x13]
    ldar x4, [x14]
    str x4, [x13, #64]
    // With a barrier between.
    add x12, x21, #(24 * 64)
    add x13, x12, x19, lsl #7
    eor x14, x19, #1
    add x14, x12, x14, lsl #7
    str x20, [x13]
    dmb ish
    ldr x4, [x14]
    str x4, [x13, #64]
    // A message: what was written before the flag is seen behind it.
    cell x12, 28
    cell x13, 29
    cbnz x19, 2f
    str x20, [x12]
    dmb ishst
    str x20, [x13]
    cell x12, 30
    str x20, [x12]
    stlr x20, [x13]
    b 3f
2:  ldr x4, [x13]
    dmb ishld
    ldr x5, [x12]
    cmp x5, x4
    b.lo late
    ldar x4, [x13]
    cell x12, 30
    ldr x5, [x12]
    // The second message may be of the round before.
    add x5, x5, #1
    cmp x5, x4
    b.lo late
3:  // Everybody has read.
    cell x10, 17
    ldaddal x18, x3, [x10]
    add x11, x20, x20, lsl #1
    wait_for x10, x11
    cbnz x19, 4f
    ldr x4, [x21, #(21 * 64)]
    ldr x5, [x21, #(23 * 64)]
    bl one_has_seen
    ldr x4, [x21, #(25 * 64)]
    ldr x5, [x21, #(27 * 64)]
    bl one_has_seen
4:  add x20, x20, #1
    cmp x20, #meetings
    b.ls 1b
    ldp x29, x30, [sp], #16
    ret
late:
    cell x12, 13
    stadd x18, [x12]
    b 3b
one_has_seen:
    cmp x4, x20
    ccmp x5, x20, #4, ne
    b.eq 1f
    cell x12, 14
    stadd x18, [x12]
1:  ret

check:
    .set all, (others + 1) * rounds
    ldr x0, [x21, #(12 * 64)]
    expect x0, 0
    ldr x0, [x21]
    expect x0, all
    ldr x0, [x21, #64]
    expect x0, (all * 3 & 0xff)
    ldr x0, [x21, #(2 * 64)]
    expect x0, all
    ldr x0, [x21, #(3 * 64)]
    expect x0, (all * 3 & 0xffff)
    ldp x0, x1, [x21, #(4 * 64)]
    expect x0, all
    expect x1, (all * 5)
    ldr x0, [x21, #(5 * 64)]
    expect x0, (all * 5)
    ldp x0, x1, [x21, #(6 * 64)]
    expect x0, all
    expect x1, (all * 7)
    // The tokens are those that were put in.
    ldr x0, [x21, #(7 * 64)]
    ldr x1, [x21, #(11 * 64)]
    add x0, x0, x1
    expect x0, (100 * (others + 1) + others * (others + 1) / 2)
    ldr x0, [x21, #(8 * 64)]
    expect x0, 0
    ldr x0, [x21, #(9 * 64)]
    expect x0, (rounds * 4 + others)
    ldr x0, [x21, #(10 * 64)]
    expect x0, (0x100000000 - rounds * 4 - others)
    ldr x0, [x21, #(13 * 64)]
    expect x0, 0
    ldr x0, [x21, #(14 * 64)]
    expect x0, 0
    passed

.bss
.balign 4096
cells:
    .skip 4096
stacks:
    .skip 4096 * others

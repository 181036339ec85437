//! The vDSO's instructions.
//!
//! They were assembled once; the comments are the source. The code is position-independent and reads the page before its
//! own: a word that is odd while the page changes, the nanoseconds of a tick times 2^32 (0 when the counter is no use) and
//! what to add for the time of day. `data` is that page, [`super::TEXT_AT`] and a page before the first word.

/// Ends a handler: `rt_sigreturn`.
pub(super) const SIGRETURN: &[u32] = &[
    0xd2801168, //    mov x8, #139
    0xd4000001, //    svc #0
];

/// `clock_gettime`.
pub(super) const CLOCK_GETTIME: &[u32] = &[
    0x52800022, //    mov w2, #1
    0x1ac02042, //    lsl w2, w2, w0
    0x52811e63, //    mov w3, #0x8f3
    0x71002c1f, //    cmp w0, #11
    0x54000388, //    b.hi 8f
    0x6a03005f, //    tst w2, w3
    0x54000340, //    b.eq 8f
    0x10ff5ee4, //    adr x4, data
    0x88dffc85, // 1: ldar w5, [x4]
    0x3707ffe5, //    tbnz w5, #0, 1b
    0xa9409c86, //    ldp x6, x7, [x4, #8]
    0xb40002a6, //    cbz x6, 8f
    0xd5033fdf, //    isb
    0xd53be049, //    mrs x9, cntvct_el0
    0x9b067d2a, //    mul x10, x9, x6
    0x9bc67d2b, //    umulh x11, x9, x6
    0x93ca816a, //    extr x10, x11, x10, #32
    0xd50339bf, //    dmb ishld
    0xb940008c, //    ldr w12, [x4]
    0x6b05019f, //    cmp w12, w5
    0x54fffe81, //    b.ne 1b
    0x52810423, //    mov w3, #0x821
    0x6a03005f, //    tst w2, w3
    0x9a9f10e7, //    csel x7, x7, xzr, ne
    0x8b07014a, //    add x10, x10, x7
    0xd2994003, //    mov x3, #0xca00
    0xf2a77343, //    movk x3, #0x3b9a, lsl #16
    0x9ac30942, //    udiv x2, x10, x3
    0x9b03a84a, //    msub x10, x2, x3, x10
    0xa9002822, //    stp x2, x10, [x1]
    0x52800000, //    mov w0, #0
    0xd65f03c0, //    ret
    0xd2800e28, // 8: mov x8, #113
    0xd4000001, //    svc #0
    0xd65f03c0, //    ret
];

/// `gettimeofday`.
pub(super) const GETTIMEOFDAY: &[u32] = &[
    0xb40002e0, //    cbz x0, 2f
    0x10ff5b44, //    adr x4, data
    0x88dffc85, // 1: ldar w5, [x4]
    0x3707ffe5, //    tbnz w5, #0, 1b
    0xa9409c86, //    ldp x6, x7, [x4, #8]
    0xb40002c6, //    cbz x6, 8f
    0xd5033fdf, //    isb
    0xd53be049, //    mrs x9, cntvct_el0
    0x9b067d2a, //    mul x10, x9, x6
    0x9bc67d2b, //    umulh x11, x9, x6
    0x93ca816a, //    extr x10, x11, x10, #32
    0xd50339bf, //    dmb ishld
    0xb940008c, //    ldr w12, [x4]
    0x6b05019f, //    cmp w12, w5
    0x54fffe81, //    b.ne 1b
    0x8b07014a, //    add x10, x10, x7
    0xd2994003, //    mov x3, #0xca00
    0xf2a77343, //    movk x3, #0x3b9a, lsl #16
    0x9ac30942, //    udiv x2, x10, x3
    0x9b03a84a, //    msub x10, x2, x3, x10
    0xd2807d03, //    mov x3, #1000
    0x9ac3094a, //    udiv x10, x10, x3
    0xa9002802, //    stp x2, x10, [x0]
    0xb4000041, // 2: cbz x1, 3f
    0xf900003f, //    str xzr, [x1]
    0x52800000, // 3: mov w0, #0
    0xd65f03c0, //    ret
    0xd2801528, // 8: mov x8, #169
    0xd4000001, //    svc #0
    0xd65f03c0, //    ret
];

/// `clock_getres`.
pub(super) const CLOCK_GETRES: &[u32] = &[
    0x52800022, //    mov w2, #1
    0x1ac02042, //    lsl w2, w2, w0
    0x52811e63, //    mov w3, #0x8f3
    0x71002c1f, //    cmp w0, #11
    0x54000108, //    b.hi 8f
    0x6a03005f, //    tst w2, w3
    0x540000c0, //    b.eq 8f
    0xb4000061, //    cbz x1, 1f
    0xd2800022, //    mov x2, #1
    0xa900083f, //    stp xzr, x2, [x1]
    0x52800000, // 1: mov w0, #0
    0xd65f03c0, //    ret
    0xd2800e48, // 8: mov x8, #114
    0xd4000001, //    svc #0
    0xd65f03c0, //    ret
];

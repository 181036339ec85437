// Calls and the entry point on AArch64; a part of raw.h.
#pragma once

// A call with one result clears the second register.
#define LEFT_ALONE(word) 0
#if NETBSD
#define CHILD_SECOND 1
#else
#define CHILD_SECOND 0
#endif

// FreeBSD has the number in x8, NetBSD in the instruction; an indirect call's is the first word there and in x17 here.
#if NETBSD
#define NUMBER(number) 0
#define IMMEDIATE(number) (number)
#else
#define NUMBER(number) (number)
#define IMMEDIATE(number) 0
#endif

// A call; the second result register and the carry flag hold something before it, as they do in real programs.
#define call(number, ...) call_(number __VA_OPT__(, ) __VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
#define call_(number, a, b, c, d, e, f, g, ...) call7(NUMBER(number), IMMEDIATE(number), 0, a, b, c, d, e, f, g)
#if NETBSD
#define indirect(through, number, ...) indirect_(through, number __VA_OPT__(, ) __VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
#define indirect_(through, number, a, b, c, d, e, f, g, ...) call7(0, through, number, a, b, c, d, e, f, g)
#else
#define indirect(through, number, ...) call(through, number __VA_OPT__(, ) __VA_ARGS__)
#endif
#define call7(named, immediate, other, a, b, c, d, e, f, g) \
    ({ \
        u64 words_[] = {(u64)(a), (u64)(b), (u64)(c), (u64)(d), (u64)(e), (u64)(f), (u64)(g), (u64)(named), (u64)(other)}; \
        struct answer answer_; \
        register u64 x0_ __asm__("x0") = words_[0]; \
        register u64 x1_ __asm__("x1") = words_[1]; \
        register u64 x2_ __asm__("x2") = words_[2]; \
        register u64 x3_ __asm__("x3") = words_[3]; \
        register u64 x4_ __asm__("x4") = words_[4]; \
        register u64 x5_ __asm__("x5") = words_[5]; \
        register u64 x6_ __asm__("x6") = words_[6]; \
        register u64 x8_ __asm__("x8") = words_[7]; \
        register u64 x17_ __asm__("x17") = words_[8]; \
        u64 carry_; \
        __asm__ volatile("cmp xzr, xzr\n\tsvc %[call]\n\tcset %[carry], cs" \
                         : [carry] "=&r"(carry_), "+r"(x0_), "+r"(x1_) \
                         : [call] "i"(immediate), "r"(x2_), "r"(x3_), "r"(x4_), "r"(x5_), "r"(x6_), "r"(x8_), "r"(x17_) \
                         : "memory", "cc"); \
        answer_.value = x0_, answer_.second = x1_, answer_.carry = carry_; \
        answer_; \
    })

// The registers at the entry point: x0 to x15, then the stack pointer and x30.
extern u64 entry[18];
u64 entry[18];
#if NETBSD
#define ENTRY_RECORD entry[16]
#else
#define ENTRY_RECORD entry[0]
#endif
__asm__(".globl _start\n.type _start, @function\n_start:\n"
        "adrp x17, entry\nadd x17, x17, :lo12:entry\n"
        "stp x0, x1, [x17]\nstp x2, x3, [x17, #16]\nstp x4, x5, [x17, #32]\nstp x6, x7, [x17, #48]\n"
        "stp x8, x9, [x17, #64]\nstp x10, x11, [x17, #80]\nstp x12, x13, [x17, #96]\nstp x14, x15, [x17, #112]\n"
        "mov x0, sp\nstp x0, x30, [x17, #128]\n"
        "mov x29, #0\nmov x30, #0\nb begin\n.size _start, . - _start\n");

// Calls and the entry point on x86-64; a part of raw.h.
#pragma once

// What the second result register holds behind a call with one result, which found `word` there.
#define LEFT_ALONE(word) (word)
// What it holds in the child of a fork.
#define CHILD_SECOND 1
// A call through another that takes the number as its first word.
#define indirect(through, number, ...) call(through, number __VA_OPT__(, ) __VA_ARGS__)

// A call; the second result register and the carry flag hold something before it, as they do in real programs.
static struct answer call7(u64 number, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g) {
    struct answer answer = {number, c, 0};
    register u64 r10 __asm__("r10") = d;
    register u64 r8 __asm__("r8") = e;
    register u64 r9 __asm__("r9") = f;
    __asm__ volatile(
        "mov %[g], %%r11\n\t"
        "lea -128(%%rsp), %%rsp\n\t"
        "push %%r11\n\t"
        "push $0\n\t"
        "stc\n\t"
        "syscall\n\t"
        "setc %[carry]\n\t"
        "lea 144(%%rsp), %%rsp\n\t"
        : "+a"(answer.value), "+d"(answer.second), "+r"(r10), "+r"(r8), "+r"(r9), [carry] "=&r"(answer.carry), "+D"(a), "+S"(b)
        : [g] "rm"(g)
        : "rcx", "r11", "memory", "cc");
    return answer;
}
#define call(number, ...) call_(number __VA_OPT__(, ) __VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
#define call_(number, a, b, c, d, e, f, g, ...) \
    call7(number, (u64)(a), (u64)(b), (u64)(c), (u64)(d), (u64)(e), (u64)(f), (u64)(g))

// The registers at the entry point: rax rbx rcx rdx rsi rdi rbp rsp r8-r15.
extern u64 entry[16];
u64 entry[16];
#if NETBSD
#define ENTRY_RECORD entry[7]
#else
#define ENTRY_RECORD entry[5]
#endif
__asm__(".globl _start\n.type _start, @function\n_start:\n"
        "mov %rax, entry+0(%rip)\nmov %rbx, entry+8(%rip)\nmov %rcx, entry+16(%rip)\nmov %rdx, entry+24(%rip)\n"
        "mov %rsi, entry+32(%rip)\nmov %rdi, entry+40(%rip)\nmov %rbp, entry+48(%rip)\nmov %rsp, entry+56(%rip)\n"
        "mov %r8, entry+64(%rip)\nmov %r9, entry+72(%rip)\nmov %r10, entry+80(%rip)\nmov %r11, entry+88(%rip)\n"
        "mov %r12, entry+96(%rip)\nmov %r13, entry+104(%rip)\nmov %r14, entry+112(%rip)\nmov %r15, entry+120(%rip)\n"
        "and $-16, %rsp\nxor %ebp, %ebp\ncall begin\n.size _start, . - _start\n");

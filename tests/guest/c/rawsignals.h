// Signal records of the three systems, for programs without a C library.
#pragma once
#include "raw.h"

enum { SA_ONSTACK = 1, SA_RESTART = 2, SA_RESETHAND = 4, SA_NODEFER = 16, SA_SIGINFO = 64 };
enum { SS_ONSTACK = 1, SS_DISABLE = 4, SIG_BLOCK = 1, SIG_UNBLOCK = 2, SIG_SETMASK = 3 };

struct stack { u64 sp, size; int flags; int pad; };
struct mask { u32 bits[4]; };

#if NETBSD
struct action { u64 handler; struct mask mask; int flags; };
struct info { int signo, code, error, pad; u64 address; u64 rest[14]; };
#if __aarch64__
struct context { u32 flags, pad; u64 link; struct mask mask; struct stack stack; u64 pad2, regs[34]; u64 tls, pad3; u8 fp[592]; };
#define PC(context) (context)->regs[32]
#define SP(context) (context)->regs[31]
#define FIRST(context) (context)->regs[0]
#define KEPT(context) (context)->regs[9]
#else
struct context { u32 flags, pad; u64 link; struct mask mask; struct stack stack; u64 regs[26]; u64 tls; u8 fp[512]; };
#define PC(context) (context)->regs[21]
#define SP(context) (context)->regs[24]
#define FIRST(context) (context)->regs[0]
#define KEPT(context) (context)->regs[13]
#endif
#else
struct action { u64 handler; int flags; struct mask mask; };
struct info { int signo, error, code, pid; u32 uid; int status; u64 address; u64 value; u64 rest[5]; };
#if FREEBSD && __aarch64__
struct context { struct mask mask; u64 regs[34]; u8 fp[528]; u32 mcflags, pad; u64 more, spare[8], link; struct stack stack; u64 rest[4]; };
#elif FREEBSD
struct context { struct mask mask; u64 onstack, rdi, rsi, rdx, rcx, r8, r9, rax, rbx, rbp, r10, r11, r12, r13, r14, r15;
    u32 trapno; u16 fs, gs; u64 addr; u32 mcflags; u16 es, ds; u64 err, rip, cs, rflags, rsp, ss; u64 rest[90]; };
#else
struct context { struct mask mask; u8 pad[48]; u64 onstack, rdi, rsi, rdx, rcx, r8, r9, rax, rbx, rbp, r10, r11, r12, r13, r14, r15;
    u64 xflags, trapno, addr, mcflags, err, rip, cs, rflags, rsp, ss; u64 rest[150]; };
#endif
#if __aarch64__
#define PC(context) (context)->regs[32]
#define SP(context) (context)->regs[31]
#define KEPT(context) (context)->regs[9]
#else
#define PC(context) (context)->rip
#define SP(context) (context)->rsp
#define KEPT(context) (context)->rbx
#endif
#endif

typedef void handler(int, struct info *, struct context *);

#if NETBSD
// A handler returns here, with the context in r15 (x28 on AArch64).
void trampoline(void);
#if __aarch64__
__asm__("trampoline:\nmov x0, x28\nsvc #308\nmov x0, #99\nsvc #1\n");
#else
__asm__("trampoline:\nmov %r15, %rdi\nmov $308, %eax\nsyscall\nmov $99, %edi\nmov $1, %eax\nsyscall\n");
#endif
#endif

static void handle(int signal, handler *run, int flags) {
    struct action action = {0};
    action.handler = (u64)run;
    action.flags = flags;
#if NETBSD
    struct answer answer = call(SYS_sigaction, signal, &action, 0, trampoline, 2);
#else
    struct answer answer = call(SYS_sigaction, signal, &action, 0);
#endif
    if (answer.carry) check("sigaction", 0, answer.value);
}
static void raise(int signal) { call(SYS_kill, call(SYS_getpid).value, signal); }
static void masked(int how, int signal, struct mask *old) {
    struct mask mask = {{0}};
    mask.bits[(signal - 1) / 32] = 1u << (signal - 1) % 32;
    call(SYS_sigprocmask, how, &mask, old);
}

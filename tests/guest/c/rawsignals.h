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
struct context { u32 flags, pad; u64 link; struct mask mask; struct stack stack; u64 regs[26]; u64 tls; u8 fp[512]; };
#define RIP(context) (context)->regs[21]
#define RSP(context) (context)->regs[24]
#define RAX(context) (context)->regs[14]
#define RBX(context) (context)->regs[13]
#else
struct action { u64 handler; int flags; struct mask mask; };
struct info { int signo, error, code, pid; u32 uid; int status; u64 address; u64 value; u64 rest[5]; };
#if FREEBSD
struct context { struct mask mask; u64 onstack, rdi, rsi, rdx, rcx, r8, r9, rax, rbx, rbp, r10, r11, r12, r13, r14, r15;
    u32 trapno; u16 fs, gs; u64 addr; u32 mcflags; u16 es, ds; u64 err, rip, cs, rflags, rsp, ss; u64 rest[90]; };
#else
struct context { struct mask mask; u8 pad[48]; u64 onstack, rdi, rsi, rdx, rcx, r8, r9, rax, rbx, rbp, r10, r11, r12, r13, r14, r15;
    u64 xflags, trapno, addr, mcflags, err, rip, cs, rflags, rsp, ss; u64 rest[150]; };
#endif
#define RIP(context) (context)->rip
#define RSP(context) (context)->rsp
#define RAX(context) (context)->rax
#define RBX(context) (context)->rbx
#endif

typedef void handler(int, struct info *, struct context *);

#if NETBSD
// A handler returns here, with the context in r15.
void trampoline(void);
__asm__("trampoline:\nmov %r15, %rdi\nmov $308, %eax\nsyscall\nmov $99, %edi\nmov $1, %eax\nsyscall\n");
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

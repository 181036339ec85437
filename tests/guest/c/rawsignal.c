// systems: dragonfly freebsd netbsd
// cpus: arm64
// Handlers: what they are told, the alternate stack record, edited contexts, masks.
#include "rawsignals.h"

static volatile int calls, told, code, is_on_stack;
static volatile u64 address;
static u8 other[65536] __attribute__((aligned(16)));

static void note(int signal, struct info *info, struct context *context) {
    u8 here;
    calls++;
    told = signal;
    code = info->code;
    address = info->address;
    is_on_stack = &here >= other && &here < other + sizeof other;
    if (info->signo != signal) quit(20);
}

#if __aarch64__
enum { WRITE_LEN = 4 };
#else
enum { WRITE_LEN = 2 };
#endif

// Goes on behind the write that failed.
static void skip(int signal, struct info *info, struct context *context) {
    note(signal, info, context);
    PC(context) += WRITE_LEN;
    KEPT(context) = 4711;
}

__attribute__((used)) u64 landed_stack;
__attribute__((used, noreturn)) static void landed(void) {
    check("on the edited stack", landed_stack >= (u64)other && landed_stack < (u64)(other + sizeof other), landed_stack);
    say("an injected call\n");
    quit(0);
}
#if __aarch64__
__asm__("landing:\nadrp x0, landed_stack\nmov x1, sp\nstr x1, [x0, :lo12:landed_stack]\nb landed\n");
#else
__asm__("landing:\nmov %rsp, landed_stack(%rip)\nand $-16, %rsp\ncall landed\n");
#endif
void landing(void);

// Goes on somewhere else, on another stack, as a runtime does that injects a call.
static void divert(int signal, struct info *info, struct context *context) {
    PC(context) = (u64)landing;
    SP(context) = (u64)(other + sizeof other - 64);
}

// Writes to an address with one short instruction; answers what is left in a register.
static u64 touch(u64 where) {
#if __aarch64__
    register u64 kept __asm__("x9") = 1;
    __asm__ volatile("strb wzr, [%1]" : "+r"(kept) : "r"(where) : "memory");
#else
    u64 kept = 1;
    __asm__ volatile("movb %%cl, (%%rax)" : "+b"(kept) : "a"(where), "c"(0) : "memory");
#endif
    return kept;
}

int start(int argc, char **argv, char **envp) {
    handle(SIGUSR1, note, SA_SIGINFO);
    raise(SIGUSR1);
    check("told of the signal", calls == 1 && told == SIGUSR1, told);
#if FREEBSD
    check("sent by a user", code == 0x10001, code);
#else
    check("sent by a user", code == 0, code);
#endif
    handle(SIGSEGV, skip, SA_SIGINFO);
    check("edited registers", touch(0xf1) == 4711, 0);
    check("address of the fault", address == 0xf1, address);
    check("not mapped", code == 1, code);
    u64 page = map(0, 4096, PROT_READ, MAP_ANON | MAP_PRIVATE, -1, 0).value;
    check("edited again", touch(page + 8) == 4711, 0);
    check("address in the page", address == page + 8, address);
    check("not allowed", code == 2, code);

    struct stack old = {0}, stack = {(u64)other, sizeof other, 0};
    call(SYS_sigaltstack, 0, &old);
    check("no alternate stack yet", old.flags & SS_DISABLE, old.flags);
    struct answer answer = call(SYS_sigaltstack, &stack, 0);
    check("alternate stack", !answer.carry, answer.value);
    call(SYS_sigaltstack, 0, &old);
    check("it is told", old.sp == (u64)other && old.size == sizeof other && old.flags == 0, old.flags);
    handle(SIGUSR2, note, SA_SIGINFO | SA_ONSTACK);
    raise(SIGUSR2);
    check("it is used", is_on_stack, 0);
    raise(SIGUSR1);
    check("only when asked for", !is_on_stack, 0);
    stack.flags = SS_DISABLE;
    call(SYS_sigaltstack, &stack, 0);
    call(SYS_sigaltstack, 0, &old);
    check("disabled", old.flags & SS_DISABLE, old.flags);

    calls = 0;
    masked(SIG_BLOCK, SIGUSR1, 0);
    raise(SIGUSR1);
    check("blocked", calls == 0, calls);
    struct mask was;
    masked(SIG_UNBLOCK, SIGUSR1, &was);
    check("delivered later", calls == 1, calls);
    check("old mask", was.bits[0] == 1u << (SIGUSR1 - 1) && was.bits[1] == 0, was.bits[0]);

    handle(SIGUSR2, divert, SA_SIGINFO);
    raise(SIGUSR2);
    say("not reached\n");
    return 1;
}

// systems: dragonfly freebsd netbsd
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

// Goes on two bytes further: behind the write that failed.
static void skip(int signal, struct info *info, struct context *context) {
    note(signal, info, context);
    RIP(context) += 2;
    RBX(context) = 4711;
}

__attribute__((used)) u64 landed_stack;
__attribute__((used, noreturn)) static void landed(void) {
    check("on the edited stack", landed_stack >= (u64)other && landed_stack < (u64)(other + sizeof other), landed_stack);
    say("an injected call\n");
    quit(0);
}
__asm__("landing:\nmov %rsp, landed_stack(%rip)\nand $-16, %rsp\ncall landed\n");
void landing(void);

// Goes on somewhere else, on another stack, as a runtime does that injects a call.
static void divert(int signal, struct info *info, struct context *context) {
    RIP(context) = (u64)landing;
    RSP(context) = (u64)(other + sizeof other - 64);
}

// Writes to an address with an instruction of two bytes; answers what is left in rbx.
static u64 touch(u64 where) {
    u64 rbx = 1;
    __asm__ volatile("movb %%cl, (%%rax)" : "+b"(rbx) : "a"(where), "c"(0) : "memory");
    return rbx;
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

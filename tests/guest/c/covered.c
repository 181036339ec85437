// A call so close behind a short instruction that a jump to somewhere else would lie over it: it is still one
// instruction to whoever looks at it, jumps to it, or is interrupted there.
// cpus: arm64
#define _GNU_SOURCE
#include "fact.h"
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

struct two {
    long value, count;
};
// Makes the call `number` and adds one to `count`; the second one by a jump to the first one's call.
struct two covered(long a, const void *b, long c, long number, long count);
struct two direct(long a, const void *b, long c, long number, long count);
extern char covered_call[], covered_after[];
#if __aarch64__
// The number is in the fourth word here too; the result and the count are a structure's two words.
__asm__(".text\n"
        ".type covered,@function\n"
        "covered: mov x8,x3\n"
        "add x1,x1,#0\n"
        "covered_call: svc #0\n"
        "covered_after: add x1,x4,#1\n"
        "ret\n"
        ".size covered,.-covered\n"
        ".type direct,@function\n"
        "direct: mov x8,x3\n"
        "b covered_call\n"
        ".size direct,.-direct\n");
#else
__asm__(".text\n"
        ".type covered,@function\n"
        "covered: mov %rcx,%rax\n"
        "add $1,%r8\n"
        "covered_call: syscall\n"
        "covered_after: mov %r8,%rdx\n"
        "ret\n"
        ".size covered,.-covered\n"
        ".type direct,@function\n"
        "direct: mov %rcx,%rax\n"
        "add $1,%r8\n"
        "jmp covered_call\n"
        ".size direct,.-direct\n");
#endif

// What the result's register holds at a call that is to be made again: the first word, or the number.
#if __aarch64__
#define AT_CALL ends[0]
#else
#define AT_CALL SYS_read
#endif
static int ends[2];
static volatile sig_atomic_t calls;
static char *volatile at;
static volatile long result;

static void note(int signal, siginfo_t *info, void *context) {
    ucontext_t *state = context;
    calls++;
#if __aarch64__
    at = (char *)state->uc_mcontext.pc;
    result = state->uc_mcontext.regs[0];
#else
    at = (char *)state->uc_mcontext.gregs[REG_RIP];
    result = state->uc_mcontext.gregs[REG_RAX];
#endif
}
static void feed(int signal, siginfo_t *info, void *context) {
    note(signal, info, context);
    if (write(ends[1], "z", 1) != 1) abort();
}
static void handle(int signal, void (*run)(int, siginfo_t *, void *), int flags) {
    struct sigaction action = {.sa_sigaction = run, .sa_flags = SA_SIGINFO | flags};
    check("sigaction", sigaction(signal, &action, 0) == 0);
}
static void after(long micros, long again) {
    struct itimerval timer = {.it_value.tv_usec = micros, .it_interval.tv_usec = again};
    setitimer(ITIMER_REAL, &timer, 0);
}
static void try(struct two (*call)(long, const void *, long, long, long)) {
    char byte = 0;
    check("a call", call(ends[1], "x", 1, SYS_write, 0).value == 1);
    struct two got = call(ends[0], &byte, 1, SYS_read, 7);
    check("another", got.value == 1 && byte == 'x' && got.count == 8);

    handle(SIGALRM, note, 0);
    after(20000, 0);
    got = call(ends[0], &byte, 1, SYS_read, 0);
    check("interrupted", got.value == -EINTR && got.count == 1);
    check("seen after the call", at == covered_after && result == -EINTR);

    handle(SIGALRM, feed, SA_RESTART);
    after(20000, 0);
    got = call(ends[0], &byte, 1, SYS_read, 0);
    check("restarted", got.value == 1 && got.count == 1 && byte == 'z');
    check("seen at the call", at == covered_call && result == AT_CALL);

    handle(SIGALRM, note, SA_RESTART);
    calls = 0;
    after(100, 100);
    long count = 0;
    while (calls < 300) {
        got = call(0, 0, 0, SYS_getppid, count);
        count++;
        if (got.value != getppid() || got.count != count) check("undisturbed", 0);
        count = got.count;
    }
    after(0, 0);
    check("undisturbed", 1);
}

int main(void) {
    check("pipe", pipe(ends) == 0);
    try(covered);
    try(direct);
    return 0;
}

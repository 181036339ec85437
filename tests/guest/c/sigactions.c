// Signals in C: what handlers are told, alternate stacks, restarting, jumping out, waiting.
// cpus: arm64
#define _GNU_SOURCE
#include "fact.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile sig_atomic_t calls, code, value, on_other;
static void *volatile address;
static pid_t volatile sender;
static char other[65536];
static sigjmp_buf place;

static void note(int signal, siginfo_t *info, void *context) {
    char here;
    calls++;
    code = info->si_code;
    sender = info->si_pid;
    value = info->si_value.sival_int;
    on_other = &here >= other && &here < other + sizeof other;
}
static void fault(int signal, siginfo_t *info, void *context) {
    address = info->si_addr;
    code = info->si_code;
    siglongjmp(place, signal);
}
static void skip(int signal, siginfo_t *info, void *context) {
    ucontext_t *state = context;
    address = info->si_addr;
#ifdef __x86_64__
    state->uc_mcontext.gregs[REG_RIP] += 2;
    state->uc_mcontext.gregs[REG_RBX] = 4711;
#else
    state->uc_mcontext.pc += 4;
    state->uc_mcontext.regs[9] = 4711;
#endif
}
static void handle(int signal, void (*run)(int, siginfo_t *, void *), int flags) {
    struct sigaction action = {.sa_sigaction = run, .sa_flags = SA_SIGINFO | flags};
    check("sigaction", sigaction(signal, &action, 0) == 0);
}
static void *sends(void *argument) {
    usleep(20000);
    pthread_kill(*(pthread_t *)argument, SIGUSR1);
    usleep(20000);
    if (write(((int *)argument)[2], "x", 1) != 1) abort();
    return 0;
}

int main(void) {
    handle(SIGUSR1, note, 0);
    raise(SIGUSR1);
    check("raised", calls == 1 && sender == getpid() && code == SI_TKILL);
    sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 33});
    check("queued with a value", calls == 2 && value == 33 && code == SI_QUEUE);

    stack_t stack = {.ss_sp = other, .ss_size = sizeof other}, old;
    check("alternate stack", sigaltstack(&stack, 0) == 0 && sigaltstack(0, &old) == 0 && old.ss_sp == other && old.ss_flags == 0);
    handle(SIGUSR2, note, SA_ONSTACK);
    raise(SIGUSR2);
    check("used", on_other);
    raise(SIGUSR1);
    check("not used", !on_other);

    handle(SIGSEGV, fault, 0);
    if (!sigsetjmp(place, 1)) *(volatile int *)0x123 = 1;
    check("fault address", address == (void *)0x123 && code == SEGV_MAPERR);
    char *page = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!sigsetjmp(place, 1)) *(volatile char *)(page + 5) = 1;
    check("not allowed", address == page + 5 && code == SEGV_ACCERR);
    handle(SIGFPE, fault, 0);
    // In assembly: a compiler may know better than to divide.
#ifdef __x86_64__
    if (sigsetjmp(place, 1) == 0) __asm__ volatile("cltd\n\tidivl %%ecx" : : "a"(1), "c"(0) : "edx");
    check("division", code == FPE_INTDIV);
    handle(SIGILL, fault, 0);
    if (sigsetjmp(place, 1) == 0) __asm__ volatile("ud2");
    check("illegal", code == ILL_ILLOPN);
    handle(SIGTRAP, note, 0);
    calls = 0;
    __asm__ volatile("int3");
    check("trap", calls == 1);
#else
    // Nothing traps a division here.
    check("division", 1);
    handle(SIGILL, fault, 0);
    if (sigsetjmp(place, 1) == 0) __asm__ volatile(".inst 0");
    // Linux says the former, qemu the latter.
    check("illegal", code == ILL_ILLOPC || code == ILL_ILLOPN);
    handle(SIGTRAP, fault, 0);
    if (sigsetjmp(place, 1) == 0) __asm__ volatile("brk #0");
    check("trap", code == TRAP_BRKPT);
#endif
    handle(SIGBUS, fault, 0);
    int fd = open("short", O_RDWR | O_CREAT, 0600);
    volatile char *mapped = mmap(0, 4096, PROT_READ, MAP_SHARED, fd, 0);
    if (sigsetjmp(place, 1) == 0) (void)mapped[0];
    check("behind the file", code == BUS_ADRERR && address == mapped);
    handle(SIGSEGV, skip, 0);
#ifdef __x86_64__
    unsigned long edited = 1;
    __asm__ volatile("movb %%cl, (%%rax)" : "+b"(edited) : "a"(0x77), "c"(0) : "memory");
#else
    register unsigned long edited __asm__("x9") = 1;
    __asm__ volatile("strb wzr, [%1]" : "+r"(edited) : "r"(0x77ul) : "memory");
#endif
    check("edited context", edited == 4711 && address == (void *)0x77);

    sigset_t set, was;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    calls = 0;
    sigprocmask(SIG_BLOCK, &set, &was);
    raise(SIGUSR1);
    sigset_t pending;
    sigpending(&pending);
    check("blocked", calls == 0 && sigismember(&pending, SIGUSR1));
    sigsuspend(&was);
    check("suspended", calls == 1);
    kill(getpid(), SIGUSR1);
    int number;
    check("waited for", sigwait(&set, &number) == 0 && number == SIGUSR1 && calls == 1);
    struct timespec limit = {0, 10000000};
    check("in time", sigtimedwait(&set, 0, &limit) == -1 && errno == EAGAIN);
    int signals = signalfd(-1, &set, 0);
    raise(SIGUSR1);
    struct signalfd_siginfo info;
    check("from a descriptor", read(signals, &info, sizeof info) == sizeof info && info.ssi_signo == SIGUSR1);
    sigprocmask(SIG_SETMASK, &was, 0);

    int ends[2];
    for (int restart = 0; restart < 2; restart++) {
        handle(SIGUSR1, note, restart ? SA_RESTART : 0);
        check("pipe", pipe(ends) == 0);
        struct { pthread_t self; int fd; } argument = {pthread_self(), ends[1]};
        pthread_t thread;
        calls = 0;
        pthread_create(&thread, 0, sends, &argument);
        char byte;
        long n = read(ends[0], &byte, 1);
        printf("read answers %ld%s\n", n, n < 0 && errno == EINTR ? ", interrupted" : "");
        pthread_join(thread, 0);
        check("handled", calls == 1);
    }
    handle(SIGALRM, note, 0);
    calls = 0;
    struct itimerval timer = {{0, 0}, {0, 10000}};
    setitimer(ITIMER_REAL, &timer, 0);
    pause();
    check("alarm", calls == 1 && code == SI_KERNEL);
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO | SA_RESETHAND};
    sigaction(SIGUSR1, &action, 0);
    raise(SIGUSR1);
    struct sigaction now;
    sigaction(SIGUSR1, 0, &now);
    check("reset", now.sa_handler == SIG_DFL);
    return 0;
}

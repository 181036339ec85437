// Signals as Linux lays them out on arm64: handlers, what they are told, masks, stacks, restarts, and ends of processes.
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile int seen, depth, deepest, calls;
static volatile siginfo_t told;
static volatile uintptr_t handler_stack;
static volatile uint64_t fault_at, pc_before;

static void note(int number, siginfo_t *info, void *context) {
    (void)context;
    int here;
    handler_stack = (uintptr_t)&here;
    told = *info;
    seen = number;
}

static void handle(int number, void (*handler)(int, siginfo_t *, void *), int flags) {
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
    sigemptyset(&action.sa_mask);
    CHECK(!sigaction(number, &action, NULL));
    seen = 0;
    memset((void *)&told, 0, sizeof told);
}

// As a number: compilers believe that they know more about pointers.
static uintptr_t told_at(void) {
    return (uintptr_t)told.si_addr;
}

static sigset_t set_of(int number) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    return set;
}

static void senders(void) {
    handle(SIGUSR1, note, 0);
    kill(getpid(), SIGUSR1);
    CHECK(seen == SIGUSR1 && told.si_code == SI_USER && told.si_pid == getpid() && told.si_uid == getuid());
    seen = 0;
    raise(SIGUSR1);
    CHECK(seen == SIGUSR1 && told.si_code == SI_TKILL && told.si_pid == getpid());
    handle(SIGRTMIN, note, 0);
    union sigval value = {.sival_ptr = (void *)0x123456789abcdef0};
    CHECK(!sigqueue(getpid(), SIGRTMIN, value));
    CHECK(seen == SIGRTMIN && told.si_code == SI_QUEUE && told.si_value.sival_ptr == value.sival_ptr);
    CHECK(kill(getpid(), 0) == 0 && kill(getpid(), 65) == -1 && errno == EINVAL);
    CHECK(kill(999999, SIGUSR1) == -1 && errno == ESRCH);
}

// The handler goes over the instruction that faulted.
static void skip(int number, siginfo_t *info, void *context) {
    ucontext_t *own = context;
    fault_at = own->uc_mcontext.fault_address;
    pc_before = own->uc_mcontext.pc;
    own->uc_mcontext.pc += 4;
    note(number, info, context);
}

static void faults(void) {
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(page + 4096, 4096);
    mprotect(page, 4096, PROT_READ);
    handle(SIGSEGV, skip, 0);
    *(volatile char *)(page + 16) = 1;
    CHECK(seen == SIGSEGV && told.si_code == SEGV_ACCERR && told_at() == (uintptr_t)page + 16);
    CHECK(fault_at == (uintptr_t)page + 16);
    seen = 0;
    (void)*(volatile int *)(page + 4100);
    CHECK(seen == SIGSEGV && told.si_code == SEGV_MAPERR && told_at() == (uintptr_t)page + 4100);
    seen = 0;
    (void)*(volatile int *)NULL;
    CHECK(seen == SIGSEGV && told.si_code == SEGV_MAPERR && told_at() == 0);
    handle(SIGILL, skip, 0);
    __asm__ volatile("udf #0");
    CHECK(seen == SIGILL && told.si_code == ILL_ILLOPC && told_at() == pc_before);
    handle(SIGTRAP, skip, 0);
    __asm__ volatile("brk #7");
    CHECK(seen == SIGTRAP && told.si_code == TRAP_BRKPT && told_at() == pc_before);
    signal(SIGSEGV, SIG_DFL);
    signal(SIGILL, SIG_DFL);
    signal(SIGTRAP, SIG_DFL);
}

static void past_a_file(void) {
    int file = open("/tmp/signals-file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(file >= 0 && !ftruncate(file, 100));
    char *map = mmap(NULL, 8192, PROT_READ, MAP_SHARED, file, 0);
    CHECK(map != MAP_FAILED && map[50] == 0);
    handle(SIGBUS, skip, 0);
    (void)*(volatile char *)(map + 5000);
    CHECK(seen == SIGBUS && told.si_code == BUS_ADRERR && told_at() == (uintptr_t)map + 5000);
    munmap(map, 8192);
    close(file);
    unlink("/tmp/signals-file");
}

static stack_t now;

static void on_stack(int number, siginfo_t *info, void *context) {
    sigaltstack(NULL, &now);
    note(number, info, context);
}

static void stacks(void) {
    static char other[32768] __attribute__((aligned(16)));
    stack_t wanted = {.ss_sp = other, .ss_size = sizeof other}, before;
    CHECK(!sigaltstack(&wanted, &before) && before.ss_flags == SS_DISABLE);
    handle(SIGUSR1, on_stack, SA_ONSTACK);
    raise(SIGUSR1);
    CHECK(handler_stack >= (uintptr_t)other && handler_stack < (uintptr_t)(other + sizeof other));
    CHECK(now.ss_flags == SS_ONSTACK && now.ss_sp == other && now.ss_size == sizeof other);
    handle(SIGUSR2, on_stack, 0);
    raise(SIGUSR2);
    CHECK(handler_stack < (uintptr_t)other || handler_stack >= (uintptr_t)(other + sizeof other));
    stack_t small = {.ss_sp = other, .ss_size = 1000};
    CHECK(sigaltstack(&small, NULL) == -1 && errno == ENOMEM);
    stack_t none = {.ss_flags = SS_DISABLE};
    CHECK(!sigaltstack(&none, NULL));
}

static sigjmp_buf back;

static void leave(int number) {
    seen = number;
    siglongjmp(back, 1);
}

static int recursion(volatile char *above) {
    volatile char here[4096];
    here[0] = above ? above[0] : 0;
    return (seen ? 0 : recursion(here)) + here[1];
}

// A stack that is full, and a handler on another one that leaves by a jump.
static void full_stack(void) {
    static char other[32768];
    stack_t wanted = {.ss_sp = other, .ss_size = sizeof other}, none = {.ss_flags = SS_DISABLE};
    sigaltstack(&wanted, NULL);
    for (int i = 0; i < 3; i++) {
        struct sigaction action = {.sa_handler = leave, .sa_flags = SA_ONSTACK};
        sigaction(SIGSEGV, &action, NULL);
        seen = 0;
        if (!sigsetjmp(back, 1))
            recursion(NULL);
        CHECK(seen == SIGSEGV);
    }
    signal(SIGSEGV, SIG_DFL);
    CHECK(!sigaltstack(&none, NULL));
}

static void deeper(int number, siginfo_t *info, void *context) {
    if (++depth > deepest)
        deepest = depth;
    if (++calls < 3)
        raise(number);
    note(number, info, context);
    depth--;
}

static void masks(void) {
    sigset_t user = set_of(SIGUSR1), pending, old, all;
    handle(SIGUSR1, note, 0);
    sigprocmask(SIG_BLOCK, &user, &old);
    raise(SIGUSR1);
    raise(SIGUSR1);
    CHECK(!seen && !sigpending(&pending) && sigismember(&pending, SIGUSR1));
    sigprocmask(SIG_SETMASK, &old, NULL);
    CHECK(seen == SIGUSR1);
    handle(SIGUSR1, deeper, SA_NODEFER);
    raise(SIGUSR1);
    CHECK(deepest == 3 && calls == 3);
    // Without the flag it waits for the handler's end.
    deepest = calls = 0;
    handle(SIGUSR1, deeper, 0);
    sigset_t inside;
    sigemptyset(&inside);
    raise(SIGUSR1);
    CHECK(deepest == 1 && calls == 3);
    // Real-time signals queue, in order.
    sigset_t real = set_of(SIGRTMIN + 1);
    sigprocmask(SIG_BLOCK, &real, NULL);
    for (int i = 0; i < 5; i++)
        sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = i});
    for (int i = 0; i < 5; i++) {
        siginfo_t info;
        CHECK(sigwaitinfo(&real, &info) == SIGRTMIN + 1 && info.si_value.sival_int == i && info.si_code == SI_QUEUE);
    }
    struct timespec little = {0, 10000000};
    CHECK(sigtimedwait(&real, NULL, &little) == -1 && errno == EAGAIN);
    // Nobody blocks these.
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigprocmask(SIG_SETMASK, NULL, &inside);
    CHECK(!sigismember(&inside, SIGKILL) && !sigismember(&inside, SIGSTOP) && sigismember(&inside, SIGTERM));
    sigprocmask(SIG_SETMASK, &old, NULL);
    struct sigaction action = {.sa_handler = SIG_IGN};
    CHECK(sigaction(SIGKILL, &action, NULL) == -1 && errno == EINVAL);
}

static void once_only(void) {
    handle(SIGUSR2, note, SA_RESETHAND);
    raise(SIGUSR2);
    struct sigaction left;
    sigaction(SIGUSR2, NULL, &left);
    CHECK(seen == SIGUSR2 && left.sa_handler == SIG_DFL);
    // A handler may block more than its own signal.
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO, .sa_mask = set_of(SIGUSR2)}, got;
    CHECK(!sigaction(SIGUSR1, &action, NULL) && !sigaction(SIGUSR1, NULL, &got));
    CHECK(got.sa_sigaction == note && sigismember(&got.sa_mask, SIGUSR2) && (got.sa_flags & SA_SIGINFO));
}

static void alarm_in(long microseconds) {
    struct itimerval timer = {.it_value = {0, microseconds}};
    CHECK(!setitimer(ITIMER_REAL, &timer, NULL));
}

static int ends[2];

static void write_byte(int number, siginfo_t *info, void *context) {
    note(number, info, context);
    CHECK(write(ends[1], "x", 1) == 1);
}

static void restarts(void) {
    char byte = 0;
    CHECK(!pipe(ends));
    handle(SIGALRM, write_byte, SA_RESTART);
    alarm_in(20000);
    CHECK(read(ends[0], &byte, 1) == 1 && byte == 'x' && seen == SIGALRM && told.si_code == SI_KERNEL);
    handle(SIGALRM, note, 0);
    alarm_in(20000);
    CHECK(read(ends[0], &byte, 1) == -1 && errno == EINTR);
    alarm_in(20000);
    struct timespec second = {1, 0}, rest;
    CHECK(nanosleep(&second, &rest) == -1 && errno == EINTR && rest.tv_sec == 0 && rest.tv_nsec > 500000000);
    alarm_in(20000);
    sigset_t none;
    sigemptyset(&none);
    CHECK(sigsuspend(&none) == -1 && errno == EINTR);
    alarm_in(20000);
    CHECK(pause() == -1 && errno == EINTR);
    // An ignored signal interrupts nothing.
    signal(SIGALRM, SIG_IGN);
    alarm_in(10000);
    struct timespec moment = {0, 50000000};
    CHECK(!nanosleep(&moment, NULL));
    close(ends[0]);
    signal(SIGPIPE, SIG_DFL);
    handle(SIGPIPE, note, 0);
    CHECK(write(ends[1], "x", 1) == -1 && errno == EPIPE && seen == SIGPIPE);
    close(ends[1]);
}

static void spoil(int number) {
    __asm__ volatile("movi v0.16b, #1\n movi v8.16b, #2\n movi v31.16b, #3\n mov x9, #0\n msr fpsr, x9\n" : : : "v0", "v8", "v31", "x9");
    seen = number;
}

// What a handler does to registers stays with it.
static void vectors(void) {
    static uint64_t out[4];
    signal(SIGUSR1, spoil);
    register long x0 __asm__("x0") = getpid();
    register long x1 __asm__("x1") = SIGUSR1;
    register long x8 __asm__("x8") = SYS_kill;
    register uint64_t *to __asm__("x10") = out;
    __asm__ volatile(
        "movi v0.16b, #0x11\n movi v8.16b, #0x22\n movi v31.16b, #0x33\n mov x11, #0x44\n mov x12, #0x1f\n msr fpsr, x12\n"
        "svc #0\n"
        "str d0, [x10]\n str d8, [x10, #8]\n str d31, [x10, #16]\n mrs x12, fpsr\n str x12, [x10, #24]\n"
        : "+r"(x0)
        : "r"(x1), "r"(x8), "r"(to)
        : "x9", "x11", "x12", "v0", "v8", "v31", "memory");
    CHECK(seen == SIGUSR1 && out[0] == 0x1111111111111111ull && out[1] == 0x2222222222222222ull && out[2] == 0x3333333333333333ull);
    CHECK(out[3] == 0x1f);
}

static void frame_check(int number, siginfo_t *info, void *context) {
    ucontext_t *own = context;
    // The first record behind the registers holds the vectors.
    uint32_t *record = (uint32_t *)own->uc_mcontext.__reserved;
    CHECK(record[0] == 0x46508001 && record[1] == 528);
    CHECK((uintptr_t)context % 16 == 0);
    CHECK((uintptr_t)info < (uintptr_t)context && (uintptr_t)context - (uintptr_t)info == 128);
    CHECK(own->uc_mcontext.sp > (uintptr_t)context);
    CHECK(!sigismember(&own->uc_sigmask, number));
    seen = number;
}

static void frame(void) {
    handle(SIGUSR1, frame_check, 0);
    raise(SIGUSR1);
    CHECK(seen == SIGUSR1);
}

static pthread_t other;
static volatile int seen_by;

static void who(int number) {
    seen_by = (int)syscall(SYS_gettid);
    seen = number;
}

static void *idle(void *ready) {
    sigset_t set = set_of(SIGUSR2);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    *(int *)ready = (int)syscall(SYS_gettid);
    while (!seen)
        usleep(1000);
    return NULL;
}

static void threads(void) {
    volatile int tid = 0;
    sigset_t set = set_of(SIGUSR2);
    signal(SIGUSR2, who);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    for (int round = 0; round < 2; round++) {
        seen = tid = 0;
        pthread_create(&other, NULL, idle, (void *)&tid);
        while (!tid)
            usleep(1000);
        // To the process, when only one thread takes it; and to that thread.
        if (round == 0)
            kill(getpid(), SIGUSR2);
        else
            pthread_kill(other, SIGUSR2);
        pthread_join(other, NULL);
        CHECK(seen_by == tid);
    }
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static int status_of(void (*body)(void)) {
    pid_t child = fork();
    if (child == 0) {
        body();
        _exit(99);
    }
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child);
    return status;
}

static void by_kill(void) { kill(getpid(), SIGKILL); }
static void by_term(void) { raise(SIGTERM); }
static void by_fault(void) { *(volatile int *)8 = 1; }
static void by_abort(void) { abort(); }
static void by_trap(void) { __asm__ volatile("brk #1"); }
static void by_blocked_fault(void) {
    sigset_t set = set_of(SIGSEGV);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGSEGV, who);
    *(volatile int *)8 = 1;
}
static void by_ignored_fault(void) {
    signal(SIGSEGV, SIG_IGN);
    *(volatile int *)8 = 1;
}
static void by_bad_frame(void) {
    register long x8 __asm__("x8") = SYS_rt_sigreturn;
    __asm__ volatile("mov x9, #16\n mov sp, x9\n svc #0" : : "r"(x8) : "x9", "memory");
}
static void not_at_all(void) {
    signal(SIGTERM, SIG_IGN);
    raise(SIGTERM);
    raise(SIGCHLD);
    raise(SIGWINCH);
    raise(SIGURG);
    raise(SIGCONT);
}

static void deaths(void) {
    CHECK(WTERMSIG(status_of(by_kill)) == SIGKILL);
    CHECK(WTERMSIG(status_of(by_term)) == SIGTERM);
    CHECK(WTERMSIG(status_of(by_fault)) == SIGSEGV);
    CHECK(WTERMSIG(status_of(by_abort)) == SIGABRT);
    CHECK(WTERMSIG(status_of(by_trap)) == SIGTRAP);
    CHECK(WTERMSIG(status_of(by_blocked_fault)) == SIGSEGV);
    CHECK(WTERMSIG(status_of(by_ignored_fault)) == SIGSEGV);
    CHECK(WTERMSIG(status_of(by_bad_frame)) == SIGSEGV);
    int status = status_of(not_at_all);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 99);
}

static void children(void) {
    handle(SIGCHLD, note, 0);
    pid_t child = fork();
    if (child == 0)
        _exit(5);
    int status = -1;
    pid_t got;
    while ((got = waitpid(child, &status, 0)) == -1 && errno == EINTR)
        ;
    CHECK(got == child && WEXITSTATUS(status) == 5);
    CHECK(seen == SIGCHLD && told.si_pid == child && told.si_code == CLD_EXITED && told.si_status == 5);
    signal(SIGCHLD, SIG_DFL);
    child = fork();
    if (child == 0)
        for (;;)
            pause();
    CHECK(!kill(child, SIGSTOP));
    CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    CHECK(waitpid(child, &status, WUNTRACED | WNOHANG) == 0);
    CHECK(!kill(child, SIGCONT));
    CHECK(waitpid(child, &status, WCONTINUED) == child && WIFCONTINUED(status));
    CHECK(!kill(child, SIGTERM) && waitpid(child, &status, 0) == child && WTERMSIG(status) == SIGTERM);
    signal(SIGCHLD, SIG_IGN);
    child = fork();
    if (child == 0)
        _exit(0);
    CHECK(waitpid(child, &status, 0) == -1 && errno == ECHILD);
    signal(SIGCHLD, SIG_DFL);
}

int main(void) {
    PART(senders);
    PART(faults);
    PART(past_a_file);
    PART(stacks);
    PART(full_stack);
    PART(masks);
    PART(once_only);
    PART(restarts);
    PART(vectors);
    PART(frame);
    PART(threads);
    PART(deaths);
    PART(children);
    return failed_checks != 0;
}

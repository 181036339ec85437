// AArch64 only: code that changes. Each change is told as the architecture asks (the instruction cache is invalidated), or by a
// call that changes the mapping.
// cpus: arm64
#define _GNU_SOURCE
#include "fact.h"
#ifdef __aarch64__
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef uint64_t function(uint64_t);
enum { MOV_X0 = 0xd2800000, ADD_X0 = 0x91000000, RET = 0xd65f03c0, B_BACK_1 = 0x17ffffff, NOP = 0xd503201f };
enum { SUBS_X0_1 = 0xf1000400, BNE_BACK_1 = 0x54ffffe1, PAGE = 4096 };

static uint32_t *page(int prot) {
    uint32_t *at = mmap(0, PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) exit(9);
    return at;
}

static void flush(void *from, long len) { __builtin___clear_cache((char *)from, (char *)from + len); }

// A function that gives a number, written again and again.
static int rewritten(int rounds) {
    uint32_t *code = page(7);
    for (int i = 0; i < rounds; i++) {
        uint32_t n = i * 7 & 0xffff;
        code[0] = MOV_X0 | n << 5;
        code[1] = RET;
        flush(code, 8);
        if (((function *)code)(0) != n) return 0;
    }
    return 1;
}

// The same through two mappings of one file: one to write, one to execute.
static int mapped_twice(int rounds) {
    int fd = memfd_create("code", 0);
    if (fd < 0 || ftruncate(fd, PAGE)) return 0;
    uint32_t *write = mmap(0, PAGE, 3, MAP_SHARED, fd, 0), *code = mmap(0, PAGE, 5, MAP_SHARED, fd, 0);
    for (int i = 0; i < rounds; i++) {
        uint32_t n = i & 0xffff;
        write[0] = MOV_X0 | n << 5;
        write[1] = RET;
        flush(write, 8);
        flush(code, 8);
        if (((function *)code)(0) != n) return 0;
    }
    return 1;
}

// Writable or executable, never both: nothing but the calls says that it changed.
static int protected(int rounds) {
    uint32_t *code = page(3);
    for (int i = 0; i < rounds; i++) {
        mprotect(code, PAGE, 3);
        code[0] = MOV_X0 | (uint32_t)i << 5;
        code[1] = RET;
        mprotect(code, PAGE, 5);
        if (((function *)code)(0) != (uint64_t)i) return 0;
    }
    return 1;
}

// Another page in the same place, without and with a hole between them.
static int replaced(int rounds) {
    uint32_t *code = page(7);
    for (int i = 0; i < rounds; i++) {
        if (i & 1) munmap(code, PAGE);
        if (mmap(code, PAGE, 7, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != code) return 0;
        code[0] = MOV_X0 | (uint32_t)i << 5;
        code[1] = RET;
        if (((function *)code)(0) != (uint64_t)i) return 0;
    }
    return 1;
}

// A chain of functions in one page: the first is called, the last changes. Their jumps to each other are linked.
static int chained(int rounds) {
    uint32_t *code = page(7);
    enum { LINKS = 50, STRIDE = 16 };
    for (int i = 0; i < LINKS; i++) {
        code[i * STRIDE] = ADD_X0 | 1 << 10;
        code[i * STRIDE + 1] = 0x14000000 | (STRIDE - 1);
    }
    for (int i = 0; i < rounds; i++) {
        code[LINKS * STRIDE] = ADD_X0 | (uint32_t)(i & 0xfff) << 10;
        code[LINKS * STRIDE + 1] = RET;
        flush(code + LINKS * STRIDE, 8);
        if (((function *)code)(5) != 5 + LINKS + (uint64_t)(i & 0xfff)) return 0;
    }
    return 1;
}

// A loop that is run often, so that it becomes a region, and then is another one.
static int hot(int rounds) {
    uint32_t *code = page(7);
    for (int i = 1; i <= rounds; i++) {
        code[0] = 0xaa0003e1;                                 // mov x1, x0
        code[1] = MOV_X0;                                     // mov x0, #0
        code[2] = ADD_X0 | (uint32_t)i << 10;                 // add x0, x0, #i
        code[3] = 0xf1000421;                                 // subs x1, x1, #1
        code[4] = 0x54ffffc1;                                 // b.ne -2
        code[5] = RET;
        flush(code, 24);
        if (((function *)code)(5000) != 5000u * i) return 0;
    }
    return 1;
}

// One thread runs, another one writes: what is run is one of the two, and sooner or later the new one.
static uint32_t *shared;
static volatile int is_over;
static volatile uint64_t last;

static void *runner(void *unused) {
    while (!is_over) last = ((function *)shared)(0);
    return 0;
}

static int two_threads(int rounds) {
    shared = page(7);
    shared[0] = MOV_X0;
    shared[1] = RET;
    flush(shared, 8);
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], 0, runner, 0);
    int fine = 1;
    for (int i = 1; i <= rounds && fine; i++) {
        __atomic_store_n(shared, MOV_X0 | (uint32_t)i << 5, __ATOMIC_RELEASE);
        flush(shared, 4);
        long tries = 0;
        while (last != (uint64_t)i && tries++ < 2000000000) {}
        fine = last == (uint64_t)i;
    }
    is_over = 1;
    for (int i = 0; i < 2; i++) pthread_join(threads[i], 0);
    return fine;
}

// A thread that runs a loop without an end is stopped by a change of the loop.
static void *endless(void *unused) {
    ((function *)shared)(0);
    return 0;
}

static int unlooped(int rounds) {
    shared = page(7);
    shared[0] = NOP;
    shared[1] = B_BACK_1;
    shared[2] = RET;
    flush(shared, 12);
    pthread_t thread;
    pthread_create(&thread, 0, endless, 0);
    for (volatile int i = 0; i < rounds * 1000; i++) {}
    __atomic_store_n(shared + 1, NOP, __ATOMIC_RELEASE);
    flush(shared, 12);
    pthread_join(thread, 0);
    return 1;
}

// What is not executable any more, or not there, faults at its first instruction.
static sigjmp_buf back;
static siginfo_t told;
static void handler(int signal, siginfo_t *info, void *context) {
    told = *info;
    siglongjmp(back, 1);
}

static int refused(int how) {
    uint32_t *code = page(7);
    code[0] = MOV_X0 | 9 << 5;
    code[1] = RET;
    flush(code, 8);
    if (((function *)code)(0) != 9) return 0;
    if (how) munmap(code, PAGE);
    else mprotect(code, PAGE, 3);
    if (sigsetjmp(back, 1) == 0) {
        ((function *)code)(0);
        return 0;
    }
    return told.si_signo == SIGSEGV && told.si_addr == code && told.si_code == (how ? SEGV_MAPERR : SEGV_ACCERR);
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 2000;
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, 0);
    check("rewritten", rewritten(rounds));
    check("mapped twice", mapped_twice(rounds));
    check("protected", protected(rounds));
    check("replaced", replaced(rounds));
    check("chained", chained(rounds));
    check("hot", hot(rounds / 20));
    check("not executable", refused(0));
    check("not mapped", refused(1));
    check("a writer and runners", two_threads(rounds / 10));
    check("a loop that ends", unlooped(rounds));
    return 0;
}
#else
int main(void) { return 0; }
#endif

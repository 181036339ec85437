// AArch64 only: accesses that are not aligned, and pointers with a tag. Every fault is told with its address, and with all
// registers as they were before the instruction.
// cpus: arm64
#define _GNU_SOURCE
#include "fact.h"
#ifdef __aarch64__
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

static struct {
    int signal, code;
    uint64_t addr, pc, x[31], sp;
    uint32_t v[4];
} seen;
static uint64_t resume_at;

static void handler(int signal, siginfo_t *info, void *context) {
    ucontext_t *u = context;
    seen.signal = signal;
    seen.code = info->si_code;
    seen.addr = (uint64_t)info->si_addr;
    seen.pc = u->uc_mcontext.pc;
    seen.sp = u->uc_mcontext.sp;
    memcpy(seen.x, u->uc_mcontext.regs, sizeof seen.x);
    uint8_t *reserved = (uint8_t *)u->uc_mcontext.__reserved;
    memcpy(seen.v, reserved + 16 + 16 * 7, 16);
    u->uc_mcontext.pc = resume_at;
}

// Runs one access at an address with known registers around it; x1 is the address, x2 to x5 and v7 are operands.
#define TRY(name, text, where, is_fault)                                                                    \
    do {                                                                                                     \
        memset(&seen, 0, sizeof seen);                                                                       \
        register uint64_t a __asm__("x1") = (uint64_t)(where);                                               \
        register uint64_t before;                                                                            \
        __asm__ volatile(                                                                                    \
            ".arch_extension lse\n .arch_extension rcpc\n adr x9, 2f\n str x9, [%[resume]]\n mov x2, #2\n mov x3, #3\n mov x4, #4\n mov x5, #5\n"        \
            "mov x10, #0x1010\n mov x19, #0x1919\n mov x28, #0x2828\n movi v7.4s, #7\n mov %[before], sp\n"  \
            "1: " text "\n 2:\n"                                                                             \
            : [before] "=&r"(before), "+r"(a)                                                                \
            : [resume] "r"(&resume_at)                                                                       \
            : "x2", "x3", "x4", "x5", "x9", "x10", "x19", "x28", "v7", "v8", "memory", "cc");                \
        int fine = 1;                                                                                        \
        if (is_fault) {                                                                                      \
            fine = seen.x[1] == (uint64_t)(where) && seen.x[2] == 2 && seen.x[3] == 3 && seen.x[4] == 4 &&    \
                   seen.x[5] == 5 && seen.x[10] == 0x1010 && seen.x[19] == 0x1919 && seen.x[28] == 0x2828 &&  \
                   seen.sp == before && seen.pc + 4 == resume_at && seen.v[0] == 7 && seen.v[3] == 7;         \
        }                                                                                                    \
        report(name, (uint64_t)(where), fine);                                                               \
    } while (0)

static uint8_t *base;

static void report(const char *name, uint64_t where, int fine) {
    if (seen.signal == 0) {
        printf("%s: done\n", name);
    } else {
        printf("%s: signal %d code %d at %s%+ld, registers %s\n", name, seen.signal, seen.code,
               seen.addr - (uint64_t)base < 4096 ? "place" : "?", (long)(seen.addr - (where & 0x00ffffffffffffff)),
               fine ? "right" : "WRONG");
    }
}

static uint8_t area[4096] __attribute__((aligned(4096)));

// In a function of its own, many times: code that uses tags is made for them after a while.
static __attribute__((noinline)) uint64_t sum(uint64_t *at, int count) {
    uint64_t total = 0;
    for (int i = 0; i < count; i++) total += at[i];
    return total;
}

static __attribute__((noinline)) void add(uint64_t *at, int count, uint64_t what) {
    for (int i = 0; i < count; i++) at[i] += what;
}

int main(int argc, char **argv) {
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGBUS, &action, 0);
    sigaction(SIGSEGV, &action, 0);
    base = area;
    TRY("load", "ldr x2, [x1]", area + 1021, 0);
    TRY("pair", "ldp x2, x3, [x1]", area + 1021, 0);
    TRY("exclusive", "ldxr x2, [x1]", area + 1028, 1);
    TRY("exclusive byte", "ldxrb w2, [x1]", area + 1021, 1);
    TRY("store exclusive", "stxr w2, x3, [x1]", area + 1020, 1);
    TRY("exclusive pair", "ldxp x2, x3, [x1]", area + 1032, 1);
    TRY("compare and swap", "cas x2, x3, [x1]", area + 63, 1);
    TRY("compare and swap a half", "cash w2, w3, [x1]", area + 1021, 1);
    TRY("compare and swap pairs", "casp x2, x3, x4, x5, [x1]", area + 1032, 1);
    TRY("add", "ldadd x2, x3, [x1]", area + 60, 1);
    TRY("swap", "swp w2, w3, [x1]", area + 62, 1);
    TRY("maximum", "ldsmax w2, w3, [x1]", area + 62, 1);
    TRY("acquire", "ldar x2, [x1]", area + 1023, 1);
    TRY("acquire a half", "ldarh w2, [x1]", area + 1023, 1);
    TRY("consistent acquire", "ldapr w2, [x1]", area + 1023, 1);
    TRY("release", "stlr x2, [x1]", area + 1025, 1);
    TRY("atomic at the end", "ldadd x2, x3, [x1]", ~0ul, 1);
    TRY("aligned add", "ldadd x2, x3, [x1]", area + 64, 0);
    // Nothing is mapped at these.
    TRY("load of null", "ldr x2, [x1, #16]", 0ul, 1);
    TRY("store to null", "str x2, [x1, #16]", 0ul, 1);
    TRY("load with a change", "ldr x2, [x1], #8", 0ul, 1);
    TRY("pair before a change", "stp x2, x3, [x1, #-16]!", 16ul, 1);
    TRY("load pair", "ldp x2, x3, [x1]", 8ul, 1);
    TRY("vector", "ldr q7, [x1]", 0ul, 1);
    TRY("vectors", "ld4 {v4.4s, v5.4s, v6.4s, v7.4s}, [x1]", 0ul, 1);
    TRY("atomic", "ldadd x2, x3, [x1]", 0ul, 1);
    TRY("exclusive of null", "ldxr x2, [x1]", 0ul, 1);
    TRY("not an address", "ldr x2, [x1]", 0x0000800000000000ul, 1);
    TRY("not an address of a store", "str x2, [x1]", 0x0000ffffffffff00ul, 1);
    uint64_t tag = 0xa5ul << 56;
    memset(area, 1, sizeof area);
    TRY("tagged load", "ldr x2, [x1]", (uint64_t)area | tag, 0);
    TRY("tagged pair", "ldp x2, x3, [x1, #8]", (uint64_t)area | tag, 0);
    TRY("tagged store", "stp x2, x3, [x1, #-16]!", (uint64_t)(area + 64) | tag, 0);
    TRY("tagged vector", "ld2 {v7.4s, v8.4s}, [x1]", (uint64_t)(area + 64) | tag, 0);
    TRY("tagged atomic", "ldadd x2, x3, [x1]", (uint64_t)(area + 128) | tag, 0);
    TRY("tagged exclusive", "3: ldxr x2, [x1]\n stxr w3, x2, [x1]\n cbnz w3, 3b", (uint64_t)(area + 128) | tag, 0);
    memset(area, 0, sizeof area);
    int rounds = argc > 1 ? atoi(argv[1]) : 2000;
    uint64_t *tagged = (uint64_t *)((uint64_t)area | tag), total = 0;
    for (int i = 0; i < rounds; i++) {
        add(tagged, 100, i);
        total += sum(tagged, 100);
    }
    line("sum through tags", total);
    // The same code without.
    line("sum without", sum((uint64_t *)area, 100));
    return 0;
}
#else
int main(void) { return 0; }
#endif

// systems: dragonfly freebsd netbsd
// cpus: arm64
// Vector registers across a handler: their whole width comes back, and the legacy part as the handler left it.
#include "rawsignals.h"

static u8 before[16 * 32] __attribute__((aligned(32))), after[16 * 32] __attribute__((aligned(32)));
static volatile int calls;

#if !__aarch64__
static u8 wide[64], wide_after[64];

static int has_avx(void) {
    u32 a = 1, b, c, d;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
    return (c >> 28 & 1) && (c >> 27 & 1);
}
static int has_avx512(void) {
    u32 a = 7, b, c = 0, d, low, high;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    if (!(b >> 16 & 1)) return 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & 0xe6) == 0xe6;
}

#define EACH(do) do(0) do(1) do(2) do(3) do(4) do(5) do(6) do(7) do(8) do(9) do(10) do(11) do(12) do(13) do(14) do(15)
#define LOAD(n) "vmovdqu " #n "*32(%0), %%ymm" #n "\n"
#define STORE(n) "vmovdqu %%ymm" #n ", " #n "*32(%1)\n"
#define WIPE(n) "vpcmpeqb %%xmm" #n ", %%xmm" #n ", %%xmm" #n "\nvinsertf128 $1, %%xmm" #n ", %%ymm" #n ", %%ymm" #n "\n"

static void wipe(int signal, struct info *info, struct context *context) {
    calls++;
    __asm__ volatile(EACH(WIPE) : : : "memory");
    if (signal == SIGSEGV) PC(context) += 2;
}
static void wipe_wide(int signal, struct info *info, struct context *context) {
    calls++;
    __asm__ volatile("vpternlogd $255, %%zmm20, %%zmm20, %%zmm20\nvpternlogd $255, %%zmm3, %%zmm3, %%zmm3\nkxnorw %%k3, %%k3, %%k3" : : : "memory");
    PC(context) += 2;
}

#endif

static int differs(const u8 *a, const u8 *b, u64 len) {
    for (u64 n = 0; n < len; n++)
        if (a[n] != b[n]) return 1;
    return 0;
}

#if __aarch64__
#define EACH(do) do(0) do(1) do(2) do(3) do(4) do(5) do(6) do(7) do(8) do(9) do(10) do(11) do(12) do(13) do(14) do(15) \
    do(16) do(17) do(18) do(19) do(20) do(21) do(22) do(23) do(24) do(25) do(26) do(27) do(28) do(29) do(30) do(31)
#define LOAD(n) "ldr q" #n ", [%0, #16*" #n "]\n"
#define STORE(n) "str q" #n ", [%1, #16*" #n "]\n"
#define WIPE(n) "movi v" #n ".16b, #255\n"
#define CLOBBERS "memory", "cc", "x0", "x1", "x8", "x16", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", \
    "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31"
#if NETBSD
#define KILL "svc #37\n"
#else
#define KILL "mov x8, #37\nsvc #0\n"
#endif

static void wipe(int signal, struct info *info, struct context *context) {
    calls++;
    __asm__ volatile(EACH(WIPE) "msr fpsr, xzr\nmsr fpcr, xzr\n" : : : CLOBBERS);
    if (signal == SIGSEGV) PC(context) += 4;
}

static void over_handlers(void) {
    __asm__ volatile(EACH(LOAD) "strb wzr, [%2]\n" EACH(STORE) : : "r"(before), "r"(after), "r"(0xf1UL) : CLOBBERS);
    check("over a fault", calls == 1 && !differs(before, after, sizeof before), calls);
    u64 pid = call(SYS_getpid).value;
    __asm__ volatile(EACH(LOAD) "mov x0, %2\nmov x1, #30\n" KILL EACH(STORE) : : "r"(before), "r"(after), "r"(pid) : CLOBBERS);
    check("over a call", calls == 2 && !differs(before, after, sizeof before), calls);
    // Rounding up, default NaNs; an inexact result.
    u64 control = 0x2400000, status = 0x10;
    __asm__ volatile("msr fpcr, %0\nmsr fpsr, %1\nstrb wzr, [%2]\nmrs %0, fpcr\nmrs %1, fpsr\nmsr fpcr, xzr\n"
        : "+r"(control), "+r"(status) : "r"(0xf1UL) : "memory");
    check("the rest", calls == 3 && control == 0x2400000 && status == 0x10, control);
}
#else
static void over_handlers(void) {
    for (int n = 0; n < (int)sizeof wide; n++) wide[n] = n * 5 + 3;
    if (has_avx()) {
        // A fault, then a signal sent in a call, between the load and the store.
        __asm__ volatile(EACH(LOAD) "movb %%cl, (%%rax)\n" EACH(STORE)
            : : "r"(before), "r"(after), "a"(0xf1UL), "c"(0) : "memory");
        check("over a fault", calls == 1 && !differs(before, after, sizeof before), calls);
        u64 pid = call(SYS_getpid).value;
        register u64 r9 __asm__("r12") = pid;
        __asm__ volatile(EACH(LOAD) "mov %2, %%rdi\nmov $30, %%esi\nmov $37, %%eax\nsyscall\n" EACH(STORE)
            : : "r"(before), "r"(after), "r"(r9) : "memory", "rax", "rdi", "rsi", "rcx", "r11", "rdx", "r8", "r9", "r10", "cc");
        check("over a call", calls == 2 && !differs(before, after, sizeof before), calls);
    } else {
        say("over a fault: ok\nover a call: ok\n");
    }
    if (has_avx512()) {
        handle(SIGSEGV, wipe_wide, SA_SIGINFO);
        u32 mask = 0;
        __asm__ volatile("vmovdqu32 (%1), %%zmm20\nmov $0x1234, %%edx\nkmovw %%edx, %%k3\nmovb %%cl, (%%rax)\nvmovdqu32 %%zmm20, (%2)\nkmovw %%k3, %0\n"
            : "=&r"(mask) : "r"(wide), "r"(wide_after), "a"(0xf1UL), "c"(0) : "memory", "rdx");
        check("the rest", !differs(wide, wide_after, sizeof wide) && mask == 0x1234, mask);
    } else {
        say("the rest: ok\n");
    }
}
#endif

int start(int argc, char **argv, char **envp) {
    for (int n = 0; n < (int)sizeof before; n++) before[n] = n * 7 + n / 32 + 1;
    handle(SIGSEGV, wipe, SA_SIGINFO);
    handle(SIGUSR1, wipe, SA_SIGINFO);
    over_handlers();
    return 0;
}

// systems: dragonfly freebsd netbsd
// cpus: arm64
// Asking for the time: what it answers, what it leaves alone, and that signals between do no harm.
#include "raw.h"
#include "rawsignals.h"

#if NETBSD
enum { SYS_setitimer = 425 };
#else
enum { SYS_setitimer = 83 };
#endif
enum { SIGALRM = 14, PAGE = 4096 };

static i64 now(void) {
    i64 time[2] = {-1, -1};
    struct answer answer = call(SYS_clock_gettime, CLOCK_MONOTONIC, time);
    if (answer.carry || answer.value || time[1] < 0 || time[1] >= 1000000000) check("a time", 0, answer.value);
    return time[0] * 1000000000 + time[1];
}

static volatile i64 signals, latest;
static void tick(int signal, struct info *info, struct context *context) {
    i64 time = now();
    if (time < latest) check("handlers see time pass", 0, time);
    latest = time;
    signals++;
}

#if __aarch64__
static u8 before[512], after[512];

// The flags after a call made with these flags set by `prepare`, where x86-64 has them: sign, zero, carry, overflow.
#define FLAGS_AFTER(prepare) ({ \
    i64 time_[2]; u64 flags_; \
    __asm__ volatile(prepare "mov x0, %1\nmov x1, %2\n" CLOCK_CALL "mrs %0, nzcv\n" \
        : "=&r"(flags_) : "i"(CLOCK_MONOTONIC), "r"(time_), "i"(SYS_clock_gettime) : "x0", "x1", "x8", "memory", "cc"); \
    flags_ >> 28; })
#if NETBSD
#define CLOCK_CALL "svc %3\n"
#else
#define CLOCK_CALL "mov x8, %3\nsvc #0\n"
#endif
#else
static u8 before[256], after[256];

// The flags after a call made with these status flags set by `prepare`.
#define FLAGS_AFTER(prepare) ({ \
    i64 time_[2]; u64 flags_; \
    register i64 *to_ __asm__("rsi") = time_; \
    __asm__ volatile(prepare "mov %2, %%eax\nmov %3, %%edi\nsyscall\npushfq\npop %0\ncld\n" \
        : "=&r"(flags_), "+r"(to_) : "i"(SYS_clock_gettime), "i"(CLOCK_MONOTONIC) \
        : "rax", "rcx", "rdi", "rdx", "r8", "r9", "r10", "r11", "memory", "cc"); \
    flags_; })
#endif

int start(int argc, char **argv, char **envp) {
    i64 first = now();
    pause_ms(2);
    i64 later = now();
    check("time passes", later - first >= 2000000 && later - first < 5000000000, later - first);
    i64 time[2];
    struct answer answer = call(SYS_clock_gettime, 12345, time);
    check("no such clock", answer.carry && answer.value == EINVAL, answer.value);
    answer = call(SYS_clock_gettime, CLOCK_MONOTONIC, 8);
    check("nowhere to write", answer.carry && answer.value == EFAULT, answer.value);
    u64 pages = map(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0).value;
    call(SYS_munmap, pages + PAGE, PAGE);
    answer = call(SYS_clock_gettime, CLOCK_MONOTONIC, pages + PAGE - 8);
    check("room for half", answer.carry && answer.value == EFAULT, answer.value);

    for (int n = 0; n < (int)sizeof before; n++) before[n] = n * 7 + 1;
    u64 kept = 0x123456789abcdef0;
#if __aarch64__
    __asm__ volatile(".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\nldr q\\n, [%4, #16*\\n]\n.endr\n"
        "mov x9, %0\nmov x0, %1\nmov x1, %2\n" CLOCK_CALL "mov %0, x9\n"
        ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\nstr q\\n, [%5, #16*\\n]\n.endr\n"
        : "+r"(kept) : "i"(CLOCK_MONOTONIC), "r"(time), "i"(SYS_clock_gettime), "r"(before), "r"(after)
        : "x0", "x1", "x8", "x9", "memory", "cc", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15",
        "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31");
#else
    register i64 *to __asm__("rsi") = time;
    __asm__ volatile(".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\nmovups 16*\\n(%2), %%xmm\\n\n.endr\n"
        "mov %0, %%rbx\nmov %4, %%eax\nmov %5, %%edi\nsyscall\nmov %%rbx, %0\n"
        ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\nmovups %%xmm\\n, 16*\\n(%3)\n.endr\n"
        : "+m"(kept), "+r"(to) : "r"(before), "r"(after), "i"(SYS_clock_gettime), "i"(CLOCK_MONOTONIC)
        : "rax", "rbx", "rcx", "rdi", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");
#endif
    int differ = 0;
    for (int n = 0; n < (int)sizeof before; n++) differ += before[n] != after[n];
    check("registers", !differ && kept == 0x123456789abcdef0, differ);
#if __aarch64__
    // Zero and carry, of which success clears the latter; then sign and overflow.
    u64 flags = FLAGS_AFTER("cmp xzr, xzr\n");
    check("plain flags", flags == 4, flags);
    flags = FLAGS_AFTER("mov w0, #0x7fffffff\nadds w0, w0, #1\n");
    check("other flags", flags == 9, flags);
#else
    // Zero, parity and carry; then sign, overflow, direction.
    u64 flags = FLAGS_AFTER("xor %%ecx, %%ecx\nstc\n");
    check("plain flags", (flags & 0xcc5) == 0x44, flags);
    flags = FLAGS_AFTER("mov $0x7fffffff, %%ecx\nadd $1, %%ecx\nstd\n");
    check("other flags", (flags & 0xcc1) == 0xc80, flags);
#endif

    handle(SIGALRM, tick, SA_SIGINFO);
    i64 timer[4] = {0, 200, 0, 200};
    call(SYS_setitimer, 0, timer, 0);
    for (i64 last = 0; signals < 500;) {
        i64 time = now();
        if (time < last) check("time passes", 0, time);
        last = time;
    }
    timer[1] = timer[3] = 0;
    call(SYS_setitimer, 0, timer, 0);
    check("in a storm", 1, 0);
    return 0;
}

// systems: dragonfly freebsd netbsd
// cpus: arm64
// How threads and processes wait for each other: the primitives under every lock of these systems.
#include "raw.h"

static volatile u32 *word;

// A child that changes the word and wakes whoever waits for it, after a while.
static void later(void (*wake)(void)) {
    if (call(SYS_fork).value) return;
    pause_ms(50);
    *word = 1;
    wake();
    quit(0);
}
static i64 outcome(struct answer answer) { return answer.carry ? (i64)answer.value : 0; }

#if DRAGONFLY
#define WAIT_SHARED 469, word, 0, 0
static void wake(void) { call(470, word, 0); }
static void waits(void) {
    line("differs", outcome(call(469, word, 5, 1000)));
    u64 start = now_ms();
    line("timeout", outcome(call(469, word, 0, 60000)));
    check("it took its time", now_ms() - start >= 59, now_ms() - start);
    // The waiter and the waker are two processes: waiting goes by memory, not by address space.
    later(wake);
    line("woken", outcome(call(469, word, 0, 0)));
    line("nobody to wake", outcome(call(470, word, 1)));
    line("bad address", outcome(call(469, 8, 0, 1000)));
}
#elif FREEBSD
#define WAIT_SHARED 454, word, 11, 0, 0, 0
static void wake(void) { call(454, word, 3, 1, 0, 0); }
static void waits(void) {
    struct { i64 seconds, nanos; u32 flags, clock; } limit = {0, 60000000, 0, CLOCK_MONOTONIC};
    line("differs", outcome(call(454, word, 15, 5, 0, 0)));
    u64 start = now_ms();
    line("timeout", outcome(call(454, word, 15, 0, 24, &limit)));
    check("it took its time", now_ms() - start >= 59, now_ms() - start);
    start = now_ms();
    line("short record", outcome(call(454, word, 15, 0, 16, &limit)));
    check("it took its time", now_ms() - start >= 59, now_ms() - start);
    i64 now[2];
    call(SYS_clock_gettime, CLOCK_MONOTONIC, now);
    limit.seconds = now[0] + (now[1] + 60000000) / 1000000000, limit.nanos = (now[1] + 60000000) % 1000000000, limit.flags = 1;
    start = now_ms();
    line("absolute", outcome(call(454, word, 15, 0, 24, &limit)));
    check("it took its time", now_ms() - start >= 55 && now_ms() - start < 10000, now_ms() - start);
    later(wake);
    line("woken", outcome(call(454, word, 11, 0, 0, 0)));
    line("nobody to wake", outcome(call(454, word, 16, 1, 0, 0)));
}
#else
static void waits(void) {
    u32 self = call(311).value;
    // Unparked before it parks: the park returns at once.
    line("unpark oneself", outcome(call(321, self, 0)));
    u64 start = now_ms();
    i64 limit[2] = {5, 0};
    line("remembered", (i64)call(478, CLOCK_MONOTONIC, 0, limit, 0, 0, 0).value);
    check("at once", now_ms() - start < 2000, now_ms() - start);
    limit[0] = 0, limit[1] = 60000000;
    start = now_ms();
    line("timeout", (i64)call(478, CLOCK_MONOTONIC, 0, limit, 0, 0, 0).value);
    check("it took its time", now_ms() - start >= 59, now_ms() - start);
    line("nobody", outcome(call(321, 9999, 0)));
    // The park can unpark somebody else first: here the thread itself.
    limit[0] = 5;
    line("unpark and park", (i64)call(478, CLOCK_MONOTONIC, 0, limit, self, 0, 0).value);
}
#endif

int start(int argc, char **argv, char **envp) {
    word = (u32 *)map(0, 4096, PROT_READ | PROT_WRITE, MAP_ANON | MAP_SHARED, -1, 0).value;
#if !NETBSD
    if (argc > 1 && is(argv[1], "shared")) {
        later(wake);
        line("woken by another process", outcome(call(WAIT_SHARED)));
        line("the word", *word);
        return 0;
    }
#endif
    waits();
    return 0;
}

// AArch64 only: signals at ten thousand a second while everything is computed with, in one thread and in several.
// cpus: arm64
#define _GNU_SOURCE
#include "fact.h"
#ifdef __aarch64__
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static volatile int count;

static void handler(int signal, siginfo_t *info, void *context) {
    count++;
    // What the interrupted code has in registers is not what a handler leaves there.
    __asm__ volatile(
        "mov x0, #-1\n mov x1, x0\n mov x8, x0\n mov x16, x0\n mov x17, x0\n movi v0.16b, #255\n mov v1.16b, v0.16b\n"
        "mov v16.16b, v0.16b\n mov v31.16b, v0.16b\n cmp x0, x0\n msr fpsr, xzr\n" ::
            : "x0", "x1", "x8", "x16", "x17", "v0", "v1", "v16", "v31", "cc");
}

static uint64_t lcg(uint64_t x) { return x * 6364136223846793005u + 1442695040888963407u; }

// Integers, flags through several instructions, loops, calls.
static __attribute__((noinline)) uint64_t integers(uint64_t seed, int rounds) {
    uint64_t x = seed, carry = 0, low = 1, high = 0;
    for (int i = 0; i < rounds; i++) {
        x = lcg(x);
        unsigned __int128 sum = ((unsigned __int128)high << 64 | low) + ((unsigned __int128)x << 64 | seed + i);
        low = (uint64_t)sum;
        high = (uint64_t)(sum >> 64);
        if ((x >> 33) % 3 == 1) carry += __builtin_clzl(x | 1);
        else if (x & 4) carry ^= __builtin_bswap64(low);
        else carry = carry << 7 | carry >> 57;
    }
    return x ^ carry ^ low ^ high;
}

static __attribute__((noinline)) uint64_t numbers(uint64_t seed, int rounds) {
    double a = 1.5, b = seed % 100, c = 0.25;
    float s = 1;
    for (int i = 0; i < rounds; i++) {
        a = a * 1.0000001 + b / (i + 1);
        b = b * 0.999 + __builtin_sqrt(a);
        c += (double)(i % 7) - a * 1e-9;
        s = s * 0.5f + (float)c;
    }
    double all[4] = {a, b, c, s};
    uint64_t sum = 0, word;
    for (int i = 0; i < 4; i++) {
        memcpy(&word, &all[i], 8);
        sum = sum * 31 + word;
    }
    return sum;
}

static __attribute__((noinline)) uint64_t memory(uint64_t seed, int rounds) {
    static __thread uint8_t bytes[4096];
    static __thread uint32_t words[1024];
    uint64_t x = seed;
    memset(words, 0, sizeof words);
    for (int i = 0; i < 4096; i++) bytes[i] = i * 7;
    for (int i = 0; i < rounds; i++) {
        x = lcg(x);
        for (int k = 0; k < 1024; k++) words[k] += bytes[(k * 4 + i) & 4095] * 3u + (uint32_t)k;
        memmove(bytes + (x >> 60), bytes + (x >> 56 & 15), 1000);
        bytes[x >> 52] ^= (uint8_t)x;
        __atomic_fetch_add(&words[x >> 54], (uint32_t)i, __ATOMIC_SEQ_CST);
    }
    for (int k = 0; k < 1024; k++) x = x * 31 + words[k];
    return x;
}

static int less = 1;

static uint64_t all(uint64_t seed) {
    uint64_t sum = 0;
    for (int i = 0; i < 10; i++) {
        sum = sum * 31 + (integers(seed + i, 20000 / less) ^ numbers(seed + i, 10000 / less) ^ memory(seed + i, 1 + 20 / less));
    }
    return sum;
}

static uint64_t expected[4];
static int wrong;

static void *body(void *argument) {
    long n = (long)argument;
    for (int i = 0; i < 3; i++)
        if (all(n) != expected[n]) __atomic_add_fetch(&wrong, 1, __ATOMIC_SEQ_CST);
    return 0;
}

static void tick(int microseconds) {
    struct itimerval every = {{0, microseconds}, {0, microseconds}};
    setitimer(ITIMER_REAL, &every, 0);
}

int main(int argc, char **argv) {
    int enough = argc > 1 ? atoi(argv[1]) : 2000;
    less = argc > 2 ? atoi(argv[2]) : 1;
    int every = argc > 3 ? atoi(argv[3]) : 100;
    for (long n = 0; n < 4; n++) expected[n] = all(n);
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigaction(SIGALRM, &action, 0);
    tick(every);
    int rounds = 0;
    for (; count < enough && rounds < 1000; rounds++)
        if (all(rounds & 3) != expected[rounds & 3]) wrong++;
    tick(0);
    check("signals came", count >= enough);
    line("wrong in one thread", wrong);
    count = 0;
    tick(every);
    pthread_t threads[4];
    for (long n = 0; n < 4; n++) pthread_create(&threads[n], 0, body, (void *)n);
    for (long n = 0; n < 4; n++) pthread_join(threads[n], 0);
    tick(0);
    check("signals came again", count > 0);
    line("wrong in four threads", wrong);
    return 0;
}
#else
int main(void) { return 0; }
#endif

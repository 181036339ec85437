// Measures one thing and prints `name value` lines; the benchmarks run it natively and under Ashore.
// cpus: arm64
//
// usage: cbench calls COUNT | compute ROUNDS | nothing 0
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void calls(long count) {
    uint64_t best = UINT64_MAX;
    for (int round = 0; round < 5; round++) {
        uint64_t start = now();
        for (long i = 0; i < count / 5; i++) syscall(SYS_getpid);
        uint64_t took = now() - start;
        if (took < best) best = took;
    }
    printf("call %.2f\n", (double)best / (double)(count / 5));
}

static double matrix(void) {
    enum { N = 160 };
    static double a[N][N], b[N][N], c[N][N];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) a[i][j] = i + j, b[i][j] = i - j, c[i][j] = 0;
    for (int i = 0; i < N; i++)
        for (int k = 0; k < N; k++)
            for (int j = 0; j < N; j++) c[i][j] += a[i][k] * b[k][j];
    return c[N / 2][N / 3];
}

static double sieve(void) {
    enum { N = 2000000 };
    static char composite[N];
    memset(composite, 0, N);
    int primes = 0;
    for (int i = 2; i < N; i++) {
        if (composite[i]) continue;
        primes++;
        for (long j = (long)i * i; j < N; j += i) composite[j] = 1;
    }
    return primes;
}

static double heap(void) {
    void *kept[512] = {0};
    uint32_t x = 1;
    for (int i = 0; i < 100000; i++) {
        x = x * 1664525u + 1013904223u;
        unsigned at = (x >> 16) % 512;
        free(kept[at]);
        kept[at] = malloc(16 + (x >> 20) % 2000);
        memset(kept[at], 1, 16);
    }
    for (int i = 0; i < 512; i++) free(kept[i]);
    return x;
}

static void compute(long rounds) {
    struct {
        const char *name;
        double (*run)(void);
    } works[] = {{"matrix", matrix}, {"sieve", sieve}, {"heap", heap}};
    for (unsigned w = 0; w < sizeof works / sizeof works[0]; w++) {
        uint64_t best = UINT64_MAX;
        double sum = 0;
        for (long round = 0; round < rounds; round++) {
            uint64_t start = now();
            sum += works[w].run();
            uint64_t took = now() - start;
            if (took < best) best = took;
        }
        printf("%s %llu\n", works[w].name, (unsigned long long)(best / 1000));
        fprintf(stderr, "%s %g\n", works[w].name, sum);
    }
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    if (!strcmp(argv[1], "calls")) calls(atol(argv[2]));
    if (!strcmp(argv[1], "compute")) compute(atol(argv[2]));
    return 0;
}

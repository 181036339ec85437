// AArch64 only: makes functions for so many seconds, or rounds, and calls each a few times: first in memory that is always writable and
// executable, told by the instruction cache, then in memory that is one or the other. The process must not grow.
// cpus: arm64
#define _GNU_SOURCE
#include "fact.h"
#ifdef __aarch64__
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

typedef uint64_t function(uint64_t);
enum { AREA = 1 << 20, LENGTH = 120, SLOT = (LENGTH + 1) * 4, SLOTS = AREA / SLOT };

static uint64_t random_state = 88172645463325252u;

static uint32_t number(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state >> 20;
}

// Writes a function, and gives what it gives for 1 to 3.
static void make(uint32_t *code, uint64_t results[3]) {
    for (int i = 0; i < 3; i++) results[i] = i + 1;
    for (int n = 0; n < LENGTH; n++) {
        uint32_t what = number(), by = what >> 4 & 0xfff, shift = 1 + (what >> 16) % 60;
        switch (what & 3) {
        case 0:
            code[n] = 0x91000000 | by << 10; // add x0, x0, #by
            for (int i = 0; i < 3; i++) results[i] += by;
            break;
        case 1:
            code[n] = 0xd1000000 | by << 10; // sub x0, x0, #by
            for (int i = 0; i < 3; i++) results[i] -= by;
            break;
        case 2:
            code[n] = 0xca000000 | shift << 10; // eor x0, x0, x0, lsl #shift
            for (int i = 0; i < 3; i++) results[i] ^= results[i] << shift;
            break;
        default:
            code[n] = 0x9b007c00; // mul x0, x0, x0
            for (int i = 0; i < 3; i++) results[i] *= results[i];
        }
    }
    code[LENGTH] = 0xd65f03c0; // ret
}

static long pages(void) {
    long size = 0, own = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%ld %ld", &size, &own) != 2) exit(9);
    fclose(file);
    return own;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

// How many results were wrong.
static long generate(char *area, int is_protected, double until, long rounds) {
    long wrong = 0;
    for (long round = 0; rounds ? round < rounds : now() < until; round++) {
        uint32_t *code = (uint32_t *)(area + round % SLOTS * SLOT);
        uint64_t results[3];
        if (is_protected) mprotect(area, AREA, PROT_READ | PROT_WRITE);
        make(code, results);
        if (is_protected)
            mprotect(area, AREA, PROT_READ | PROT_EXEC);
        else
            __builtin___clear_cache((char *)code, (char *)code + SLOT);
        for (int i = 0; i < 3; i++) wrong += ((function *)code)(i + 1) != results[i];
    }
    return wrong;
}

int main(int argc, char **argv) {
    double seconds = argc > 1 ? atof(argv[1]) : 2;
    long rounds = argc > 2 ? atol(argv[2]) : 0, most = argc > 3 ? atol(argv[3]) : 192;
    char *area = mmap(0, AREA, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED) return 9;
    long wrong = generate(area, 0, now() + seconds / 2, rounds) + generate(area, 1, now() + seconds / 2, rounds);
    line("wrong", wrong);
    long size = pages() >> 8;
    if (argc > 4) line("MB", size);
    check("bounded", size <= most);
    return wrong != 0;
}
#else
int main(void) { return 0; }
#endif

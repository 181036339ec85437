// AArch64 only: forks in a storm of threads that run new code all the time; each child runs new code too.
// cpus: arm64
#define _GNU_SOURCE
#include "fact.h"
#ifdef __aarch64__
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOV_X0 = 0xd2800000, RET = 0xd65f03c0, PAGE = 4096, THREADS = 6 };
typedef uint64_t function(void);

static volatile int is_over;
static int wrong;

static uint64_t fresh(uint32_t n) {
    uint32_t *code = mmap(0, PAGE, 7, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    code[0] = MOV_X0 | (n & 0xffff) << 5;
    code[1] = RET;
    __builtin___clear_cache((char *)code, (char *)(code + 2));
    uint64_t got = ((function *)code)();
    munmap(code, PAGE);
    return got;
}

static void *storm(void *argument) {
    uint32_t n = (uint32_t)(long)argument * 1000;
    while (!is_over) {
        n++;
        if (fresh(n) != (n & 0xffff)) __atomic_add_fetch(&wrong, 1, __ATOMIC_SEQ_CST);
        free(malloc(n & 0xffff));
    }
    return 0;
}

static int forks(int rounds) {
    int good = 0;
    for (int i = 0; i < rounds; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            int fine = 1;
            for (uint32_t k = 0; k < 20; k++) fine &= fresh(k + i) == ((k + i) & 0xffff);
            pid_t grandchild = fork();
            if (grandchild == 0) _exit(fresh(7) == 7 ? 5 : 6);
            int status;
            fine &= waitpid(grandchild, &status, 0) == grandchild && WEXITSTATUS(status) == 5;
            _exit(fine ? 42 : 43);
        }
        int status = 0;
        if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 42) good++;
    }
    return good;
}

static void *forker(void *rounds) { return (void *)(long)forks((int)(long)rounds); }

int main(int argc, char **argv) {
    long rounds = argc > 1 ? atoi(argv[1]) : 20;
    pthread_t threads[THREADS], other;
    for (long i = 0; i < THREADS; i++) pthread_create(&threads[i], 0, storm, (void *)i);
    pthread_create(&other, 0, forker, (void *)rounds);
    long good = forks((int)rounds);
    void *more;
    pthread_join(other, &more);
    is_over = 1;
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], 0);
    check("every child was right", good + (long)more == 2 * rounds);
    line("wrong in the parent", wrong);
    return 0;
}
#else
int main(void) { return 0; }
#endif

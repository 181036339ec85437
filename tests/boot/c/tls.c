// The thread pointer through a million switches: it is the program's alone, and the other one reads as zero.
#define _GNU_SOURCE
#include "check.h"
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, PROCESSES = 2, TURNS = 125000 };

static _Thread_local uint64_t mark;

static uint64_t pointer(void) {
    uint64_t value;
    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(value));
    return value;
}

static uint64_t other_pointer(void) {
    uint64_t value;
    __asm__ volatile("mrs %0, tpidrro_el0" : "=r"(value));
    return value;
}

static void *storm(void *which) {
    uint64_t own = pointer(), bad = 0;
    mark = (uint64_t)which;
    for (int i = 0; i < TURNS; i++) {
        sched_yield();
        bad += pointer() != own || other_pointer() != 0 || mark != (uint64_t)which;
    }
    return (void *)bad;
}

static void threads(void) {
    pthread_t all[THREADS];
    for (int i = 0; i < THREADS; i++)
        CHECK(!pthread_create(&all[i], NULL, storm, (void *)(uintptr_t)(i + 1)));
    for (int i = 0; i < THREADS; i++) {
        void *bad;
        pthread_join(all[i], &bad);
        CHECK(bad == NULL);
    }
}

// A program may put anything there: here it does, without a library that would mind.
static void values(void) {
    pid_t children[PROCESSES];
    for (int n = 0; n < PROCESSES; n++) {
        children[n] = fork();
        if (children[n] == 0) {
            uint64_t own = pointer(), bad = 0;
            for (uint64_t i = 0; i < 2 * TURNS; i++) {
                uint64_t value = i * 0x9e3779b97f4a7c15ull + n, back;
                __asm__ volatile(
                    "msr tpidr_el0, %1\n mov x8, #124\n svc #0\n mrs %0, tpidr_el0\n"
                    : "=&r"(back)
                    : "r"(value)
                    : "x0", "x8", "memory");
                bad += back != value || other_pointer() != 0;
            }
            __asm__ volatile("msr tpidr_el0, %0" : : "r"(own));
            _exit(bad != 0);
        }
    }
    for (int n = 0; n < PROCESSES; n++) {
        int status = -1;
        CHECK(waitpid(children[n], &status, 0) == children[n]);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

int main(void) {
    CHECK(other_pointer() == 0);
    PART(threads);
    PART(values);
    printf("%d switches asked for\n", THREADS * TURNS + PROCESSES * 2 * TURNS);
    return failed_checks != 0;
}

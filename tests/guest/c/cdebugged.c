// systems: linux dragonfly freebsd netbsd
// Something to debug: a variable that changes, calls within calls, a wait, a crash.
#ifdef __linux__
#include <stdio.h>
#include <string.h>
#include <time.h>
#define APART __attribute__((noinline))
static int is(const char *left, const char *right) { return !strcmp(left, right); }
static void line(const char *name, long value) { printf("%s: %ld\n", name, value); }
static void pause_ms(long ms) { nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, 0); }
#define entry main
#else
#include "raw.h"
#define APART __attribute__((noinline))
#define entry start
#endif

volatile int counter;

APART int add(int number) {
    counter += number;
    return counter;
}

APART int sum(int last) {
    for (int number = 1; number <= last; number++) {
        add(number);
    }
    return counter;
}

APART void crash(volatile int *at) {
    *at = 1;
}

int entry(int argc, char **argv, char **envp) {
    const char *what = argc > 1 ? argv[1] : "sum";
    if (is(what, "crash")) {
        crash((volatile int *)16);
    } else if (is(what, "wait")) {
        pause_ms(60000);
    }
    line("sum", sum(4));
    return counter;
}

// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// Something to debug: a variable that changes, calls within calls, a wait, a crash, a child.
#ifdef __linux__
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#define APART __attribute__((noinline))
static int is(const char *left, const char *right) { return !strcmp(left, right); }
static void line(const char *name, long value) { printf("%s: %ld\n", name, value); }
static void pause_ms(long ms) { nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, 0); }
static int child_status(int (*body)(int)) {
    int status = 0;
    if (!fork()) _exit(body(4));
    wait(&status);
    return WEXITSTATUS(status);
}
#define entry main
#else
#include "raw.h"
#define APART __attribute__((noinline))
static int child_status(int (*body)(int)) {
    int status = 0;
    struct answer forked = call(SYS_fork);
    if (forked.value == 0 || forked.second == 1) quit(body(4));
    call(SYS_wait4, forked.value, &status, 0, 0);
    return status >> 8 & 0xff;
}
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
    } else if (is(what, "fork")) {
        line("child", child_status(sum));
    }
    line("sum", sum(4));
    return counter;
}

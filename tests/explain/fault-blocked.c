// Faults while it blocks the signal of the fault.
// cpus: arm64
// code: E0947
// cause: blocked
// status: 139
#include "program.h"
static void caught(int signal) { _exit(0); }
noinline static void fill(int *at) { *(volatile int *)at = 7; }
int main(int argc, char **argv) {
    struct sigaction action = {.sa_handler = caught};
    sigaction(SIGSEGV, &action, 0);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, 0);
    fill(hidden((int *)0x10));
    return 0;
}

// Faults while it blocks the signal of the fault. Not here.
// cpus: arm64
// silent
#include "program.h"
static void caught(int signal) { _exit(0); }
noinline static void fill(int *at) { *(volatile int *)at = 7; }
int main(int argc, char **argv) {
    struct sigaction action = {.sa_handler = caught};
    sigaction(SIGSEGV, &action, 0);
    sigset_t all;
    sigfillset(&all);
    fill(hidden((int *)0x10));
    return 0;
}

// The handler for a fault faults itself.
// cpus: arm64
// code: E0947
// cause: caught
// cause: SIGSEGV
// status: 139
#include "program.h"
static int *nothing;
static void caught(int signal) { *(volatile int *)nothing = signal; }
noinline static void fill(int *at) { *(volatile int *)at = 7; }
int main(int argc, char **argv) {
    struct sigaction action = {.sa_handler = caught};
    sigaction(SIGSEGV, &action, 0);
    fill(hidden((int *)0x10));
    return 0;
}

// Makes a call that the system does not have, has a handler for the signal for that, works on, and fails for a reason of its own.
// systems: freebsd netbsd dragonfly
// cpus: arm64
// code: E0999
// status: 3
// with: explain
#include "program.h"
static void end(int signal) {
    for (int n = 0; n < 20; n++) call(SYS_getppid), call(SYS_getuid);
    quit(3);
}
struct action { void (*handler)(int); u32 words[6]; };
int main(int argc, char **argv) {
    struct action action = {end};
    // NetBSD wants to know where handlers return to.
    call(SYS_sigaction, SIGSYS, &action, 0, end, 2);
    call(999, 1, 2, 3);
    return 1;
}

// Ends its worker by the signal that ends programs, which it handles itself, because of a failure of its own.
// systems: linux
// cpus: arm64
// code: E0999
// twin: child-handler
// cause: wrote last: the settings are wrong
// status: 1
// with: explain
#include "program.h"
static volatile int asked;
static void stop(int signal) { asked = 1; }
int main(int argc, char **argv) {
    int status = 0;
    int pid = fork();
    if (!pid)
        for (;;) pause();
    signal(SIGTERM, stop);
    fputs("the settings are wrong\n", stderr);
    kill(pid, SIGTERM);
    syscall(SYS_wait4, pid, &status, 0, 0);
    exit(1);
}

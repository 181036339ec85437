// Ends its worker by a signal that it does not handle itself, and passes that on.
// systems: linux
// cpus: arm64
// code: E0959
// twin: child-handler-ok
// cause: died of SIGHUP, and it passed that on
// status: 129
// with: explain
#include "program.h"
static void again(int signal) {}
static int work(void) {
    write(1, "r", 1);
    alarm(10);
    return pause();
}
int main(int argc, char **argv) {
    int ends[2], status = 0;
    if (argc > 1) return work();
    pipe(ends);
    int pid = fork();
    if (!pid) {
        dup2(ends[1], 1);
        execv("/proc/self/exe", (char *[]){argv[0], "worker", 0});
        _exit(9);
    }
    char ready;
    read(ends[0], &ready, 1);
    kill(pid, SIGHUP);
    syscall(SYS_wait4, pid, &status, 0, 0);
    exit(128 + (status & 127));
}

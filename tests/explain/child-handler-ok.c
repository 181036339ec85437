// Tells its worker to read its settings again by a signal that the worker handles.
// systems: linux
// cpus: arm64
// silent
#include "program.h"
static volatile int told;
static void again(int signal) { told = 1; }
static int work(void) {
    signal(SIGHUP, again);
    write(1, "r", 1);
    while (!told) usleep(1000);
    return 0;
}
int main(int argc, char **argv) {
    int ends[2], status = 0;
    if (argc > 1) return work();
    signal(SIGHUP, again);
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
    if (status) exit(1);
    return 0;
}

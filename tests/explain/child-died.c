// Passes on that its child died of a signal, as a shell does.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0959
// cause: died of SIGKILL, and it passed that on: 137 is 128 and the signal's number
// status: 137
// with: explain
#include "program.h"
int main(int argc, char **argv) {
    int status = 0;
#ifdef __linux__
    int pid = fork();
    if (!pid) kill(getpid(), SIGKILL);
    syscall(SYS_wait4, pid, &status, 0, 0);
#else
    struct answer child = call(SYS_fork);
    if (child.second == 1 || child.value == 0) call(SYS_kill, call(SYS_getpid).value, 9);
    call(SYS_wait4, child.value, &status, 0, 0);
#endif
    return 128 + (status & 127);
}

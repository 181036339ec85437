// Its child sets the action of a signal back that the parent handles, and is sent it.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0960
// cause: a signal that it handles itself
// status: 1
// with: explain
#include "program.h"
#ifdef __linux__
static void again(int signal) {}
int main(int argc, char **argv) {
    int status = 0;
    signal(SIGHUP, again);
    int pid = fork();
    if (!pid) {
        signal(SIGHUP, SIG_DFL);
        for (;;) pause();
    }
    usleep(100000);
    kill(pid, SIGHUP);
    syscall(SYS_wait4, pid, &status, 0, 0);
    if (status) exit(1);
    return 0;
}
#else
#include "rawsignals.h"
static void again(int signal, struct info *info, struct context *context) {}
int main(int argc, char **argv) {
    int status = 0;
    handle(1, again, SA_SIGINFO);
    struct answer child = call(SYS_fork);
    if (child.second == 1 || child.value == 0) {
        handle(1, 0, 0);
        for (;;) pause_ms(1000);
    }
    pause_ms(100);
    call(SYS_kill, child.value, 1);
    call(SYS_wait4, child.value, &status, 0, 0);
    return status != 0;
}
#endif

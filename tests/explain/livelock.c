// Retries on a number that is EAGAIN elsewhere, until somebody has enough.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0914
// cause: it made the same failing call
// cause: times in a row: close(99) = -1 EBADF (9)
// status: 131
#include "program.h"
int main(int argc, char **argv) {
    for (int n = 0; n < 150000; n++)
#ifdef __linux__
        syscall(SYS_close, 99);
    kill(getpid(), SIGQUIT);
#else
        call(SYS_close, 99);
    call(SYS_kill, call(SYS_getpid).value, 3);
#endif
    return 0;
}

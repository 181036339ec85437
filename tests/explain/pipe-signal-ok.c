// Its reader is there, and it sends itself the signal that says the contrary.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0945
// cause: it sent SIGPIPE to itself
// status: 141
// with: explain
#include "program.h"
int main(int argc, char **argv) {
#ifdef __linux__
    int ends[2];
    if (pipe(ends) || write(ends[1], "text\n", 5) != 5) return 9;
    kill(getpid(), SIGPIPE);
#else
    int ends[2];
    if (call(SYS_pipe2, ends, 0).carry || call(SYS_write, ends[1], "text\n", 5).carry) return 9;
    call(SYS_kill, call(SYS_getpid).value, 13);
#endif
    return 0;
}

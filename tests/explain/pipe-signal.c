// Its reader has gone, and it dies of that.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0982
// cause: it could not write to
// cause: nobody reads it any more (EPIPE), and SIGPIPE ends who does not handle it
// status: 141
// with: explain
#include "program.h"
int main(int argc, char **argv) {
#ifdef __linux__
    int ends[2];
    if (pipe(ends)) return 9;
    close(ends[0]);
    return write(ends[1], "text\n", 5) != 5;
#else
    int ends[2];
    if (call(SYS_pipe2, ends, 0).carry) return 9;
    call(SYS_close, ends[0]);
    return call(SYS_write, ends[1], "text\n", 5).carry;
#endif
}

// Its reader has gone, which it does not mind; it fails for a reason of its own.
// cpus: arm64
// code: E0999
// cause: 17 is no prime number
// status: 3
// with: explain
#include "program.h"
int main(int argc, char **argv) {
    int ends[2];
    signal(SIGPIPE, SIG_IGN);
    if (pipe(ends)) return 9;
    close(ends[0]);
    if (write(ends[1], "text\n", 5) >= 0) return 9;
    return fputs("broken-pipe-ok: 17 is no prime number, or is it?\n", stderr), 3;
}

// Its reader has gone, and it does not want to die of that.
// cpus: arm64
// code: E0982
// cause: it could not write to
// cause: nobody reads it any more (EPIPE)
// status: 1
// with: explain
#include "program.h"
int main(int argc, char **argv) {
    int ends[2];
    signal(SIGPIPE, SIG_IGN);
    if (pipe(ends)) return 9;
    close(ends[0]);
    if (write(ends[1], "text\n", 5) < 0) return perror("write"), 1;
    return 0;
}

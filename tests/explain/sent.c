// Its child sends it a signal that it has no handler for.
// cpus: arm64
// code: E0944
// cause: SIGQUIT
// cause: process
// status: 131
#include "program.h"
int main(int argc, char **argv) {
    int child = fork();
    if (child == 0) {
        kill(getppid(), SIGQUIT);
        _exit(0);
    }
    pause();
    return 0;
}

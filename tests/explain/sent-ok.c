// Its child sends it a signal that it has a handler for.
// cpus: arm64
// silent
#include "program.h"
static void end(int signal) { _exit(0); }
int main(int argc, char **argv) {
    signal(SIGQUIT, end);
    int child = fork();
    if (child == 0) {
        kill(getppid(), SIGQUIT);
        _exit(0);
    }
    pause();
    return 1;
}

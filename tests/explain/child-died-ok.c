// Its child died of a signal, and it does not mind.
// systems: linux
// silent
#include "program.h"
int main(int argc, char **argv) {
    int status = 0, pid = fork();
    if (!pid) kill(getpid(), SIGKILL);
    syscall(SYS_wait4, pid, &status, 0, 0);
    return (status & 127) != SIGKILL;
}

// A handler damages the context that it returns to. Not here.
// cpus: arm64
// silent
#include "program.h"
static void caught(int signal, siginfo_t *info, void *context) {}
int main(int argc, char **argv) {
    struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, 0);
    raise(SIGUSR1);
    return 0;
}

// A handler damages the context that it returns to.
// code: E0948
// cause: handler
// cause: SIGUSR1
// status: 139
#include "program.h"
#include <ucontext.h>
static void caught(int signal, siginfo_t *info, void *context) { ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] = 0x123456789000; }
int main(int argc, char **argv) {
    struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, 0);
    raise(SIGUSR1);
    return 0;
}

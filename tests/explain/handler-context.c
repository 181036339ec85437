// A handler damages the context that it returns to.
// cpus: arm64
// code: E0948
// cause: handler
// cause: SIGUSR1
// status: 139
#include "program.h"
#include <ucontext.h>
#ifdef __aarch64__
#define PLACE(context) ((context)->uc_mcontext.pc)
#else
#define PLACE(context) ((context)->uc_mcontext.gregs[REG_RIP])
#endif
static void caught(int signal, siginfo_t *info, void *context) { PLACE((ucontext_t *)context) = 0x123456789000; }
int main(int argc, char **argv) {
    struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, 0);
    raise(SIGUSR1);
    return 0;
}

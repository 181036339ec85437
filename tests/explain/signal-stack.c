// A signal comes, and the stack has no room for its handler.
// cpus: arm64
// code: E0949
// cause: SIGUSR1
// cause: stack
// status: 139
#include "program.h"
static char *low;
static void caught(int signal) {}
noinline static void sent(void) {
#ifdef __aarch64__
    register long process __asm__("x0") = getpid(), thread __asm__("x1") = gettid(), signal __asm__("x2") = SIGUSR1;
    register long number __asm__("x8") = SYS_tgkill;
    __asm__ volatile("mov x19, sp\n\tmov sp, %1\n\tsvc #0\n\tmov sp, x19" : "+r"(process) : "r"(low + 256), "r"(thread), "r"(signal), "r"(number) : "x19", "memory");
#else
    __asm__ volatile("mov %%rsp, %%rbx\n\tmov %0, %%rsp\n\tsyscall\n\tmov %%rbx, %%rsp" : : "r"(low + 256), "a"(SYS_tgkill), "D"(getpid()), "S"(gettid()), "d"(SIGUSR1) : "rbx", "rcx", "r11", "memory");
#endif
}
int main(int argc, char **argv) {
    low = mmap(0, 1 << 20, 3, MAP_ANON | MAP_PRIVATE, -1, 0);
    mprotect(low, 65536, 0);
    low += 65536;
    struct sigaction action = {.sa_handler = caught};
    sigaction(SIGUSR1, &action, 0);
    sent();
    return 0;
}

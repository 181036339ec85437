// Crashes on purpose where a call fails, as Go's runtime does where it cannot print.
// systems: dragonfly freebsd netbsd
// cpus: arm64
// code: E0911
// cause: it crashed on purpose because a call failed: close(99) = -1 EBADF (9)
// status: 139
#include "program.h"
#ifdef __aarch64__
#define CRASH "mov x0, #0xfa\n\tstr x0, [x0]"
#else
#define CRASH "movl $0xfa, 0xfa"
#endif
int main(int argc, char **argv) {
    if (call(SYS_close, 99).carry) __asm__ volatile(CRASH);
    return 0;
}

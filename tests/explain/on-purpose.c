// Crashes on purpose where a call fails, as Go's runtime does where it cannot print.
// systems: dragonfly freebsd netbsd
// code: E0911
// cause: it crashed on purpose because a call failed: close(99) = -1 EBADF (9)
// status: 139
#include "program.h"
int main(int argc, char **argv) {
    if (call(SYS_close, 99).carry) __asm__ volatile("movl $0xfa, 0xfa");
    return 0;
}

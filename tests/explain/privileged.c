// Turns interrupts off.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0936
// cause: guard
// cause/amd64: cli
// cause/arm64: msr
// status: 139
// status/arm64: 132
#include "program.h"
#ifdef __aarch64__
#define GUARD "msr daifset, #2"
#else
#define GUARD "cli"
#endif
noinline static void guard(void) { __asm__ volatile(GUARD); }
int main(int argc, char **argv) {
    guard();
    return 0;
}

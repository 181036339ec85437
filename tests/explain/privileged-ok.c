// Turns interrupts off. Not here.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
#ifdef __aarch64__
#define GUARD "clrex"
#else
#define GUARD "cld"
#endif
noinline static void guard(void) { __asm__ volatile(GUARD); }
int main(int argc, char **argv) {
    guard();
    return 0;
}

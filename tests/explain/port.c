// Writes to a port.
// systems: linux dragonfly freebsd netbsd
// only: amd64, arm64 has no ports
// code: E0936
// cause: beep
// cause: out
// status: 139
#include "program.h"
noinline static void beep(void) { __asm__ volatile("outb %%al, $0x61" : : "a"(3)); }
int main(int argc, char **argv) {
    beep();
    return 0;
}

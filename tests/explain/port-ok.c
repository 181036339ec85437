// Writes to a port. Not here.
// systems: linux dragonfly freebsd netbsd
// only: amd64, arm64 has no ports
// silent
#include "program.h"
noinline static void beep(volatile u8 *port) { __asm__ volatile("movb %%al, (%1)" : : "a"(3), "r"(port) : "memory"); }
int main(int argc, char **argv) {
    static u8 port;
    beep(hidden(&port));
    return 0;
}

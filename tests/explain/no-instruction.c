// Runs bytes that are no instruction.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0934
// cause: weird
// status: 132
#include "program.h"
noinline static void weird(void) { __asm__ volatile(".byte 0x06, 0x07, 0x06, 0x07"); }
int main(int argc, char **argv) {
    weird();
    return 0;
}

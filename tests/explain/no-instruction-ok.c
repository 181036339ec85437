// Runs bytes that are no instruction. Not here.
// systems: linux dragonfly freebsd netbsd
// silent
#include "program.h"
noinline static void weird(void) { __asm__ volatile(".byte 0x90, 0x90"); }
int main(int argc, char **argv) {
    weird();
    return 0;
}

// A breakpoint was left in it. Not here.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
noinline static void inspect(void) { __asm__ volatile("nop"); }
int main(int argc, char **argv) {
    inspect();
    return 0;
}

// A breakpoint was left in it.
// systems: linux dragonfly freebsd netbsd
// code: E0935
// cause: inspect
// cause: int3
// status: 133
#include "program.h"
noinline static void inspect(void) { __asm__ volatile("int3"); }
int main(int argc, char **argv) {
    inspect();
    return 0;
}

// Writes through a null pointer.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0921
// cause: fill
// cause: wrote to memory through a null pointer
// status: 139
#include "program.h"
noinline static void fill(int *at) { *at = 7; }
int main(int argc, char **argv) {
    static int room;
    fill(hidden((int *)0));
    return 0;
}

// Writes through a null pointer. Not here.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
noinline static void fill(int *at) { *at = 7; }
int main(int argc, char **argv) {
    static int room;
    fill(hidden(&room));
    return 0;
}

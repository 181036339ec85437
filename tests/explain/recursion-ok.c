// Recursion with an end.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
noinline static long deeper(long depth) {
    volatile long here[8] = {depth};
    return depth > 1000 ? 0 : deeper(depth + 1) + (here[0] & 0);
}
int main(int argc, char **argv) { return deeper(0); }

// Recursion without end.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0923
// cause: the main stack
// cause: deeper (recursion.c:
#include "program.h"
noinline static long deeper(long depth) {
    volatile long here[8] = {depth};
    return deeper(depth + 1) + here[0];
}
int main(int argc, char **argv) { return deeper(0); }

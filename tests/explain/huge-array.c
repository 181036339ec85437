// An array of 64 MiB on the stack.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0923
// cause: the main stack
// cause: sum
// status: 139
#include "program.h"
noinline static long sum(long from) {
    volatile char room[64L << 20];
    room[from] = 1;
    return room[from] - 1;
}
int main(int argc, char **argv) {
    return sum(hidden(5L));
}

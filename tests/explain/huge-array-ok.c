// An array of 64 MiB on the stack. Not here.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
noinline static long sum(long from) {
    volatile char room[64L << 10];
    room[from] = 1;
    return room[from] - 1;
}
int main(int argc, char **argv) {
    return sum(hidden(5L));
}

// Zeros overwrote the return address. Not here.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
noinline static void fill(volatile long *to, int count) { while (count--) *to++ = 0; }
noinline static void leave(void) {
    long room[2];
    fill(room, hidden(2));
}
int main(int argc, char **argv) {
    leave();
    return 0;
}

// A number overwrote the return address.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0941
// cause: return address
// cause: 0x1122334455
// status: 139
#include "program.h"
noinline static void fill(volatile long *to, int count) { while (count--) *to++ = 0x1122334455; }
noinline static void leave(void) {
    long room[2];
    fill(room, hidden(8));
}
int main(int argc, char **argv) {
    leave();
    return 0;
}

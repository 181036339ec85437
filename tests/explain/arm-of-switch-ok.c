// Jumps through a table with an index that is too great. Not here.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
static void none(void) {}
struct { void (*all[2])(void); u64 wild; } table = {{none, none}, 0x5500000000};
noinline static void dispatch(long n) {
    table.all[n]();
    __asm__ volatile("");
}
int main(int argc, char **argv) {
    dispatch(hidden(1L));
    return 0;
}

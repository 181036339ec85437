// Reads a mapped file behind its end.
// systems: dragonfly freebsd netbsd
// cpus: arm64
// code: E0929
// cause: first
// cause: end of the file
#include "program.h"
noinline static int first(volatile char *at) { return *at & 0; }
int main(int argc, char **argv) {
    int fd = call(SYS_open, "mapped", 0x602, 0600).value;
    call(SYS_write, fd, argv, 16);
    char *at = (char *)map(0, 8192, 1, MAP_SHARED, fd, 0).value;
    return first(at + 4096);
}

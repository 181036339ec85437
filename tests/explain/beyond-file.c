// Reads a mapped file behind its end.
// cpus: arm64
// code: E0929
// cause: first
// cause: end of the file
// status: 135
#include "program.h"
noinline static int first(volatile char *at) { return *at & 0; }
int main(int argc, char **argv) {
    int fd = open("mapped", O_RDWR | O_CREAT | O_TRUNC, 0600);
    ftruncate(fd, 8192);
    char *at = mmap(0, 8192, 3, MAP_SHARED, fd, 0);
    ftruncate(fd, 4096);
    return first(at + 4096);
}

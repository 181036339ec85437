// Reads a mapped file behind its end. Not here.
// cpus: arm64
// silent
#include "program.h"
noinline static int first(volatile char *at) { return *at & 0; }
int main(int argc, char **argv) {
    int fd = open("mapped", O_RDWR | O_CREAT | O_TRUNC, 0600);
    ftruncate(fd, 8192);
    char *at = mmap(0, 8192, 3, MAP_SHARED, fd, 0);
    return first(at + 4096);
}

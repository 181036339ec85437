// Asks for memory with another system's flag, and does not look at the answer.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0912
// cause: it asked for memory with
// cause: mmap took its descriptor -1 for a file
// status: 139
#include "program.h"
int main(int argc, char **argv) {
#ifdef __linux__
    char *memory = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | 0x1000, -1, 0);
#else
    char *memory = (char *)call(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | 0x20, -1, 0).value;
#endif
    *hidden(memory) = 1;
    return 0;
}

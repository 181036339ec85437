// Asks for memory with the system's own flag.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
int main(int argc, char **argv) {
#ifdef __linux__
    char *memory = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
#else
    char *memory = (char *)call(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0).value;
#endif
    *hidden(memory) = 1;
    return 0;
}

// Gives up its rights and maps memory at a fixed address that is not low.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
noinline static void poke(volatile short *at) { at[hidden(0x20)] = 1; }
int main(int argc, char **argv) {
#ifdef __linux__
    setgid(65534), setuid(65534);
    mmap(hidden((void *)0x20000000), 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
#else
    call(181, 65534), call(23, 65534);
    call(SYS_mmap, 0x20000000, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON | 0x10, -1, 0);
#endif
    poke(hidden((volatile short *)0x20000000));
    return 0;
}

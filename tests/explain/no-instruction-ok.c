// Runs bytes that are no instruction. Not here.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
#ifdef __aarch64__
#define NOP ".byte 0x1f, 0x20, 0x03, 0xd5"
#else
#define NOP ".byte 0x90, 0x90"
#endif
noinline static void weird(void) { __asm__ volatile(NOP); }
int main(int argc, char **argv) {
    weird();
    return 0;
}

// Moves 16 bytes to an address that is no multiple of 16. Not here.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
static u8 room[64] __attribute__((aligned(64)));
#ifdef __aarch64__
// An exclusive access wants its own size.
noinline static void spill(void *at) { __asm__ volatile("ldxp x9, x10, [%0]" : : "r"(at) : "x9", "x10", "memory"); }
#else
noinline static void spill(void *at) { __asm__ volatile("movaps %%xmm0, (%0)" : : "r"(at) : "memory"); }
#endif
int main(int argc, char **argv) {
    spill(hidden((void *)(room + 16)));
    return 0;
}

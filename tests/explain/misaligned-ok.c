// Moves 16 bytes to an address that is no multiple of 16. Not here.
// systems: linux dragonfly freebsd netbsd
// silent
#include "program.h"
static u8 room[64] __attribute__((aligned(64)));
noinline static void spill(void *at) { __asm__ volatile("movaps %%xmm0, (%0)" : : "r"(at) : "memory"); }
int main(int argc, char **argv) {
    spill(hidden((void *)(room + 16)));
    return 0;
}

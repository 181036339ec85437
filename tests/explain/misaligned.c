// Moves 16 bytes to an address that is no multiple of 16.
// systems: linux dragonfly freebsd netbsd
// code: E0930
// cause: spill
// cause: 16
// cause: 8
// status: 139
#include "program.h"
static u8 room[64] __attribute__((aligned(64)));
noinline static void spill(void *at) { __asm__ volatile("movaps %%xmm0, (%0)" : : "r"(at) : "memory"); }
int main(int argc, char **argv) {
    spill(hidden((void *)(room + 8)));
    return 0;
}

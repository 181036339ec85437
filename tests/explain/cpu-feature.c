// Uses an instruction that CPUs of today do not have.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0932
// cause: add_pairs
// cause/amd64: 3DNOW
// cause/arm64: SVE
// status: 132
#include "program.h"
#ifdef __aarch64__
#define ADD ".inst 0x04a10000" // add z0.s, z0.s, z1.s
#else
#define ADD "pfadd %%mm1, %%mm0"
#endif
noinline static void add_pairs(void) { __asm__ volatile(ADD : : : "memory"); }
int main(int argc, char **argv) {
    add_pairs();
    return 0;
}

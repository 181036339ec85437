// Uses an instruction that CPUs of today do not have. Not here.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
#ifdef __aarch64__
#define ADD "add v0.4s, v0.4s, v1.4s"
#else
#define ADD "paddd %%mm1, %%mm0"
#endif
noinline static void add_pairs(void) { __asm__ volatile(ADD : : : "memory"); }
int main(int argc, char **argv) {
    add_pairs();
    return 0;
}

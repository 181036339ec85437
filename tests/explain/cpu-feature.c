// Uses an instruction that CPUs of today do not have.
// systems: linux dragonfly freebsd netbsd
// code: E0932
// cause: add_pairs
// cause: 3DNOW
// status: 132
#include "program.h"
noinline static void add_pairs(void) { __asm__ volatile("pfadd %%mm1, %%mm0" : : : "memory"); }
int main(int argc, char **argv) {
    add_pairs();
    return 0;
}

// Uses an instruction that CPUs of today do not have. Not here.
// systems: linux dragonfly freebsd netbsd
// silent
#include "program.h"
noinline static void add_pairs(void) { __asm__ volatile("paddd %%mm1, %%mm0" : : : "memory"); }
int main(int argc, char **argv) {
    add_pairs();
    return 0;
}

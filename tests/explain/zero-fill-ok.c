// Counts in memory that is zero at the start and may be written.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
__asm__(".section .counters,\"aw\",@nobits\n.globl counter\n.balign 4096\n.type counter,@object\ncounter: .zero 4096\n.size counter, 4096\n.text");
extern int counter;
noinline static void count(int *at) { *at += 1; }
int main(int argc, char **argv) {
    count(hidden(&counter));
    return counter != 1;
}

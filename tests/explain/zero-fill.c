// Counts in memory that its author wanted zero at the start and gave no permission to write.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0964
// cause: count
// cause: counter
// status: 139
#include "program.h"
__asm__(".section .counters,\"a\",@nobits\n.globl counter\n.balign 4096\n.type counter,@object\ncounter: .zero 4096\n.size counter, 4096\n.text");
extern int counter;
noinline static void count(int *at) { *at += 1; }
int main(int argc, char **argv) {
    count(hidden(&counter));
    return counter != 1;
}

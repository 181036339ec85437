// Sets the trap flag, and nobody steps it.
// systems: linux dragonfly freebsd netbsd
// only: amd64, arm64 programs cannot set such a flag
// code: E0939
// cause: trap flag
// status: 133
#include "program.h"
noinline static void flag(void) { __asm__ volatile("sub $128, %%rsp\n\tpushf\n\torl $0x100, (%%rsp)\n\tpopf\n\tnop\n\tnop\n\tadd $128, %%rsp" : : : "memory", "cc"); }
int main(int argc, char **argv) {
    flag();
    return 0;
}

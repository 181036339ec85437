// Sets the trap flag, and nobody steps it. Not here.
// systems: linux dragonfly freebsd netbsd
// only: amd64, arm64 programs cannot set such a flag
// silent
#include "program.h"
noinline static void flag(void) { __asm__ volatile("sub $128, %%rsp\n\tpushf\n\torl $0x1, (%%rsp)\n\tpopf\n\tnop\n\tnop\n\tadd $128, %%rsp" : : : "memory", "cc"); }
int main(int argc, char **argv) {
    flag();
    return 0;
}

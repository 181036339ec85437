// Sets the flag that makes the CPU inspect alignment. Not here.
// systems: linux dragonfly freebsd netbsd
// only: amd64, only x86-64 has a flag for it
// silent
#include "program.h"
static u64 room[4];
noinline static void flag(char *at) { __asm__ volatile("sub $128, %%rsp\n\tpushf\n\torl $0x1, (%%rsp)\n\tpopf\n\tmov 1(%0), %%eax\n\tadd $128, %%rsp" : : "r"(at) : "rax", "memory", "cc"); }
int main(int argc, char **argv) {
    flag((char *)room);
    return 0;
}

// Calls with a stack pointer that is no multiple of 16.
// systems: linux netbsd
// only: amd64, translated code does not look at the alignment of the stack pointer
// code: E0930
// cause: stack
// status: 139
#include "program.h"
noinline static void spill(void) { __asm__ volatile("sub $24, %%rsp\n\tmovaps %%xmm0, (%%rsp)\n\tadd $24, %%rsp" : : : "memory"); }
int main(int argc, char **argv) {
    __asm__ volatile("and $-16, %%rsp\n\tsub $8, %%rsp\n\tmovaps %%xmm0, -32(%%rsp)" : : : "memory");
    return 0;
}

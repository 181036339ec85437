// Calls with a stack pointer that is no multiple of 16, and stores where that does not matter.
// systems: linux netbsd
// only: amd64, translated code does not look at the alignment of the stack pointer
// silent
#include "program.h"
int main(int argc, char **argv) {
    __asm__ volatile("mov %%rsp, %%rbx\n\tand $-16, %%rsp\n\tsub $8, %%rsp\n\tmovups %%xmm0, -32(%%rsp)\n\tmov %%rbx, %%rsp" : : : "rbx", "memory");
    return 0;
}

// Takes the thread pointer for a place for the thread's number.
// cpus: arm64
// code: E0920
// cause: thread pointer
// cause: 0x7
// status: 139
#include "program.h"
noinline static long count(void) {
    long value;
#ifdef __aarch64__
    __asm__ volatile("mrs %0, tpidr_el0\n\tldr %0, [%0, #16]" : "=r"(value));
#else
    __asm__ volatile("mov %%fs:16, %0" : "=r"(value));
#endif
    return value & 0;
}
int main(int argc, char **argv) {
    long block[8];
#ifdef __aarch64__
    __asm__ volatile("msr tpidr_el0, %0" : : "r"(7L));
#else
    syscall(SYS_arch_prctl, 0x1002, 7L);
#endif
    return count();
}

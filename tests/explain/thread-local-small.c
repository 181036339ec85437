// Takes the thread pointer for a place for the thread's number.
// code: E0920
// cause: thread pointer
// cause: 0x7
// status: 139
#include "program.h"
noinline static long count(void) {
    long value;
    __asm__ volatile("mov %%fs:16, %0" : "=r"(value));
    return value & 0;
}
int main(int argc, char **argv) {
    long block[8];
    syscall(SYS_arch_prctl, 0x1002, 7L);
    return count();
}

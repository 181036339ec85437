// Takes the thread pointer for a place for the thread's number. Not here.
// cpus: arm64
// silent
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
    return count();
}

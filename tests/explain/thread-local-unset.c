// Reads a thread-local variable with a thread pointer of 0.
// systems: dragonfly freebsd netbsd
// cpus: arm64
// code: E0920
// cause: thread pointer
// cause: count
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
    return count();
}

// Reads a thread-local variable with a thread pointer of 0. Not here.
// systems: dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
static u64 block[8];
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
#ifdef __aarch64__
    __asm__ volatile("msr tpidr_el0, %0" : : "r"(block));
#elif FREEBSD
    u64 base = (u64)block;
    call(165, 129, &base);
#elif NETBSD
    call(317, block);
#else
    struct { u64 base; int size; } area = {(u64)block, -1};
    call(472, 0, &area, sizeof area);
#endif
    return count();
}

// Keeps a pointer across a call with two results in a register that the call leaves alone.
// systems: freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
// pipe: two results.
#define NUMBER 42
noinline static int after(int *counts) {
#ifdef __aarch64__
    register long result __asm__("x0") = NUMBER, number __asm__("x8") = NUMBER;
    register int *kept __asm__("x19") = counts;
#if NETBSD
    __asm__ volatile("svc #" SPELT(NUMBER) : "+r"(result), "+r"(kept) : "r"(number) : "x1", "memory");
#else
    __asm__ volatile("svc #0" : "+r"(result), "+r"(kept) : "r"(number) : "x1", "memory");
#endif
#else
    register int *kept __asm__("rbx") = counts;
    u64 result = NUMBER;
    __asm__ volatile("syscall" : "+a"(result), "+r"(kept) : : "rcx", "rdx", "r8", "r9", "r10", "r11", "memory");
#endif
    return kept[2];
}
int main(int argc, char **argv) {
    static int counts[4];
    return after(hidden(counts));
}

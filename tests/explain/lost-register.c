// Keeps a pointer across a call in a register that the call changes: its assembly does not say so to the compiler.
// systems: linux dragonfly freebsd netbsd
// only: amd64, calls of Linux leave every register of arm64 but the result alone (lost-result is the BSDs')
// code: E0943
// cause: after
// status: 139
#include "program.h"
#ifdef __linux__
#define LOST "r11"
#define NUMBER 39
#else
#define LOST "rdx"
#define NUMBER 42
#endif
noinline static int after(int *counts) {
    register int *kept __asm__(LOST) = counts;
    u64 result = NUMBER;
#ifdef __linux__
    __asm__ volatile("syscall" : "+a"(result), "+r"(kept) : : "rcx", "memory");
#else
    __asm__ volatile("syscall" : "+a"(result), "+r"(kept) : : "rcx", "r8", "r9", "r10", "r11", "memory");
#endif
    return kept[2];
}
int main(int argc, char **argv) {
    static int counts[4];
    return after(hidden(counts));
}

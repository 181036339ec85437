// Keeps a pointer across a call in a register that the call leaves alone.
// systems: linux dragonfly freebsd netbsd
// only: amd64, calls of Linux leave every register of arm64 but the result alone (lost-result is the BSDs')
// silent
#include "program.h"
#ifdef __linux__
#define LOST "rbx"
#define NUMBER 39
#else
#define LOST "rbx"
#define NUMBER 42
#endif
noinline static int after(int *counts) {
    register int *kept __asm__(LOST) = counts;
    u64 result = NUMBER;
#ifdef __linux__
    __asm__ volatile("syscall" : "+a"(result), "+r"(kept) : : "rcx", "r11", "memory");
#else
    __asm__ volatile("syscall" : "+a"(result), "+r"(kept) : : "rcx", "rdx", "r8", "r9", "r10", "r11", "memory");
#endif
    return kept[2];
}
int main(int argc, char **argv) {
    static int counts[4];
    return after(hidden(counts));
}

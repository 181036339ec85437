// Uses what a failed call gave back as a pointer.
// cpus: arm64
// code: E0925
// cause: first
// cause: EINVAL
// cause: mmap
// status: 139
#include "program.h"
noinline static int first(char *at) { return at[8]; }
int main(int argc, char **argv) {
#ifdef __aarch64__
    register long at __asm__("x0") = 0, len __asm__("x1") = 0, perms __asm__("x2") = 3, flags __asm__("x3") = 2;
    register long fd __asm__("x4") = -1, offset __asm__("x5") = 0, number __asm__("x8") = 222;
    __asm__ volatile("svc #0" : "+r"(at) : "r"(len), "r"(perms), "r"(flags), "r"(fd), "r"(offset), "r"(number) : "memory");
#else
    long at = __extension__({ long r; register long r10 __asm__("r10") = 2, r8 __asm__("r8") = -1, r9 __asm__("r9") = 0; __asm__ volatile("syscall" : "=a"(r) : "a"(9L), "D"(0L), "S"(0L), "d"(3L), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory"); r; });
#endif
    return first(hidden((char *)at));
}

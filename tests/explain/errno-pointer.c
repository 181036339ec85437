// Uses what a failed call gave back as a pointer.
// code: E0925
// cause: first
// cause: EINVAL
// cause: mmap
// status: 139
#include "program.h"
noinline static int first(char *at) { return at[8]; }
int main(int argc, char **argv) {
    long at = __extension__({ long r; register long r10 __asm__("r10") = 2, r8 __asm__("r8") = -1, r9 __asm__("r9") = 0; __asm__ volatile("syscall" : "=a"(r) : "a"(9L), "D"(0L), "S"(0L), "d"(3L), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory"); r; });
    return first(hidden((char *)at));
}

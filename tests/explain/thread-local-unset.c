// Reads a thread-local variable with a thread pointer of 0.
// systems: dragonfly freebsd netbsd
// code: E0920
// cause: thread pointer
// cause: count
// status: 139
#include "program.h"
noinline static long count(void) {
    long value;
    __asm__ volatile("mov %%fs:16, %0" : "=r"(value));
    return value & 0;
}
int main(int argc, char **argv) {
    return count();
}

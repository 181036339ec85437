// A breakpoint was left in it.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0935
// cause: inspect
// cause/amd64: int3
// cause/arm64: brk
// status: 133
#include "program.h"
#ifdef __aarch64__
#define BREAK "brk #0"
#else
#define BREAK "int3"
#endif
noinline static void inspect(void) { __asm__ volatile(BREAK); }
int main(int argc, char **argv) {
    inspect();
    return 0;
}

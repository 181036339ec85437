// Waits as Linux does, and gives up when that never works.
// systems: dragonfly freebsd netbsd
// cpus: arm64
// code: E0913
// cause/amd64: it waits by Linux's futex (call 202), which
// cause/arm64: it waits by Linux's futex (call 98), which
// status: 134
#include "program.h"
#ifdef __aarch64__
#define FUTEX 98
#else
#define FUTEX 202
#endif
int main(int argc, char **argv) {
    static int word;
    for (int n = 0; n < 20; n++)
        if (!call(FUTEX, &word, 128, 0, 0).carry) return 0;
    call(SYS_kill, call(SYS_getpid).value, 6);
    return 1;
}

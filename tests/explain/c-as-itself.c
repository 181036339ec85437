// The same program where it belongs.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
// with: explain
#include "program.h"
int main(int argc, char **argv) {
    long ids[64], some;
    for (int n = 0; n < 64; n++) {
#ifdef __linux__
        ids[n] = syscall(SYS_gettid) + syscall(SYS_getrandom, &some, 8, 0);
#else
        ids[n] = call(SYS_getpid).value + call(SYS_sigaltstack, 0, 0).value;
#endif
    }
    for (int n = 0; n < 64; n++)
        if (ids[n] <= 0) return 1;
    return 0;
}

// A program without a runtime, run as one for DragonFly BSD: it only knows that its first call failed.
// systems: linux freebsd netbsd
// only: amd64, DragonFly has no arm64
// os: dragonfly
// code: E0902
// cause: it is a program for
// cause: and ran as one for DragonFly BSD
// with: explain
// twin: c-as-itself
#include "program.h"
int main(int argc, char **argv) {
    long ids[64];
    for (int n = 0; n < 64; n++) {
#ifdef __linux__
        ids[n] = syscall(SYS_gettid) + syscall(SYS_getrandom, ids, 8, 0);
#else
        ids[n] = call(SYS_getpid).value + call(SYS_sigaltstack, 0, 0).value;
#endif
    }
    for (int n = 0; n < 64; n++)
        if (ids[n] <= 0) return 1;
    __builtin_trap();
}

// Crashes at a small address, behind a failed call that it does not look at.
// systems: dragonfly freebsd netbsd
// cpus: arm64
// code: E0921
// status: 139
#include "program.h"
noinline static void set(int *at) { *at = 0xfb; }
int main(int argc, char **argv) {
    call(SYS_close, 99);
    set(hidden((int *)0xfa));
    return 0;
}

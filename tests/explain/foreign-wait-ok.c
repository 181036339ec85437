// Tries to wait as Linux does, sees that this does not work, and aborts for a reason of its own.
// systems: dragonfly freebsd netbsd
// cpus: arm64
// code: E0951
// status: 134
#include "program.h"
int main(int argc, char **argv) {
    static int word;
    if (!call(202, &word, 128, 0, 0).carry) return 0;
    for (int n = 0; n < 8; n++) call(SYS_getppid), call(SYS_getuid);
    call(SYS_kill, call(SYS_getpid).value, 6);
    return 1;
}

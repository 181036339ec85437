// Waits as Linux does, and gives up when that never works.
// systems: dragonfly freebsd netbsd
// code: E0913
// cause: it waits by Linux's futex (call 202), which
// status: 134
#include "program.h"
int main(int argc, char **argv) {
    static int word;
    for (int n = 0; n < 20; n++)
        if (!call(202, &word, 128, 0, 0).carry) return 0;
    call(SYS_kill, call(SYS_getpid).value, 6);
    return 1;
}

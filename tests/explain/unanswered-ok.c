// Asks what no system knows, does without an answer, works on, and fails for a reason of its own.
// systems: dragonfly freebsd netbsd
// cpus: arm64
// code: E0999
// status: 3
// with: explain
#include "program.h"
int main(int argc, char **argv) {
    int name[2] = {1, 7777}, value;
    u64 size = sizeof value;
    if (!call(202, name, 2, &value, &size, 0, 0).carry) return 9;
    for (int n = 0; n < 8; n++) call(SYS_getppid), call(SYS_getuid);
    return 3;
}

// Does without a call that no kernel has, works on, and fails for a reason of its own.
// systems: linux
// cpus: arm64
// code: E0999
// cause: 17 is no prime number
// status: 3
// with: explain
#include "program.h"
int main(int argc, char **argv) {
    if (syscall(999, 1, 2, 3) == -1)
        for (int n = 0; n < 20; n++) getppid(), getuid();
    return fputs("missing-call-ok: 17 is no prime number, or is it?\n", stderr), 3;
}

// Tries to wait as another BSD does, sees that this does not work, works on, and fails for a reason of its own.
// cpus: arm64
// code: E0999
// cause: 17 is no prime number
// status: 3
// with: explain
#include "program.h"
static int word;
int main(int argc, char **argv) {
    if (syscall(478, &word, 2, 0) != -1) return 9;
    for (int n = 0; n < 20; n++) getppid(), getuid();
    return fputs("foreign-wait-park-ok: 17 is no prime number, or is it?\n", stderr), 3;
}

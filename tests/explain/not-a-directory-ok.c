// Takes a file for a directory, which it does not mind; it fails for a reason of its own.
// cpus: arm64
// code: E0999
// cause: 17 is no prime number
// status: 3
// with: explain
#include "program.h"
int main(int argc, char **argv) {
    if (open("/dev/null/settings", O_RDONLY) >= 0) return 9;
    return fputs("not-a-directory-ok: 17 is no prime number, or is it?\n", stderr), 3;
}

// May not write to a file, which it does not mind; it fails for a reason of its own.
// cpus: arm64
// code: E0999
// cause: 17 is no prime number
// status: 3
// with: explain
#include "program.h"
int main(int argc, char **argv) {
    if (getuid() == 0 && setuid(65534)) return 9;
    if (open("/etc/shadow", O_RDWR) >= 0) return 9;
    return fputs("forbidden-ok: 17 is no prime number, or is it?\n", stderr), 3;
}

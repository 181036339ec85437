// Has no room for its notes, which it does not mind; it fails for a reason of its own.
// cpus: arm64
// code: E0999
// cause: 17 is no prime number
// status: 3
// with: explain
#include "program.h"
int main(int argc, char **argv) {
    int fd = open("/dev/full", O_WRONLY);
    if (write(fd, "text\n", 5) == 5) return 9;
    return fputs("disk-full-ok: 17 is no prime number, or is it?\n", stderr), 3;
}

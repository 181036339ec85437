// Does without an answer to a request that nobody knows, works on, and fails for a reason of its own.
// cpus: arm64
// code: E0999
// cause: 17 is no prime number
// status: 3
// with: explain
#include "program.h"
#include <sys/ioctl.h>
int main(int argc, char **argv) {
    int fd = open("/dev/null", O_RDONLY);
    if (ioctl(fd, 0x5aa5, 0) < 0)
        for (int n = 0; n < 8; n++) getppid(), getuid();
    return fputs("unanswered-ioctl-ok: 17 is no prime number, or is it?\n", stderr), 3;
}

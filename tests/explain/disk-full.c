// Writes where there is never room.
// cpus: arm64
// code: E0977
// cause: it could not write to /dev/full: the disk is full (ENOSPC)
// status: 1
// with: explain
#include "program.h"
int main(int argc, char **argv) {
    int fd = open("/dev/full", O_WRONLY);
    if (write(fd, "text\n", 5) != 5) return perror("write"), 1;
    return 0;
}

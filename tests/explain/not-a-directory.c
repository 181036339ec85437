// Takes a file for a directory.
// cpus: arm64
// code: E0979
// cause: it could not open /dev/null/settings: a part of the path is not a directory (ENOTDIR)
// status: 1
// with: explain
#include "program.h"
int main(int argc, char **argv) {
    if (open("/dev/null/settings", O_RDONLY) < 0) return perror("settings"), 1;
    return 0;
}

// Looks for files that need not be there, and fails for a reason of its own.
// cpus: arm64
// code: E0999
// status: 3
// with: explain
#include "program.h"
#include <sys/stat.h>
int main(int argc, char **argv) {
    struct stat found;
    if (!stat("/etc/ashore-corpus/settings", &found) || !access("/etc/ashore-corpus", R_OK)) return 0;
    if (open("/proc/ashore-corpus", O_RDONLY) >= 0 || fcntl(99, F_GETFL) >= 0) return 0;
    return 3;
}

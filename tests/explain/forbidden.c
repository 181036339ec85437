// Wants to write where nobody may.
// cpus: arm64
// code: E0972
// cause: it could not open /etc/shadow: that is not allowed (EACCES)
// status: 1
// with: explain
#include "program.h"
int main(int argc, char **argv) {
    if (getuid() == 0 && setuid(65534)) return 9;
    if (open("/etc/shadow", O_RDWR) < 0) return perror("/etc/shadow"), 1;
    return 0;
}

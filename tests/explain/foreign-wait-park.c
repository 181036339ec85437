// Waits as another BSD does, and gives up when that never works.
// cpus: arm64
// code: E0913
// cause: it waits by NetBSD's ___lwp_park60 (call 478), which Linux does not have: ENOSYS, 20 times
// status: 3
// with: explain
#include "program.h"
static int word;
int main(int argc, char **argv) {
    for (int n = 0; n < 20; n++)
        if (syscall(478, &word, 2, 0) != -1) return 0;
    return 3;
}

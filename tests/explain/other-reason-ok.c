// Does without its settings, and fails for the reason that it gives.
// cpus: arm64
// code: E0999
// cause: it ended by itself with status 3, and wrote last: other-reason: 17 is no prime number, or is it?
// status: 3
// with: explain
#include "program.h"
int main(int argc, char **argv) {
    if (open("/etc/ashore-corpus/settings", O_RDONLY) >= 0) return 0;
    fputs("other-reason: starting\nother-reason: 17 is no prime number, or is it?\n", stderr);
    return 3;
}

// Needs a call that no kernel has.
// systems: linux
// cpus: arm64
// code: E0916
// cause: it made call 999, which Linux does not have, and gave up: ENOSYS
// status: 1
// with: explain
#include "program.h"
int main(int argc, char **argv) { return syscall(999, 1, 2, 3) == -1 ? 1 : 0; }

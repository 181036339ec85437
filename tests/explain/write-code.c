// Writes to its own code.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0926
// cause: mend
// cause: code
// cause: patient
// status: 139
#include "program.h"
noinline static int patient(void) { return 0; }
noinline static void mend(void *at) { *(volatile u8 *)at = 0x90; }
int main(int argc, char **argv) {
    mend(hidden((void *)patient));
    return 0;
}

// Tries often, and is done.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
int main(int argc, char **argv) {
    for (int n = 0; n < 150000; n++)
#ifdef __linux__
        syscall(SYS_close, 99);
#else
        call(SYS_close, 99);
#endif
    return 0;
}

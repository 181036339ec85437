// Calls bytes on its stack, which may be executed.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
#ifdef __linux__
static void protect(u64 at, int perms) { mprotect((void *)at, 4096, perms); }
#else
enum { SYS_mprotect = 74 };
static void protect(u64 at, int perms) { call(SYS_mprotect, at, 4096, perms); }
#endif
int main(int argc, char **argv) {
    volatile u8 bytes[8] __attribute__((aligned(8))) = RETURN_0;
    protect((u64)bytes & -4096, 7);
    return ((int (*)(void))hidden((void *)bytes))();
}

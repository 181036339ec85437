// Calls bytes on its stack, which may be executed.
// systems: linux dragonfly freebsd netbsd
// silent
#include "program.h"
#ifdef __linux__
static void protect(u64 at, int perms) { mprotect((void *)at, 4096, perms); }
#else
enum { SYS_mprotect = 74 };
static void protect(u64 at, int perms) { call(SYS_mprotect, at, 4096, perms); }
#endif
int main(int argc, char **argv) {
    volatile u8 bytes[4] __attribute__((aligned(4))) = {0x31, 0xc0, 0xc3};
    protect((u64)bytes & -4096, 7);
    return ((int (*)(void))hidden((void *)bytes))();
}

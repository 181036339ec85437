// Calls bytes in its data, which may be executed.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
#ifdef __linux__
static void protect(u64 at, int perms) { mprotect((void *)at, 8192, perms); }
#else
enum { SYS_mprotect = 74 };
static void protect(u64 at, int perms) { call(SYS_mprotect, at, 8192, perms); }
#endif
static u8 bytes[8192] __attribute__((aligned(4096))) = RETURN_0;
int main(int argc, char **argv) {
    protect((u64)bytes, 7);
    return ((int (*)(void))hidden((void *)bytes))();
}

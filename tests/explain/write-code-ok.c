// Writes to its own code, which it made writable.
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
noinline static void patient(void) { __asm__ volatile("nop\n\tnop"); }
#ifdef __aarch64__
#define RETURN {0xc0, 0x03, 0x5f, 0xd6}
#else
#define RETURN {0xc3}
#endif
noinline static void mend(void *at) { put_code(at, (u8[])RETURN, sizeof (u8[])RETURN); }
int main(int argc, char **argv) {
    protect((u64)hidden((void *)patient) & -4096, 7);
    mend(hidden((void *)patient));
    patient();
    return 0;
}

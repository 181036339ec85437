// Calls code, and then gives it back.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
#ifdef __linux__
static u8 *get(int perms) { return mmap(0, 8192, perms, MAP_ANON | MAP_PRIVATE, -1, 0); }
static void protect(void *at, int perms) { mprotect(at, 8192, perms); }
static void give(void *at) { munmap(at, 8192); }
#else
enum { SYS_mprotect = 74 };
static u8 *get(int perms) { return (u8 *)map(0, 8192, perms, MAP_ANON | MAP_PRIVATE, -1, 0).value; }
static void protect(void *at, int perms) { call(SYS_mprotect, at, 8192, perms); }
static void give(void *at) { call(SYS_munmap, at, 8192); }
#endif
int main(int argc, char **argv) {
    u8 *at = get(7);
    put_code(at, (u8[])RETURN_0, sizeof (u8[])RETURN_0);
    int found = ((int (*)(void))hidden((void *)at))();
    give(at);
    return found;
}

// Calls code that it made, without permission to execute.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0927
// cause: mmap
// status: 139
#include "program.h"
#ifdef __linux__
static char *get(void) { return mmap(0, 8192, 3, MAP_ANON | MAP_PRIVATE, -1, 0); }
static void give(char *at) { munmap(at, 8192); }
#else
static char *get(void) { return (char *)map(0, 8192, 3, MAP_ANON | MAP_PRIVATE, -1, 0).value; }
static void give(char *at) { call(SYS_munmap, at, 8192); }
#endif
noinline static int first(char *at) { return *hidden(at); }
int main(int argc, char **argv) {
    char *at = get();
    put_code(at, (u8[])RETURN_0, sizeof (u8[])RETURN_0);
    return ((int (*)(void))hidden((void *)at))();
}

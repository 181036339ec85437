// Reads memory that it gave back.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0924
// cause: first
// cause: munmap
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
    give(at);
    return first(at + 16);
}

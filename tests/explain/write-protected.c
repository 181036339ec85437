// Writes to memory that it made read-only.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0926
// cause: fill
// cause: mprotect
// status: 139
#include "program.h"
#ifdef __linux__
static char *get(void) { return mmap(0, 8192, 3, MAP_ANON | MAP_PRIVATE, -1, 0); }
static void shut(char *at) { mprotect(at, 8192, 1); }
#else
static char *get(void) { return (char *)map(0, 8192, 3, MAP_ANON | MAP_PRIVATE, -1, 0).value; }
static void shut(char *at) { call(74, at, 8192, 1); }
#endif
noinline static void fill(char *at) { *at = 1; }
int main(int argc, char **argv) {
    char *at = get();
    shut(at);
    fill(hidden(at));
    return 0;
}

// Calls code that it made, without permission to execute.
// systems: linux dragonfly freebsd netbsd
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
    at[0] = 0x31, at[1] = 0xc0, at[2] = 0xc3;
    return ((int (*)(void))hidden((void *)at))();
}

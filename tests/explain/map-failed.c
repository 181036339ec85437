// Writes to MAP_FAILED.
// cpus: arm64
// code: E0925
// cause: fill
// cause: mmap
// cause: ENOMEM
// status: 139
#include "program.h"
noinline static void fill(char *at) { at[0x20] = 1; }
int main(int argc, char **argv) {
    char *at = mmap(0, 1L << 60, 3, MAP_ANON | MAP_PRIVATE, -1, 0);
    fill(hidden(at));
    return 0;
}

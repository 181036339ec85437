// Writes to MAP_FAILED. Not here.
// cpus: arm64
// silent
#include "program.h"
noinline static void fill(char *at) { at[0x20] = 1; }
int main(int argc, char **argv) {
    char *at = mmap(0, 1L << 60, 3, MAP_ANON | MAP_PRIVATE, -1, 0);
    if (at != MAP_FAILED) fill(hidden(at));
    return 0;
}

// Uses what a failed call gave back as a pointer. Not here.
// cpus: arm64
// silent
#include "program.h"
noinline static int first(char *at) { return at[8]; }
int main(int argc, char **argv) {
    char *at = mmap(0, 0, 3, MAP_ANON | MAP_PRIVATE, -1, 0);
    return at == MAP_FAILED ? 0 : first(at);
}

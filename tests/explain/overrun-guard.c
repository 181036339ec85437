// Fills past the end of a mapping, into the guard behind it.
// cpus: arm64
// code: E0928
// cause: fill
// cause: end
// status: 139
#include "program.h"
noinline static void fill(char *at, long count) {
    for (long i = 0; i < count; i++) ((volatile char *)at)[i] = 1;
}
int main(int argc, char **argv) {
    char *at = mmap(0, 12288, 3, MAP_ANON | MAP_PRIVATE, -1, 0);
    mprotect(at + 8192, 4096, 0);
    fill(at, 8200);
    return 0;
}

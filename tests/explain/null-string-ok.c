// Measures a text that is not there. Not here.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
noinline static long measure(const char *text) {
    long n = 0;
    while (((volatile const char *)text)[n]) n++;
    return n;
}
int main(int argc, char **argv) {
    return measure(hidden((const char *)"four")) & 0;
}

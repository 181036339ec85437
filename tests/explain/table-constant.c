// Sorts a table of constants in place.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0926
// cause: swap
// cause: read-only data
// status: 139
#include "program.h"
static const long table[4] = {4, 3, 2, 1};
noinline static void swap(volatile long *one, volatile long *other) {
    long was = *one;
    *one = *other;
    *other = was;
}
int main(int argc, char **argv) {
    swap(hidden((long *)&table[0]), hidden((long *)&table[3]));
    return 0;
}

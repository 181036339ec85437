// Sorts a table of constants in place. Not here.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
static long table[4] = {4, 3, 2, 1};
noinline static void swap(volatile long *one, volatile long *other) {
    long was = *one;
    *one = *other;
    *other = was;
}
int main(int argc, char **argv) {
    swap(hidden((long *)&table[0]), hidden((long *)&table[3]));
    return 0;
}

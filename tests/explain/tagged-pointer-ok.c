// Forgets to take the tag off a pointer. Not here.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
static long values[4];
noinline static long first(long *at) { return *at; }
int main(int argc, char **argv) {
    return first(hidden((long *)((u64)values | 0UL << 48)));
}

// Forgets to take the tag off a pointer.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0940
// cause: first
// cause: tag
// status: 139
#include "program.h"
static long values[4];
noinline static long first(long *at) { return *at; }
int main(int argc, char **argv) {
    return first(hidden((long *)((u64)values | 0xabcdUL << 48)));
}

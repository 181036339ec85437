// Follows a pointer that is garbage.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0922
// cause: first
// cause: 0x123456789000
// status: 139
#include "program.h"
static long room;
noinline static long first(long *at) { return *at; }
int main(int argc, char **argv) {
    return first(hidden((long *)0x123456789000));
}

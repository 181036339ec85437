// Follows a pointer that is garbage. Not here.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
static long room;
noinline static long first(long *at) { return *at; }
int main(int argc, char **argv) {
    return first(hidden(&room));
}

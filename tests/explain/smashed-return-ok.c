// A text overwrote the return address. Not here.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
noinline static void copy(volatile char *to, const char *from) { while ((*to++ = *from++)); }
noinline static void greet(const char *name) {
    char room[8];
    copy(room, name);
}
int main(int argc, char **argv) {
    greet(hidden("AAAA"));
    return 0;
}

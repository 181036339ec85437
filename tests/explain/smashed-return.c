// A text overwrote the return address.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0941
// cause/amd64: greet
// cause: return address
// cause: AAAAAAAA
// status: 139
#include "program.h"
noinline static void copy(volatile char *to, const char *from) { while ((*to++ = *from++)); }
noinline static void greet(const char *name) {
    char room[8];
    copy(room, name);
}
int main(int argc, char **argv) {
    greet(hidden("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    return 0;
}

// The compiler's inspect finds an array overrun.
// cpus: arm64
// code: E0941
// cause/amd64: greet
// status: 139
// options: -fstack-protector-all
#include "program.h"
noinline static void copy(volatile char *to, const char *from) { while ((*to++ = *from++)); }
noinline static void greet(const char *name) {
    char room[16];
    copy(room, name);
}
int main(int argc, char **argv) {
    greet(hidden("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    return 0;
}

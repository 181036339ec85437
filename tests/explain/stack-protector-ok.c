// The compiler's inspect finds an array overrun. Not here.
// cpus: arm64
// silent
// options: -fstack-protector-all
#include "program.h"
noinline static void copy(volatile char *to, const char *from) { while ((*to++ = *from++)); }
noinline static void greet(const char *name) {
    char room[16];
    copy(room, name);
}
int main(int argc, char **argv) {
    greet(hidden("AAAA"));
    return 0;
}

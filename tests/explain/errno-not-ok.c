// Makes a negative number of an error by NOT, and looks at the sign before it uses it.
// systems: dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
noinline static int first(char *at) { return *at; }
int main(int argc, char **argv) {
    struct answer answer = call(SYS_close, 77);
    i64 at = answer.carry ? ~(i64)answer.value : 0;
    return hidden(at) < 0 ? 0 : first((char *)at);
}

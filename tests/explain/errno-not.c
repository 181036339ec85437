// Makes a negative number of an error by NOT, which is one less, and uses it as a pointer.
// systems: dragonfly freebsd netbsd
// cpus: arm64
// code: E0925
// cause: first
// cause: by NOT
// cause: EBADF
// status: 139
#include "program.h"
noinline static int first(char *at) { return *at; }
int main(int argc, char **argv) {
    struct answer answer = call(SYS_close, 77);
    i64 at = answer.carry ? ~(i64)answer.value : 0;
    return first(hidden((char *)at));
}

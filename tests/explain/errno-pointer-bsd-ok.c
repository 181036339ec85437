// Uses the result of a call as a pointer, when the call did not fail.
// systems: dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
noinline static int first(char *at) { return *at; }
int main(int argc, char **argv) {
    struct answer answer = call(SYS_close, 77);
    i64 at = answer.carry ? 0 : -(i64)answer.value;
    return at ? first(hidden((char *)at)) : 0;
}

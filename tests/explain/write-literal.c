// Writes to a string literal.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0926
// cause: shout
// cause: read-only
// cause: hello
// status: 139
#include "program.h"
noinline static void shout(char *text) { text[0] = 'H'; }
int main(int argc, char **argv) {
    char *text = "hello, stranger";
    shout(hidden(text));
    return 0;
}

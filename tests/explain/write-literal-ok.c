// Writes to a string literal. Not here.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
noinline static void shout(char *text) { text[0] = 'H'; }
int main(int argc, char **argv) {
    char text[] = "hello, stranger";
    shout(hidden(text));
    return 0;
}

// Goes on behind the end of a list. Not here.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
struct item { long value; struct item *next; };
noinline static long length_of(struct item *item) {
    long n = 0;
    do n++; while ((item = *(struct item *volatile *)&item->next) != hidden((struct item *)0));
    return n;
}
int main(int argc, char **argv) {
    static struct item last = {1}, first = {2, &last};
    return length_of(&first) & 0;
}

// A text overwrote a pointer. Not here.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
struct item { char name[16]; long *value; };
noinline static long last(struct item *item) { return *item->value; }
int main(int argc, char **argv) {
    static long value;
    struct item item = {"", &value};
    volatile char *to = item.name;
    for (int i = 0; i < 16; i++) to[i] = 'A';
    return last(hidden(&item));
}

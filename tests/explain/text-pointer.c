// A text overwrote a pointer.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0940
// cause: last
// cause: AAAAAAAA
// status: 139
#include "program.h"
struct item { char name[16]; long *value; };
noinline static long last(struct item *item) { return *item->value; }
int main(int argc, char **argv) {
    static long value;
    struct item item = {"", &value};
    volatile char *to = item.name;
    for (int i = 0; i < 24; i++) to[i] = 'A';
    return last(hidden(&item));
}

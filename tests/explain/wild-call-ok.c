// Calls through a pointer that is garbage. Not here.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
struct actions { void (*open)(void); };
noinline static int run(struct actions *all) {
    all->open();
    __asm__ volatile("");
    return 0;
}
static void nothing(void) {}
int main(int argc, char **argv) {
    static struct actions actions;
    actions.open = hidden(nothing);
    return run(hidden(&actions));
}

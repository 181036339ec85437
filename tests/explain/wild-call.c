// Calls through a pointer that is garbage.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0942
// cause: call
// cause: run
// status: 139
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
    actions.open = hidden((void (*)(void))0x123456789000);
    return run(hidden(&actions));
}

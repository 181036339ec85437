// Calls a function that nobody set. Not here.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
struct actions { void (*open)(void), (*close)(void); };
static void nothing(void) {}
static struct actions actions = {nothing, nothing};
noinline static int run(struct actions *all) {
    all->close();
    __asm__ volatile("");
    return 0;
}
int main(int argc, char **argv) {
    return run(hidden(&actions));
}
